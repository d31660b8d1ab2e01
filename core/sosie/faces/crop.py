"""Oriented squares cut out of a picture, and the way back. Every network sees faces through one of these.

Both sides use continuous coordinates (pixel centres at +0.5). OpenCV counts from pixel centres, so half a pixel
is taken off (`for_warp`) exactly where its functions are called, and nowhere else. Shrinking averages over the pixels it
removes, so that a 2,400 pixel face comes out as clean as a 256 pixel one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
#: Where a crop is this much coarser than the picture, its part of that is halved first: means of four are found five times
#: as fast as others.
FAR = 4


@dataclass(frozen=True)
class Crop:
    """A square of side `size` around (`x`, `y`), turned by `angle` radians clockwise, in plate pixels."""

    x: float
    y: float
    size: float
    angle: float = 0.0

    def matrix(self, side: int) -> Matrix:
        """(2, 3): crop coordinates, 0 to `side`, to plate pixels."""
        scale = self.size / side
        cos, sin = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        turn = np.array([[cos, -sin], [sin, cos]])
        shift = np.array([self.x, self.y]) - turn @ np.full(2, side / 2)
        return np.column_stack([turn, shift])

    def scaled(self, by: float) -> Crop:
        """The same square in a picture `by` times as large."""
        return Crop(self.x * by, self.y * by, self.size * by, self.angle)

    def moved(self, x: float, y: float) -> Crop:
        """The same square in a picture with `x` columns and `y` rows more before it."""
        return Crop(self.x + x, self.y + y, self.size, self.angle)


def sample(picture: NDArray[np.uint8], matrix: Matrix, side: int) -> NDArray[np.uint8]:
    """The (side, side, 3) uint8 crop whose coordinates `matrix` (2, 3) takes to `picture` (H, W, 3).

    Outside the picture it is black. Where the crop is coarser than the picture, the part of the picture under it
    is first averaged down to the crop's own resolution.
    """
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale > 1:
        picture, matrix = _shrink(picture, matrix, side, scale)
    return _warp(picture, matrix, side)


def _shrink(
    picture: NDArray[np.uint8], matrix: Matrix, side: int, scale: float
) -> tuple[NDArray[np.uint8], Matrix]:
    """The part of `picture` under the crop, averaged down by `scale`, and the matrix to that."""
    corners = apply(matrix, np.array([[0.0, 0], [side, 0], [0, side], [side, side]]))
    bounds = np.array(picture.shape[1::-1])
    low = np.clip(np.floor(corners.min(0)) - 1, 0, bounds - 1).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 1, low + 1, bounds).astype(int)
    size = np.maximum(np.round((high - low) / scale), 1).astype(int)
    halving = scale >= FAR and (high - low).min() > 1
    if halving:
        high -= (high - low) % 2
    part = picture[low[1] : high[1], low[0] : high[0]]
    if halving:
        part = _as_bytes(cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    small = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    factor = size / (high - low)
    moved = matrix.copy()
    moved[:, 2] -= low
    return _as_bytes(small), moved * factor[:, None]


def _warp(picture: NDArray[np.uint8], matrix: Matrix, side: int) -> NDArray[np.uint8]:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _as_bytes(cv2.warpAffine(picture, for_warp(matrix), (side, side), flags=flags))


def for_warp(matrix: Matrix) -> Matrix:
    """`matrix` (2, 3) as `cv2.warpAffine` takes it, which counts from pixel centres on both sides."""
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2] @ np.full(2, 0.5) - 0.5
    return centred


def apply(matrix: Matrix, points: NDArray[Any]) -> NDArray[np.float64]:
    """`points` (N, 2) through a (2, 3) matrix."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float64)


def similarity(source: NDArray[Any], target: NDArray[Any]) -> Matrix:
    """The (2, 3) rotation, scale and shift that takes `source` (N, 2) nearest to `target` (Umeyama, 1991)."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    a, b = source - source_mean, target - target_mean
    u, stretch, vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, np.sign(np.linalg.det(u @ vt))])
    turn = (stretch * sign).sum() / (a**2).sum() * (u * sign) @ vt
    return np.column_stack([turn, target_mean - turn @ source_mean])


def _as_bytes(picture: Any) -> NDArray[np.uint8]:
    return np.asarray(picture, np.uint8)
