"""sRGB's transfer curve (IEC 61966-2-1) on arrays, exact for every integer of 8 and 16 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sosie.messages import ColourSpace

#: Where the curve's straight foot ends: encoded and linear.
FOOT_ENCODED, FOOT_LINEAR = 0.04045, 0.0031308
FOOT_SLOPE, POWER, OFFSET = 12.92, 2.4, 0.055


def to_linear(pixels: NDArray[Any], colour: ColourSpace) -> NDArray[np.float32]:
    """`pixels` (H, W, C) as float32 in linear light, integers scaled to 0..1; a fourth channel stays as coded."""
    if np.issubdtype(pixels.dtype, np.integer):
        return _integers_to_linear(pixels, colour)
    linear = pixels.astype(np.float32)
    if colour == "srgb":
        linear[..., :3] = _decode(linear[..., :3])
    return linear


def from_linear(linear: NDArray[np.float32], dtype: DTypeLike, colour: ColourSpace) -> NDArray[Any]:
    """`linear` (H, W, C) as `dtype` in `colour`: the inverse of `to_linear`.

    Integers are clipped and rounded to nearest; floats keep what lies outside 0..1.
    """
    coded = linear.astype(np.float32)
    if colour == "srgb":
        coded[..., :3] = _encode(coded[..., :3])
    dtype = np.dtype(dtype)
    if not np.issubdtype(dtype, np.integer):
        return coded.astype(dtype)
    top = np.iinfo(dtype).max
    np.clip(coded, 0, 1, out=coded)
    coded *= top
    return np.asarray(np.rint(coded, out=coded).astype(dtype))


def _integers_to_linear(pixels: NDArray[Any], colour: ColourSpace) -> NDArray[np.float32]:
    """By table: one value for each integer."""
    top = np.iinfo(pixels.dtype).max
    levels = np.arange(top + 1, dtype=np.float32) / np.float32(top)
    table = _decode(levels) if colour == "srgb" else levels
    linear = np.empty(pixels.shape, np.float32)
    np.take(table, pixels[..., :3], out=linear[..., :3])
    np.take(levels, pixels[..., 3:], out=linear[..., 3:])
    return linear


def _decode(coded: NDArray[np.float32]) -> NDArray[np.float32]:
    """Odd about zero, so that negative values survive."""
    size = np.abs(coded)
    curve = ((size + OFFSET) / (1 + OFFSET)) ** POWER
    return np.asarray(
        np.copysign(np.where(size <= FOOT_ENCODED, size / FOOT_SLOPE, curve), coded), np.float32
    )


def _encode(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    size = np.abs(linear)
    curve = (1 + OFFSET) * size ** (1 / POWER) - OFFSET
    return np.asarray(
        np.copysign(np.where(size <= FOOT_LINEAR, size * FOOT_SLOPE, curve), linear), np.float32
    )
