"""Files of many layers whose codec is not read here, packed anew by Blender. Main thread only.

Blender hands out no pixels of such a file, but saves it again, as the output settings of a scene say. Those are turned for
that moment and turned back, so no frame may be written meanwhile: in the background handlers run between two frames, in a
window `free` says when. (A scene in `bpy.data.temp_data()` would leave them alone, but Blender 5.2 crashes after that.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bpy

from .._sosie.errors import PictureError
from ..model.film import Array
from ..model.layers import CODECS, LAYERS, read_layered

#: What is turned, and back in the same order: each resets those after it. The first is there since 5.0.
TURNED = {
    "media_type": "MULTI_LAYER_IMAGE",
    "file_format": LAYERS,
    "color_mode": "RGBA",
    "color_depth": "32",
    "exr_codec": "ZIP",
}


def needed(scene: Any) -> bool:
    """Whether the frames that `scene` writes are packed so."""
    settings = scene.render.image_settings
    return settings.file_format == LAYERS and settings.exr_codec not in CODECS


def free() -> bool:
    """Whether no render writes frames now."""
    return not bpy.app.is_job_running("RENDER")


def read_packed(image: Any) -> Array | None:
    """As `read_layered`, of an image that is a file of many layers.

    Raises:
        PictureError: a render is under way, or Blender cannot read the file.
    """
    if not free():
        raise PictureError(
            "Layers in this codec are not read while Blender renders.",
            remedy="Wait until the render has ended, then try again.",
        )
    scene = bpy.context.scene
    with TemporaryDirectory(prefix="sosie-") as folder, _turned(scene.render.image_settings):
        path = Path(folder) / "layers.exr"
        try:
            image.save_render(str(path), scene=scene)
        except RuntimeError as error:
            raise PictureError(
                f"{image.filepath} cannot be read as a picture.", remedy="Render that frame again."
            ) from error
        return read_layered(path)


@contextmanager
def _turned(settings: Any) -> Iterator[None]:
    kept = {name: getattr(settings, name) for name in TURNED if hasattr(settings, name)}
    try:
        for name in kept:
            setattr(settings, name, TURNED[name])
        yield
    finally:
        for name, value in kept.items():
            setattr(settings, name, value)
