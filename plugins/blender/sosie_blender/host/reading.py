"""Files read by Blender, as arrays of the file's own numbers. Main thread only.

One hidden image is used again and again: to remove a datablock while an animation renders crashes Blender 5.2. It has
no users, so no file keeps it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .._sosie.errors import PictureError
from ..model.film import Array, Frame
from ..model.layers import PackedError, read_layered
from ..model.pictures import LINEAR
from ..model.shots import Passes
from . import images, repacking
from .faces import Box, Seen

SCRATCH = ".sosie frame"


def read_frame(path: Path) -> Frame:
    """The frame at `path`; of a file of many layers the picture that is looked at.

    Raises:
        PictureError: it cannot be read.
    """
    try:
        layered = read_layered(path) if path.suffix.lower() == ".exr" else None
    except PackedError:
        layered = repacking.read_packed(_scratch(path))
    if layered is not None:
        return Frame(path, layered, layered=True)
    pixels, depth = _read(path)
    return Frame(path, pixels, deep=depth > 32)


def read_face(path: Path, passes: Passes, seen: Seen) -> Frame:
    """The frame at `path`, whose face is where its mask is white, and nothing of it elsewhere; without one, in the box.

    Raises:
        PictureError: Blender cannot read one of them, or the mask has another size.
    """
    frame = read_frame(path)
    if passes.mask is None:
        return replace(frame, face=_boxed(frame.pixels.shape[:2], seen.box))
    mask = _read(passes.mask)[0][..., 0]
    height, width = frame.pixels.shape[:2]
    if mask.shape != (height, width):
        raise PictureError(
            f"{passes.mask} has {mask.shape[1]} x {mask.shape[0]} pixels, {path.name} {width} x {height}.",
            remedy="Remove the mask, or render it again with the frame.",
        )
    depth, normals = (_fitting(one, mask.shape) for one in (passes.depth, passes.normal))
    return replace(
        frame,
        face=mask,
        mask=mask,
        depth=None if depth is None else depth[..., 0],
        normals=None if normals is None else normals[..., :3],
        view=seen.view,
    )


def _fitting(path: Path | None, shape: Any) -> Array | None:
    """(H, W, 4) what the file `path` holds, where it is there and as large as the frame."""
    pixels = _read(path)[0] if path is not None else None
    return pixels if pixels is not None and pixels.shape[:2] == shape else None


def _read(path: Path) -> tuple[Array, int]:
    """(H, W, 4) float32, bottom row first, and the bits of one pixel."""
    try:
        image = _scratch(path)
        pixels, depth = images.read(image), image.depth
        image.buffers_free()
    except (RuntimeError, PictureError) as error:
        raise PictureError(
            f"{path} cannot be read as a picture.", remedy="Render that frame again."
        ) from error
    return pixels, depth


def _scratch(path: Path) -> Any:
    image = bpy.data.images.get(SCRATCH)
    if image is None:
        image = bpy.data.images.load(str(path))
        image.name, image.use_fake_user = SCRATCH, False
    image.filepath = str(path)
    # "Non-Color": the numbers as they stand in the file, whatever this Blender makes of others
    linear = path.suffix.lower() in LINEAR
    image.colorspace_settings.name = images.LINEAR if linear else "Non-Color"
    image.alpha_mode = "PREMUL" if linear else "STRAIGHT"
    image.reload()
    return image


def _boxed(shape: Any, box: Box) -> Array:
    """(H, W) 1 inside `box` (x0, y0, x1, y1 as parts of the picture, y up), bottom row first: a face's mask."""
    height, width = shape
    x0, y0, x1, y1 = (round(part * side) for part, side in zip(box, (width, height) * 2, strict=True))
    mask = np.zeros(shape, np.float32)
    mask[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 1
    return mask
