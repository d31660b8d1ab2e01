"""The plate's grain on the likeness: measured on the plate, made anew with a fixed seed.

Skin detail and grain are told apart by scale: grain is what differs between neighbouring pixels of the smoothest blocks
(Immerkær 1996's Laplacian mask cancels edges and gradients). In the square root of light a sensor's shot noise is as strong in
the shadows as in the lights, and a film's nearly so; how large a film's clumps are is told by how much is left at half the size.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures import Picture, colours_of, to_8_bit, to_linear
from sosie.pictures.box import Region
from sosie.pictures.colour import LUMA
from sosie.pictures.field import weighed

MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
SEED = 20261123
#: The pattern repeats after this many pixels: an odd number, so that it never falls in step with a picture's blocks.
PERIOD = 1021
#: It is measured this far around the face's centre, in plate pixels, in the quietest tenth of the blocks of this side.
CLOSE_UP, BLOCK, QUIET = 768, 32, 0.1
#: Grain below the first, in the square root of light, is not worth drawing, and none is above the second.
LEAST, MOST = 0.002, 0.12
#: What is nearly black or white, in the same, shows none. Light below this square root is as grainy as at it.
DARK, BRIGHT, SHADOW = 0.08, 0.9, 0.08
#: How large clumps may be: the standard deviations of the Gaussian that a pattern is made with, in pixels.
SIZES = (0.0, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.25, 1.5)
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Grain:
    """Its `level`, a standard deviation in the square root of light; 0 is none. Its clumps' `size`, see `SIZES`. Its `start`: where
    the pattern begins, another place in every frame that differs.
    """

    level: float
    size: float
    start: int


def close_up(plate: Picture, region: Region) -> Picture:
    """The middle of `region` (plate pixels) at the plate's own size, where grain can be measured.

    A copy: the plate's memory is the host's, who may take it away from a cancelled render that is still measuring.
    """
    x, y = (region.x0 + region.x1) // 2, (region.y0 + region.y1) // 2
    rows = slice(max(region.y0, y - CLOSE_UP, 0), min(region.y1, y + CLOSE_UP))
    columns = slice(max(region.x0, x - CLOSE_UP, 0), min(region.x1, x + CLOSE_UP))
    return Picture(colours_of(plate.pixels[rows, columns]).copy(), plate.colour)


def grain_of(close_up: Picture) -> Grain:
    """The grain of a plate's `close_up`.

    Where its pattern starts is read off 8 bits, so that a host which hands over the same picture in another depth gets the same.
    """
    dtype = close_up.pixels.dtype
    rounding = 1 / np.iinfo(dtype).max / np.sqrt(12) if np.issubdtype(dtype, np.integer) else 0.0
    level, size = _measured(to_linear(close_up.pixels[..., :3], close_up.colour), float(rounding))
    return Grain(level if level >= LEAST else 0.0, size, zlib.crc32(to_8_bit(close_up).data))


def grain_at(x: int, y: int, size: tuple[int, int], grain: Grain) -> Array:
    """(H, W) of `size`, at plate pixel (x, y), to be added to light's square root: the same pixel always has the same grain."""
    pattern = _pattern(min(SIZES, key=lambda one: abs(one - grain.size)))
    rows = pattern.take(range(y, y + size[0]), 0, mode="wrap")
    # Whole runs of columns: numpy picks them one by one in ten times as long.
    left = (x + grain.start) % PERIOD
    runs = [rows[:, max(left - at, 0) : left + size[1] - at] for at in range(0, left + size[1], PERIOD)]
    return np.hstack(runs) * np.float32(grain.level)


def roots_of(luma: Array) -> Array:
    """(H, W): the square root of light of `luma` (H, W), as it is grainy."""
    return np.asarray(np.maximum(cv2.sqrt(np.maximum(luma, 0)), SHADOW), np.float32)


def over(root: Array, added: Array) -> Array:
    """(H, W): what light loses or gains, over itself, when its square `root` (H, W) gets what is `added` (H, W) to it."""
    share = np.asarray(cv2.divide(added, root), np.float32)
    np.maximum(share, -1, out=share)
    more = share + 2
    more *= share
    return more


@cache
def _pattern(size: float, period: int = PERIOD) -> Array:
    """(period, period), of deviation 1; it goes on where it ends."""
    noise = np.random.default_rng(SEED).standard_normal((period, period), np.float32)
    if size == 0:
        return noise
    reach = 6
    wide = cv2.GaussianBlur(np.pad(noise, reach, "wrap"), (0, 0), size)[reach:-reach, reach:-reach]
    return np.asarray(wide / wide.std(), np.float32)


def _measured(plate: Array, rounding: float) -> tuple[float, float]:
    """Level and size of the grain of `plate` (H, W, 3), linear light, beyond what `rounding` (a standard deviation) makes."""
    root = np.asarray(cv2.sqrt(np.clip(weighed(plate, LUMA), 0, 1)), np.float32)
    level = _blocks(root, BLOCK)
    shown = (level > DARK) & (level < BRIGHT)
    if not shown.any():
        return 0.0, 0.0
    known = {size: _loudness(_pattern(size, 8 * BLOCK), np.ones((8, 8), bool)) for size in SIZES}
    loud = _loudness(root, shown)
    near, far = (
        max(one**2 - (rounding * white) ** 2, 0) ** 0.5 for one, white in zip(loud, known[0.0], strict=True)
    )
    size = min(SIZES, key=lambda one: abs(far - near * known[one][1] / known[one][0]))
    return min(far / known[size][1], MOST), size


def _loudness(root: Array, shown: NDArray[np.bool_]) -> tuple[float, float]:
    """How much neighbours differ in the quietest of those blocks of `root` (H, W) that are `shown`, and at half the size."""
    half = cv2.resize(root, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    fine = _blocks(np.abs(cv2.filter2D(root, -1, MASK)), BLOCK)[shown]
    coarse = _blocks(np.abs(cv2.filter2D(half, -1, MASK)), BLOCK // 2)
    coarse = coarse[: shown.shape[0], : shown.shape[1]][shown]
    quiet = coarse <= np.quantile(coarse, QUIET)
    return float(fine[quiet].mean()), float(coarse[quiet].mean())


def _blocks(field: Array, side: int) -> Array:
    """The means of the blocks of `field`, of `side` pixels; what is left over is cut off."""
    rows, columns = (n // side for n in field.shape)
    whole = field[: rows * side, : columns * side]
    return np.asarray(whole.reshape(rows, side, columns, side).mean((1, 3)), np.float32)
