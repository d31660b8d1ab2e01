"""The nodes' words in the artist's language: English in the sources, others from `translations/LANGUAGE.json`.

The English sentence is the key. A sentence without translation stays English, and a test fails. What agent and registry
say has tables of its own, which come with the client: `say`. A queued graph does not say who reads it, so the page tells
its language when it is opened, and the page that told it last is answered in it.
"""

from __future__ import annotations

import json
from pathlib import Path

from ._sosie.words import LANGUAGES, Words, words_in

FOLDER = Path(__file__).resolve().parent / "translations"


class _Spoken:
    """The language in use."""

    own: dict[str, str]
    core: Words

    def __init__(self) -> None:
        self.speak("en")

    def speak(self, language: str) -> None:
        short = language[:2].lower()
        known = short in LANGUAGES  # it comes from outside, and names a file
        self.own = json.loads((FOLDER / f"{short}.json").read_text("utf-8")) if known else {}
        self.core = words_in(short if known else "en")


def speak(language: str) -> None:
    """Use `language` ("fr", "es-ES,es;q=0.9") from now on; English where there is no translation."""
    _spoken.speak(language)


def tr(sentence: str) -> str:
    """`sentence` in the artist's language."""
    return _spoken.own.get(sentence, sentence)


def say(text: str) -> str:
    """What agent or registry said in English, in the artist's language."""
    return _spoken.core.say(text)


_spoken = _Spoken()
