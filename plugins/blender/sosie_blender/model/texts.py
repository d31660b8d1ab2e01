"""Sosie's words in the artist's language: English in the sources, others from `translations/LANGUAGE.json`.

The English sentence is the key. A sentence without translation stays English, and a test fails.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "translations"
LANGUAGES = ("fr", "es")


@functools.cache
def sentences(language: str) -> dict[str, str]:
    """English to `language` ("fr", "fr_FR", "es"); empty for a language that nobody has written."""
    path = FOLDER / f"{language.replace('-', '_').split('_')[0]}.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}
