"""Boxes of pixels: as corners that may lie beyond a picture, and as rows and columns of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

#: Rows and columns.
Place = tuple[slice, slice]
Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True)
class Region:
    """x0, y0, x1, y1 in plate pixels; it may reach beyond the plate (the kernel is fed with the edge repeated)."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def rows_and_columns(self) -> tuple[slice, slice]:
        """What it is of a picture that holds it all."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def moved(self, x: int, y: int) -> Region:
        """The same, `x` further right and `y` further down."""
        return Region(self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)

    def grown(self, by: int) -> Region:
        """The same and as much around it."""
        return Region(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def snapped(self, step: int) -> Region:
        """The least that holds it and whose corners are multiples of `step`."""
        x0, y0 = self.x0 // step * step, self.y0 // step * step
        return Region(x0, y0, -(-self.x1 // step) * step, -(-self.y1 // step) * step)

    def within(self, other: Region) -> Region:
        """What lies in `other`, too."""
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return Region(x0, y0, min(self.x1, other.x1), min(self.y1, other.y1))

    def joined(self, other: Region) -> Region:
        """The least that holds both."""
        x0, y0 = min(self.x0, other.x0), min(self.y0, other.y0)
        return Region(x0, y0, max(self.x1, other.x1), max(self.y1, other.y1))

    def seen_from(self, other: Region) -> Region:
        """The same, counted from the corner of `other`."""
        return self.moved(-other.x0, -other.y0)


def laid(field: NDArray[Value], part: Region, size: tuple[int, ...]) -> NDArray[Value]:
    """(H, W[, C]) of `size` (H, W): `field` (h, w[, C]) at `part`, 0 around it."""
    whole = np.zeros((*size, *field.shape[2:]), field.dtype)
    whole[part.rows_and_columns] = field
    return whole


def place_of(where: NDArray[np.uint8] | NDArray[np.bool_], reach: int = 0) -> Place:
    """Rows and columns that hold all of `where` (H, W), and `reach` pixels more on each side."""
    x, y, width, height = cv2.boundingRect(where.view(np.uint8))
    return slice(max(y - reach, 0), y + height + reach), slice(max(x - reach, 0), x + width + reach)
