"""Large faces are understood small: light, flow and mattes are smooth, so they are found on a reduced window.

A face higher than `WORK` pixels is reduced by one of `RATIOS` before anything is fitted; only the pixels themselves
(plate, grain, texture) are ever handled at full size, tile by tile. Ratios are simple fractions, so that the corners of
tiles fall on whole pixels of both sizes and a field enlarged in tiles is the field enlarged whole.

Two frames: plate pixels, and the pixels of the reduced window, whose origin is `View.origin`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face
from sosie.overlap import Beside
from sosie.pictures import Picture, colours_of, to_linear
from sosie.pictures.box import Region
from sosie.render.reference import BORDER, times

#: Highest face, in pixels, that is understood at its own size.
WORK = 768
#: Plate pixels to one pixel of the view.
RATIOS = (Fraction(1), Fraction(3, 2), *(Fraction(n) for n in (2, 3, 4, 6, 8, 12, 16)))
#: Corners of views are multiples of this in plate pixels: whole pixels of both sizes, and of the blend's bands.
STEP = 48
#: The view reaches this far beyond the face's centre, in face sizes, where the plate does.
REACH = 3.5
#: Rows of the plate reduced at a time: memory does not grow with the plate.
ROWS = 2 * STEP
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Frame:
    """The reduced window's place: `origin` (x, y) in plate pixels, and plate pixels to one of its own."""

    origin: tuple[int, int]
    ratio: Fraction

    def seen(self, face: Face) -> Face:
        """`face`, found in the plate, in the view's pixels."""
        x, y = self.origin
        return face.moved(-x, -y).scaled(1 / float(self.ratio))

    def covering(self, region: Region) -> Region:
        """The least region of the view that holds `region`, which is in plate pixels, and begins and ends on whole ones."""
        (x, y), many, few = self.origin, self.ratio.numerator, self.ratio.denominator
        seen = region.moved(-x, -y)
        x0, y0, x1, y1 = seen.x0 // many, seen.y0 // many, -(-seen.x1 // many), -(-seen.y1 // many)
        return Region(x0 * few, y0 * few, x1 * few, y1 * few)

    def full(self, region: Region) -> Region:
        """A region of the view in plate pixels."""
        x, y = self.origin
        x0, y0, x1, y1 = (times(v, self.ratio) for v in (region.x0, region.y0, region.x1, region.y1))
        return Region(x0 + x, y0 + y, x1 + x, y1 + y)


@dataclass(frozen=True, eq=False)
class View(Frame):
    """The reduced window and what it shows: three channels, linear float32 where `ratio` is not 1."""

    plate: Picture

    @property
    def frame(self) -> Frame:
        """Its place alone: who keeps that does not keep the pixels."""
        return Frame(self.origin, self.ratio)


def view_of(plate: Picture, face: Face, check: Callable[[], None] = lambda: None) -> View:
    """The window around `face` that everything about it can be told from, at most `WORK` pixels to the face.

    `check` is called while a large plate is reduced; what it raises ends that.
    """
    ratio = next((r for r in RATIOS if face.size <= WORK * r), RATIOS[-1])
    reach = REACH * face.size
    x0, y0 = (max(0, int(v - reach) // STEP * STEP) for v in face.centre)
    x1, y1 = (
        min(side, int(v + reach)) for v, side in zip(face.centre, (plate.width, plate.height), strict=True)
    )
    if ratio == 1:
        window = Picture(colours_of(plate.pixels[y0:y1, x0:x1]), plate.colour)
    else:
        window = Picture(_reduced(plate, Region(x0, y0, x1, y1), ratio, check), "linear-srgb")
    return View((x0, y0), ratio, window)


def _reduced(plate: Picture, part: Region, ratio: Fraction, check: Callable[[], None]) -> Array:
    """`part` of the plate in linear light, by area; its sides are first filled up to multiples of `STEP` with its edge."""
    height, width = (-(-side // STEP) * STEP for side in part.size)
    small = np.empty((int(height / ratio), int(width / ratio), 3), np.float32)

    def fill(top: int) -> None:
        rows = min(ROWS, height - top)
        pixels = plate.pixels[part.y0 + top : min(part.y0 + top + rows, part.y1), part.x0 : part.x1]
        linear = window(to_linear(colours_of(pixels), plate.colour), Region(0, 0, width, rows))
        strip = small[int(top / ratio) : int((top + rows) / ratio)]
        cv2.resize(linear, strip.shape[1::-1], strip, interpolation=cv2.INTER_AREA)

    with Beside(os.cpu_count() or 1) as beside:
        for filling in [beside.submit(fill, top) for top in range(0, height, ROWS)]:
            check()
            filling.result()
    return small


def coarse(field: NDArray[Any], part: Region) -> NDArray[Any]:
    """`part` (in the field's pixels) of `field` (H, W[, C]) with `BORDER` pixels more on each side, as kernels want it."""
    x0, y0, x1, y1 = part.x0 - BORDER, part.y0 - BORDER, part.x1 + BORDER, part.y1 + BORDER
    return window(field, Region(x0, y0, x1, y1))


def enlarged(field: NDArray[Any], ratio: Fraction) -> NDArray[Any]:
    """A `coarse` field at plate size, linear, without its border; its values do not depend on where parts are cut, if they
    are cut at whole pixels of both sizes.
    """
    if ratio == 1:
        return np.ascontiguousarray(field[BORDER:-BORDER, BORDER:-BORDER])
    height, width = (times(side, ratio) for side in field.shape[:2])
    large: NDArray[Any] = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
    cut = times(BORDER, ratio)
    return large[cut : height - cut, cut : width - cut]


def span(start: int, stop: int, ratio: Fraction) -> tuple[slice, slice]:
    """Of a `coarse` field along one axis: what its pixels `start` to `stop` at plate size come from, and where they lie in
    what is `enlarged` of that.
    """
    many, few = ratio.numerator, ratio.denominator
    begun = start % many
    return slice(start // many * few, -(-stop // many) * few + 2 * BORDER), slice(begun, begun + stop - start)


def window(field: NDArray[Any], part: Region) -> NDArray[Any]:
    """`part` of `field` (H, W[, C]) in the field's own pixels; beyond it, its edge goes on. A view where it can be."""
    height, width = field.shape[:2]
    x0, y0 = min(max(part.x0, 0), width - 1), min(max(part.y0, 0), height - 1)
    x1, y1 = max(min(part.x1, width), x0 + 1), max(min(part.y1, height), y0 + 1)
    inside = field[y0:y1, x0:x1]
    if inside.shape[:2] == part.size:
        return inside
    above, left = min(max(-part.y0, 0), part.size[0] - 1), min(max(-part.x0, 0), part.size[1] - 1)
    below, right = part.size[0] - above - (y1 - y0), part.size[1] - left - (x1 - x0)
    edged = cv2.copyMakeBorder(inside, above, below, left, right, cv2.BORDER_REPLICATE)
    return np.asarray(edged, field.dtype)
