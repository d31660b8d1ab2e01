"""Everything that speaks with Blender. The only folder of this package that imports `bpy`.

A module has `CLASSES`, and `register` and `unregister` where it needs more than Blender's own registration.
"""

from __future__ import annotations

import bpy

from . import (
    account,
    applying,
    assets,
    delivering,
    faces,
    filming,
    grading,
    heads,
    helping,
    matte,
    onto,
    panels,
    properties,
    pumping,
    rendering,
    thumbnails,
    words,
)
from .state import desk

#: In the order of registration; panels stand in their tab in this order too.
MODULES = (
    words,
    properties,
    account,
    helping,
    applying,
    faces,
    filming,
    matte,
    grading,
    rendering,
    pumping,
    delivering,
    panels,
    assets,
    heads,
    onto,
)


def register() -> None:
    """Classes, settings, handlers."""
    for module in MODULES:
        for one in module.CLASSES:
            bpy.utils.register_class(one)
        if hasattr(module, "register"):
            module.register()


def unregister() -> None:
    """Stop what runs, and take everything back."""
    if desk.task is not None:
        desk.task.cancel()
        desk.end()
    thumbnails.forget()
    for module in reversed(MODULES):
        if hasattr(module, "unregister"):
            module.unregister()
        for one in reversed(module.CLASSES):
            bpy.utils.unregister_class(one)
