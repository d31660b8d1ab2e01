"""What an image looks like on the screen, as numbers. Main thread only.

A byte image is seen as it is; a scene-linear one through its view transform (the
scene's, where the image says "View as Render"), which only Blender can apply.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import images
from .reading import read_frame

_SETTINGS = ("media_type", "file_format", "color_mode", "color_depth", "color_management")


def displayed(image: Any, scene: Any) -> images.Array:
    """(H, W, 4) float32, display-encoded sRGB, 0 to 1, bottom row first.

    Raises:
        PictureError: it has no pixels.
    """
    pixels = images.read(image)
    if not image.is_float:
        return pixels
    with tempfile.TemporaryDirectory() as folder, _png(scene.render.image_settings):
        path = Path(folder) / "seen.png"
        image.save_render(str(path), scene=scene)
        return read_frame(path).pixels


@contextlib.contextmanager
def _png(told: Any) -> Iterator[None]:
    """The scene writes 16-bit PNGs for a moment."""
    kept = {name: getattr(told, name) for name in _SETTINGS if hasattr(told, name)}
    try:
        if "media_type" in kept:  # since 5.0 it comes before the format
            told.media_type = "IMAGE"
        told.file_format, told.color_mode, told.color_depth = "PNG", "RGB", "16"
        told.color_management = "FOLLOW_SCENE"
        yield
    finally:
        for name, value in kept.items():
            with contextlib.suppress(TypeError):  # a depth that the format has chosen itself
                setattr(told, name, value)
