"""The plate's grain on the likeness: measured on the plate, made anew with a fixed seed.

Skin detail and grain are told apart by scale: grain is what differs between neighbouring pixels of the smoothest
blocks (Immerkær 1996's Laplacian mask cancels edges and gradients).
"""

from __future__ import annotations

import zlib
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures import Picture, colours_of, to_8_bit, to_linear
from sosie.pictures.box import Region

MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
SEED = 20261123
#: The pattern repeats after this many pixels: an odd number, so that it never falls in step with a picture's blocks.
PERIOD = 1021
#: It is measured this far around the face's centre, in plate pixels.
CLOSE_UP = 768
#: Relative grain below this is not worth drawing.
LEAST = 0.004


def close_up(plate: Picture, region: Region) -> Picture:
    """The middle of `region` (plate pixels) at the plate's own size, where grain can be measured.

    A copy: the plate's memory is the host's, who may take it away from a cancelled render that is still measuring.
    """
    x, y = (region.x0 + region.x1) // 2, (region.y0 + region.y1) // 2
    rows = slice(max(region.y0, y - CLOSE_UP, 0), min(region.y1, y + CLOSE_UP))
    columns = slice(max(region.x0, x - CLOSE_UP, 0), min(region.x1, x + CLOSE_UP))
    return Picture(colours_of(plate.pixels[rows, columns]).copy(), plate.colour)


def grain_of(close_up: Picture) -> tuple[float, int]:
    """How strong the grain of a plate's `close_up` is, relative to its brightness (0 where it is not worth drawing), and
    where the pattern begins: another place in every frame that differs.

    The place is read off 8 bits, so that a host which hands over the same picture in another depth gets the same grain.
    """
    level = noise_level(to_linear(close_up.pixels[..., :3], close_up.colour))
    return level if level >= LEAST else 0.0, zlib.crc32(to_8_bit(close_up).data)


def grain_at(x: int, y: int, size: tuple[int, int], level: float) -> NDArray[np.float32]:
    """(H, W) of `size` to multiply with (1 + grain), at plate pixel (x, y): the same pixel always has the same grain."""
    if level == 0:
        return np.zeros(size, np.float32)
    rows, columns = np.arange(y, y + size[0]) % PERIOD, np.arange(x, x + size[1]) % PERIOD
    return np.asarray(_pattern()[rows[:, None], columns] * np.float32(level), np.float32)


@cache
def _pattern() -> NDArray[np.float32]:
    return np.random.default_rng(SEED).standard_normal((PERIOD, PERIOD), np.float32)


def noise_level(plate: NDArray[np.float32]) -> float:
    """Standard deviation of the plate's grain, relative to its brightness: the quietest tenth of 16 px blocks."""
    luma = cv2.transform(cv2.log(np.maximum(plate, np.float32(1e-3))), np.full((1, 3), 1 / 3))
    response = np.abs(cv2.filter2D(luma, -1, MASK))
    blocks = cv2.resize(response, None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA)
    return float(np.quantile(blocks, 0.1) * np.sqrt(np.pi / 2) / 6)
