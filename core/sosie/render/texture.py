"""The twin's texture as a render samples it: of the size the picture asks for, four 16-bit integers to a texel.

OpenCV samples those in under half the time it takes for three floats, and they need two thirds of the memory. Their steps
are finer than those of the half floats in which a twin is kept, but for reflectance below a sixteenth. The fourth says
nothing.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.field import resized
from sosie.render.fit import Placed
from sosie.render.wrinkles import wrinkled
from sosie.twin import Twin

#: The reflectance that the highest integer means: a texture whose detail or lines are made stronger may be above 1.
MOST = 2.0
#: The quantisation step.
QUANTUM = MOST / 65535
#: A picture has at most so many texels to a pixel, and a texture at least so many to its side.
TEXELS, LEAST_SIDE = 2.0, 128
#: A texel's surroundings are told from a texture of the first side, as wide (sigma) as the second, in sides.
EVEN_SIDE, AROUND = 256, 0.01
Array = NDArray[np.float32]
Texture = NDArray[np.uint16]


def texture_of(albedo: Array, scale: float, twin: Twin, placed: Placed) -> Texture:
    """(t, t, 4): the `twin`'s `albedo` (T, T, 3) for a picture whose pixel is `scale` of its sides, with the wrinkles that
    the plate shows.
    """
    side = len(albedo)
    while scale * side > TEXELS and side > LEAST_SIDE:
        side //= 2
    return packed(wrinkled(resized(albedo, side, side), twin.wrinkles, placed.shares))


def packed(reflectance: Array) -> Texture:
    """(t, t, 4) of `reflectance` (t, t, 3), which is cut off at 0 and `MOST`."""
    steps = cv2.addWeighted(reflectance, 1 / QUANTUM, reflectance, 0, 0, dtype=cv2.CV_16U)
    return np.asarray(cv2.cvtColor(steps, cv2.COLOR_RGB2RGBA), np.uint16)


def reflectance_of(texture: Texture) -> Array:
    """(t, t, 3): the inverse of `packed`."""
    return np.asarray(cv2.cvtColor(texture, cv2.COLOR_RGBA2RGB) * np.float32(QUANTUM), np.float32)


def places(texture: Texture, uv: Array) -> tuple[Array, Array]:
    """Columns and rows (h, w) of `texture` at `uv` (h, w, 2), which is 0 to 1 from edge to edge; a texel's centre is a whole
    number.
    """
    (height, width), half = texture.shape[:2], np.float32(0.5)
    across, down = uv[..., 0] * np.float32(width), uv[..., 1] * np.float32(height)
    across -= half
    down -= half
    return across, down


def surroundings(texture: Texture, uv: Array) -> Array:
    """(h, w, 3): the reflectance of `texture` around the places `uv` (h, w, 2)."""
    side = min(EVEN_SIDE, len(texture))
    few = np.asarray(cv2.resize(texture, (side, side), interpolation=cv2.INTER_AREA), np.uint16)
    even = np.asarray(cv2.GaussianBlur(reflectance_of(few), (0, 0), AROUND * side), np.float32)
    found = cv2.remap(even, *places(few, uv), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)
