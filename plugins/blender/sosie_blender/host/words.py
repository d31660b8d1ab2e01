"""The artist's language: Blender asks for labels and tooltips itself, `tr` is for sentences made while it runs."""

from __future__ import annotations

import bpy

from ..model.texts import LANGUAGES, sentences

#: As Blender has named them: "fr" since 4.5, before with the country.
_NAMES = {"fr": ("fr", "fr_FR"), "es": ("es", "es_ES")}
CLASSES = ()


def tr(sentence: str) -> str:
    """`sentence` in the artist's language, where she lets Blender translate its interface."""
    if not bpy.context.preferences.view.use_translate_interface:
        return sentence
    return sentences(bpy.app.translations.locale or "en").get(sentence, sentence)


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
