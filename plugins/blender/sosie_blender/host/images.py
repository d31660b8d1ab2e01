"""Blender's images and the agent's pixels. Main thread only.

A byte image holds display-encoded (sRGB) values, a float image scene-linear ones; both give float32 RGBA rows from
the bottom, which is how they travel. Results are new images: pixels written from Python cannot be undone.
"""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from .._sosie.client import PixelFolder
from .._sosie.errors import PictureError
from .._sosie.messages import ColourSpace, Pixels

Array = NDArray[np.float32]
LINEAR = "Linear Rec.709"


def read(image: Any) -> Array:
    """(H, W, 4) float32, bottom row first.

    Raises:
        PictureError: `picture_unreadable`: no pixels, or not four channels (Blender's Render Result has none).
    """
    width, height = image.size
    if not width or not height or len(image.pixels) != width * height * 4:
        raise PictureError(
            f"{image.name} has no pixels that can be read.",
            remedy="Save it as a file, then open that file as an image.",
        )
    flat = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(height, width, 4)


def colour_of(image: Any) -> ColourSpace:
    """What the numbers of its buffer mean."""
    return "linear-srgb" if image.is_float else "srgb"


def send(folder: PixelFolder, pixels: Array, colour: ColourSpace) -> Pixels:
    """`pixels` (H, W, 4) in the session's folder; any thread."""
    height, width = pixels.shape[:2]
    return folder.put(
        np.ascontiguousarray(pixels).data,
        width=width,
        height=height,
        depth="f32",
        channels="RGBA",
        colour=colour,
        bottom_up=True,
    )


def receive(folder: PixelFolder, pixels: Pixels) -> Array:
    """A float layer of the agent's as (H, W, 4), bottom row first; any thread."""
    got = np.frombuffer(folder.read(pixels), np.float32).reshape(pixels.height, pixels.width, -1)
    folder.release(pixels)
    if not pixels.bottom_up:
        got = got[::-1]
    rgba = np.ones((*got.shape[:2], 4), np.float32)
    rgba[..., : got.shape[2]] = got
    return rgba


def create(name: str, pixels: Array, *, is_float: bool) -> Any:
    """A new image that holds `pixels`, packed: without that they are gone after save and load."""
    height, width = pixels.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=True, float_buffer=is_float)
    image.colorspace_settings.name = LINEAR if is_float else "sRGB"
    image.pixels.foreach_set(np.ascontiguousarray(pixels, np.float32).ravel())
    image.update()
    image.pack()
    return image
