"""The docker's words in the artist's language: English in the sources, others from `translations/LANGUAGE.json`.

The English sentence is the key. A sentence without translation stays English, and a test fails.
"""

from __future__ import annotations

import json
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
FOLDER = PACKAGE / "translations"
_spoken: dict[str, str] = {}


def speak(language: str) -> None:
    """Use `language` ("fr", "fr_FR", "es") from now on; English where there is no translation."""
    _spoken.clear()
    path = FOLDER / f"{_short(language)}.json"
    if path.exists():
        _spoken.update(json.loads(path.read_text("utf-8")))


def manual(language: str) -> Path:
    """The help page in `language`; the English one where there is none."""
    path = PACKAGE / f"manual.{_short(language)}.html"
    return path if path.exists() else PACKAGE / "manual.html"


def tr(sentence: str) -> str:
    """`sentence` in the artist's language."""
    return _spoken.get(sentence, sentence)


def _short(language: str) -> str:
    return language.replace("-", "_").split("_")[0]
