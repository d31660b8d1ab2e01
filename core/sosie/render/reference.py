"""The kernel in numpy: slow, plain, and the truth that the graphs are tested against.

Feeds (float32; n, c, h, w order; H and W multiples of 8):
    plate (1, 3, H, W)     linear light
    relief (1, H, W, 2)    where each pixel of the moved plate comes from, -1 to 1 across the region (edges at +-1)
    tone (1, 3, H, W)      multiplies the plate first: the twin's skin tone beyond the face, her irises' colour
    texture (1, 3, t, t)   reflectance
    uv (1, H, W, 2)        where each pixel's reflectance lies, -1 to 1
    light (1, 3, H, W)     multiplies the reflectance
    gloss (1, 3, H, W)     is added then
    grain (1, 1, H, W)     multiplies the likeness by 1 + grain
    matte (1, 1, H, W)     the likeness's share
    strength (1,)          0 to 1
Results: composite (1, 3, H, W), likeness (1, 3, H, W) before blending.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
LEVELS = 3
TAPS: Array = np.array([1, 4, 6, 4, 1], np.float32) / np.float32(16)


def run(feeds: Mapping[str, Array]) -> dict[str, Array]:
    """See the module."""
    plate = feeds["plate"]
    ground = grid_sample(plate * feeds["tone"], feeds["relief"])
    albedo = grid_sample(feeds["texture"], feeds["uv"])
    likeness = np.maximum(albedo * feeds["light"] + feeds["gloss"], 0) * (1 + feeds["grain"])
    blended = ground + _blend(likeness - ground, feeds["matte"])
    composite = plate + feeds["strength"].reshape(1, 1, 1, 1) * (blended - plate)
    return {"composite": composite.astype(np.float32), "likeness": likeness.astype(np.float32)}


def _blend(difference: Array, matte: Array) -> Array:
    """Multi-band: each band of the difference has a matte as soft as itself; never beyond the finest matte's reach."""
    bands, masks = [], []
    d, m = difference, matte
    for _ in range(LEVELS):
        small, mask = halve(d), halve(m)
        bands.append((d - double(small)) * m)
        d, m = small, mask
        masks.append(mask)
    out = d * m
    for band in reversed(bands):
        out = band + double(out)
    return np.asarray(out, np.float32)


def halve(x: Array) -> Array:
    """5-tap binomial low-pass, then every second pixel (zeros beyond the edge)."""
    return np.asarray(_taps(_taps(x, 2)[:, :, ::2], 3)[..., ::2], np.float32)


def _taps(x: Array, axis: int) -> Array:
    width = [(0, 0)] * 4
    width[axis] = (2, 2)
    padded = np.pad(x, width)
    n = x.shape[axis]
    parts = [np.take(padded, np.arange(k, k + n), axis) * TAPS[k] for k in range(5)]
    return np.asarray(sum(parts), np.float32)


def double(x: Array) -> Array:
    """Twice the size, linear between pixel centres (half-pixel convention)."""
    for axis in (2, 3):
        n = x.shape[axis]
        place = np.clip((np.arange(2 * n) + 0.5) / 2 - 0.5, 0, n - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, n - 1)
        shape = [1] * 4
        shape[axis] = 2 * n
        t = (place - low).astype(np.float32).reshape(shape)
        x = np.take(x, low, axis) * (1 - t) + np.take(x, high, axis) * t
    return np.asarray(x, np.float32)


def grid_sample(picture: Array, grid: Array) -> Array:
    """ONNX GridSample, bilinear, align_corners=0, padding "border"."""
    _, _, height, width = picture.shape
    x = np.clip((grid[0, ..., 0] + 1) * width / 2 - 0.5, 0, width - 1)
    y = np.clip((grid[0, ..., 1] + 1) * height / 2 - 0.5, 0, height - 1)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    tx, ty = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    p = picture[0]
    top = p[:, y0, x0] * (1 - tx) + p[:, y0, x1] * tx
    bottom = p[:, y1, x0] * (1 - tx) + p[:, y1, x1] * tx
    return np.asarray((top * (1 - ty) + bottom * ty)[None], np.float32)
