"""sRGB's transfer curve (IEC 61966-2-1) on arrays, exact for every integer of 8 and 16 bits."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import DTypeLike, NDArray

from sosie.messages import ColourSpace
from sosie.pictures.picture import Picture

#: Luminance of linear red, green and blue (ITU-R BT.709).
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
#: Where the curve's straight foot ends: encoded and linear.
FOOT_ENCODED, FOOT_LINEAR = 0.04045, 0.0031308
FOOT_SLOPE, POWER, OFFSET = 12.92, 2.4, 0.055
#: Steps in which light's square root is looked up for 8 bits: even in the shadows far finer than a level.
ROOTS = 65535
#: The largest half float: light beyond it says nothing.
MOST = 65504.0
#: Rows that are turned to 8 bits at a time.
ROWS = 512


def to_linear(pixels: NDArray[Any], colour: ColourSpace) -> NDArray[np.float32]:
    """`pixels` (H, W, C) as float32 in linear light, integers scaled to 0..1; a fourth channel stays as coded.

    Always finite: a renderer's infinite pixel, times 0, is no number, and spreads to all that is ever blurred with it.
    It becomes `MOST`, what is no number 0.
    """
    if np.issubdtype(pixels.dtype, np.integer):
        return _integers_to_linear(pixels, colour)
    linear = pixels.astype(np.float32)
    if colour == "srgb":
        linear[..., :3] = _decode(linear[..., :3])
    np.clip(linear, -MOST, MOST, out=linear)
    if linear.size:
        cv2.patchNaNs(linear, 0)
    return linear


def from_linear(linear: NDArray[np.float32], dtype: DTypeLike, colour: ColourSpace) -> NDArray[Any]:
    """`linear` (H, W, C) as `dtype` in `colour`: the inverse of `to_linear`.

    Integers are clipped and rounded to nearest; floats keep what lies outside 0..1.
    """
    dtype = np.dtype(dtype)
    if np.issubdtype(dtype, np.integer):
        return _linear_to_integers(linear, dtype, colour)
    coded = linear.astype(np.float32)
    if colour == "srgb":
        coded[..., :3] = _encode(coded[..., :3])
    return coded.astype(dtype)


def to_8_bit(picture: Picture) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 on the sRGB curve: what perception looks at. Only `ROWS` rows are ever held as floats."""
    pixels, colour = picture.pixels, picture.colour
    if pixels.dtype == np.uint8 and colour == "srgb":
        return np.ascontiguousarray(pixels[..., :3])
    coded = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, len(pixels), ROWS):
        part = pixels[top : top + ROWS, :, :3]
        if pixels.dtype == np.uint16 and colour == "srgb":
            coded[top : top + ROWS] = cv2.convertScaleAbs(part, alpha=1 / 257)
        else:
            coded[top : top + ROWS] = from_linear(to_linear(part, colour), np.uint8, "srgb")
    return coded


def _integers_to_linear(pixels: NDArray[Any], colour: ColourSpace) -> NDArray[np.float32]:
    """By table: one value for each integer."""
    colours = _looked_up(pixels[..., :3], colour)
    if pixels.shape[-1] <= 3:
        return colours
    return np.concatenate([colours, _looked_up(pixels[..., 3:], "linear-srgb")], -1)


def _looked_up(pixels: NDArray[Any], colour: ColourSpace) -> NDArray[np.float32]:
    table = _table(int(np.iinfo(pixels.dtype).max), colour)
    return np.asarray(cv2.LUT(pixels, table), np.float32).reshape(pixels.shape)


@cache
def _table(top: int, colour: ColourSpace) -> NDArray[np.float32]:
    levels = np.arange(top + 1, dtype=np.float32) / np.float32(top)
    return _decode(levels) if colour == "srgb" else levels


def _linear_to_integers(
    linear: NDArray[np.float32], dtype: np.dtype[Any], colour: ColourSpace
) -> NDArray[Any]:
    """In few passes over the picture: the curve ends in the integers, and only where its foot is taken over it. What is below
    black, whose root is no number, becomes 0 there.
    """
    top, depth = float(np.iinfo(dtype).max), cv2.CV_8U if dtype == np.uint8 else cv2.CV_16U
    if colour == "srgb" and linear.shape[-1] == 4:
        colours = _linear_to_integers(linear[..., :3], dtype, colour)
        return np.concatenate([colours, _linear_to_integers(linear[..., 3:], dtype, "linear-srgb")], -1)
    flat = linear.reshape(len(linear), -1)
    if colour == "srgb" and dtype == np.uint8:
        roots = _scaled(np.asarray(cv2.sqrt(flat), np.float32), ROOTS, 0, cv2.CV_16U)
        return np.asarray(cv2.LUT(roots, _of_roots()), np.uint8).reshape(linear.shape)
    flat = np.asarray(cv2.threshold(flat, 1, 1, cv2.THRESH_TRUNC)[1], np.float32)
    if colour != "srgb":
        return np.asarray(_scaled(flat, top, 0, depth), dtype).reshape(linear.shape)
    foot = cv2.compare(flat, np.array([FOOT_LINEAR]), cv2.CMP_LE)
    curve = cv2.pow(flat, 1 / POWER)
    coded = _scaled(np.asarray(curve, np.float32), top * (1 + OFFSET), -top * OFFSET, depth)
    if cv2.countNonZero(foot):
        cv2.copyTo(_scaled(flat, top * FOOT_SLOPE, 0, depth), foot, coded)
    return np.asarray(coded, dtype).reshape(linear.shape)


@cache
def _of_roots() -> NDArray[np.uint8]:
    """8 bits of each square root of light in `ROOTS` steps: no step is more than 1/150 of a level away."""
    roots = np.arange(ROOTS + 1) / ROOTS
    return np.asarray(np.rint(_encode((roots * roots).astype(np.float32)) * 255), np.uint8)


def _scaled(flat: NDArray[np.float32], by: float, plus: float, depth: int) -> Any:
    """`flat` times `by` and `plus`, rounded to integers."""
    return cv2.addWeighted(flat, by, flat, 0, plus, dtype=depth)


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
