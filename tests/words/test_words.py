"""Every sentence a host can be answered with is there in French and Spanish, and its numbers are found again."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from tests.words.heard import CORE, ELSEWHERE, GAP, VAGUE, sentences, strings

from sosie.licence import states, vocabulary
from sosie.messages import FaceOrder
from sosie.words import FOLDER, LANGUAGES, words_in

WORDS = {
    *(
        word
        for kind in (vocabulary.Purpose, vocabulary.Media, vocabulary.Operation)
        for word in get_args(kind)
    ),
    *(word for kind in (vocabulary.Approval, FaceOrder) for word in get_args(kind)),
    *vocabulary.DEFAULT_PROHIBITED,
    *states.STATES,
    *(state.replace("_", " ") for state in states.STATES),
}


def table(language: str) -> dict[str, str]:
    told: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return told


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_error_is_left_in_english(language: str) -> None:
    said, told = sentences(), table(language)
    assert len(said) > 300
    left = {sentence: file for sentence, file in said.items() if sentence not in told}
    assert left == {}, f"put them into core/sosie/words/{language}.json"
    assert told.keys() >= WORDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_told_that_nobody_says(language: str) -> None:
    said = strings() | WORDS | {"competitor:{0}"}
    assert sorted(table(language).keys() - said) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sentence_is_known_again_with_its_gaps_filled(language: str) -> None:
    words = words_in(language)
    for said, told in table(language).items():
        values = [f"x{number}" for number in range(len(GAP.findall(said)))]
        assert sorted(GAP.findall(said)) == sorted(GAP.findall(told)), said
        assert words.say(said.format(*values)) == told.format(*values), said


def test_what_is_passed_over_is_there() -> None:
    names = [path.relative_to(CORE).as_posix() for path in CORE.rglob("*.py")]
    for passed in ELSEWHERE:
        assert any(name.startswith(passed) for name in names), passed
    assert strings() >= VAGUE


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The lease ended 75 seconds ago.", "Le bail a pris fin il y a 75 secondes."),
        # what stands in a gap is said, too: a state, media, another sentence
        ("The licence for twin tw_1 is suspended.", "La licence du double tw_1 est suspendue."),
        (
            "The media print, tv is not licensed; licensed: web_owned.",
            "Hors licence, média : presse imprimée, télévision ; sous licence : site de la marque.",
        ),
        ("No face at 3, 4: one face was found.", "Aucun visage en 3, 4 : un visage a été trouvé."),
        # several refusals in one message
        (
            "The territory JP, US is not licensed; licensed: FR. The plate has 9 pixels; licensed are 4.",
            "Territoire hors licence : JP, US ; sous licence : FR. L'image a 9 pixels ; la licence en permet 4.",
        ),
        # a detail that nobody has translated
        ("The agent did not start. It said: no module", "L'agent n'a pas démarré. Il a dit : no module"),
        # of a newer registry
        ("The licence was paused.", "The licence was paused."),
        ("The lease ended 75 seconds ago. Print it, tv.", "The lease ended 75 seconds ago. Print it, tv."),
        ("", ""),
    ],
)
def test_in_french(said: str, told: str) -> None:
    assert words_in("fr_FR").say(said) == told


@pytest.mark.parametrize("language", ["en", "de_DE", "C", "", "../fr"])
def test_a_language_nobody_has_written_stays_english(language: str) -> None:
    assert words_in(language).say("The licence for twin tw_1 is suspended.") == (
        "The licence for twin tw_1 is suspended."
    )


def test_language_codes_of_hosts() -> None:
    assert re.search("licencia", words_in("es_ES").say("The talent has revoked this licence."))
    assert words_in("es-419").say("Update Sosie.") == words_in("ES").say("Update Sosie.")
