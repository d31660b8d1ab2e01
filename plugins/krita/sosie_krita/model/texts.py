"""The docker's words in the artist's language: English in the sources, others from `translations/LANGUAGE.json`.

The English sentence is the key. A sentence without translation stays English, and a test fails. What agent and registry say
has tables of its own, which come with the client: `say`.
"""

from __future__ import annotations

import json
from pathlib import Path

from .._sosie.words import Words, words_in

PACKAGE = Path(__file__).resolve().parents[1]
FOLDER = PACKAGE / "translations"


class _Spoken:
    """The language in use."""

    own: dict[str, str]
    core: Words

    def __init__(self, language: str) -> None:
        self.speak(language)

    def speak(self, language: str) -> None:
        path = FOLDER / f"{_short(language)}.json"
        self.own = json.loads(path.read_text("utf-8")) if path.exists() else {}
        self.core = words_in(language)


def speak(language: str) -> None:
    """Use `language` ("fr", "fr_FR", "es") from now on; English where there is no translation."""
    _spoken.speak(language)


def manual(language: str) -> Path:
    """The help page in `language`; the English one where there is none."""
    path = PACKAGE / f"manual.{_short(language)}.html"
    return path if path.exists() else PACKAGE / "manual.html"


def tr(sentence: str) -> str:
    """`sentence` in the artist's language."""
    return _spoken.own.get(sentence, sentence)


def say(text: str) -> str:
    """What agent or registry said in English, in the artist's language."""
    return _spoken.core.say(text)


def _short(language: str) -> str:
    return language.replace("-", "_").split("_")[0]


_spoken = _Spoken("en")
