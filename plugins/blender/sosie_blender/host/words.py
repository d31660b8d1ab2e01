"""The artist's language: Blender asks for labels and tooltips itself, `tr` is for sentences made while it runs.

What agent and registry say has tables of its own, which come with the client.
"""

from __future__ import annotations

import functools

import bpy

from .._sosie.words import words_in
from ..model.errors import Notice
from ..model.texts import LANGUAGES, sentences

#: As Blender has named them: "fr" since 4.5, before with the country.
_NAMES = {"fr": ("fr", "fr_FR"), "es": ("es", "es_ES")}
CLASSES = ()


def tr(sentence: str) -> str:
    """`sentence`, ours or the agent's, in the artist's language, where she lets Blender translate its interface."""
    if not bpy.context.preferences.view.use_translate_interface:
        return sentence
    language = bpy.app.translations.locale or "en"
    return sentences(language).get(sentence) or _said(language, sentence)


def named(name: str) -> str:
    """The name of something new, a node or its socket, in the artist's language, where she lets Blender translate those."""
    if not bpy.context.preferences.view.use_translate_new_dataname:
        return name
    return sentences(bpy.app.translations.locale or "en").get(name, name)


def spoken(notice: Notice | None) -> str:
    """A notice as one report: the message, the remedy, and the code for whoever helps."""
    if notice is None:
        return ""
    code = notice.code and f"[{notice.code}]"
    return " ".join(part for part in (tr(notice.text), tr(notice.remedy), code) if part)


@functools.lru_cache(maxsize=512)  # panels are drawn many times a second
def _said(language: str, sentence: str) -> str:
    return words_in(language).say(sentence)


def register() -> None:
    """Every sentence as a label and as an operator's name."""
    words = {
        name: {
            (context, said): told
            for said, told in sentences(language).items()
            for context in ("*", "Operator")
        }
        for language in LANGUAGES
        for name in _NAMES[language]
    }
    bpy.app.translations.register(__package__, words)


def unregister() -> None:
    """Blender forgets them."""
    bpy.app.translations.unregister(__package__)
