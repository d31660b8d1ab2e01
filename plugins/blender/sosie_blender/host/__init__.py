"""Everything that speaks with Blender. The only folder of this package that imports `bpy`."""

from __future__ import annotations

import bpy

from . import account, applying, panels, properties, thumbnails
from .state import desk

_CLASSES = (*properties.CLASSES, *account.CLASSES, *applying.CLASSES, *panels.CLASSES)


def register() -> None:
    """Classes, settings, handlers."""
    for one in _CLASSES:
        bpy.utils.register_class(one)
    bpy.types.Scene.sosie = bpy.props.PointerProperty(type=properties.SosieSettings)


def unregister() -> None:
    """Stop what runs, and take everything back."""
    if desk.task is not None:
        desk.task.cancel()
        desk.end()
    thumbnails.forget()
    del bpy.types.Scene.sosie
    for one in reversed(_CLASSES):
        bpy.utils.unregister_class(one)
