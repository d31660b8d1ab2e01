"""Sosie for Blender: a licensed person as a head to work with, and in the final frame.

`model` holds what needs no Blender and is tested without one; `host` is all that speaks with `bpy`, and is
imported only when Blender enables the extension.
"""

from __future__ import annotations


def register() -> None:
    """Called by Blender when the extension is enabled."""
    from . import host

    host.register()


def unregister() -> None:
    """Called by Blender when it is disabled: nothing of ours stays."""
    from . import host

    host.unregister()
