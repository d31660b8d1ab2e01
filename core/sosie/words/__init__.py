"""What the core says, in the reader's language: English in the sources, others from `LANGUAGE.json` beside this file.

The English sentence is the key, what it is filled with left open as `{0}`, `{1}` ... in the order of the sentence. Errors cross
the wire as finished English sentences; here their numbers and names are found again and set into the other language:

- Of several sentences that fit, the one with most words of its own is taken.
- A gap that begins a sentence is one word, so that no short sentence swallows the beginning of another.
- What stands in a gap is said in the same way: a state, a list of media, another sentence.
- Several sentences in one text are said one by one, where each of them is known.

A sentence that is in no table stays English, as does a detail that only a technician reads. A test holds the tables against
every sentence with which the sources can answer a host. Standard library only: host packages carry this folder.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LANGUAGES = ("fr", "es")

_GAP = re.compile(r"\{\d+\}")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_BETWEEN_WORDS = re.compile(", ")


class Words:
    """The sentences of one language."""

    def __init__(self, told: dict[str, str]) -> None:
        self._told = told

    def say(self, text: str) -> str:
        """`text`, which the core said in English, in this language; as it is where it is not known."""
        if text in self._told:
            return self._told[text]
        return (
            self._each(text, _BETWEEN_SENTENCES, " ")
            or self._filled(text)
            or self._each(text, _BETWEEN_WORDS, ", ")
            or text
        )

    def _filled(self, text: str) -> str | None:
        for pattern, told in self._open:
            if found := pattern.fullmatch(text):
                return told.format(*(self.say(gap) for gap in found.groups()))
        return None

    def _each(self, text: str, between: re.Pattern[str], joint: str) -> str | None:
        parts = between.split(text)
        told = [self._told.get(part) or self._filled(part) for part in parts] if len(parts) > 1 else []
        return joint.join(part for part in told if part) if told and all(told) else None

    @functools.cached_property
    def _open(self) -> list[tuple[re.Pattern[str], str]]:
        """The sentences with gaps, those with most words of their own first."""
        gapped = sorted(
            (said for said in self._told if _GAP.search(said)), key=lambda said: -len(_GAP.sub("", said))
        )
        return [(_pattern(said), self._told[said]) for said in gapped]


@functools.cache
def words_in(language: str) -> Words:
    """The words of `language` ("fr", "fr_FR", "es-ES"); English, which changes nothing, where nobody has written them."""
    path = FOLDER / f"{language.replace('-', '_').split('_')[0].lower()}.json"
    return Words(json.loads(path.read_text("utf-8")) if path.is_file() else {})


def _pattern(said: str) -> re.Pattern[str]:
    """`said` as an expression whose groups are its gaps."""
    begins = _GAP.match(said) is not None
    parts = [re.escape(part) for part in _GAP.split(said)]
    first, *others = parts
    if begins:
        first, others = f"(\\S+){others[0]}", others[1:]
    return re.compile("(.*?)".join([first, *others]), re.DOTALL)
