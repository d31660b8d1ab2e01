"""The plate in tiles: what the kernel is fed with for one of them.

Tiles lie on the grid of the blend's bands; nothing depends on where they are cut. Each is cropped to what may change in
it, and drawn with an apron: as wide as the bands reach where the likeness is near, else as the matte's soft edge. Memory
is one tile's, whatever the plate's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures import Picture, to_linear
from sosie.pictures.box import Region
from sosie.pictures.colour import LUMA
from sosie.pictures.field import weighed
from sosie.render.grain import grain_at, over, roots_of
from sosie.render.reference import APRON, BANDS, BORDER, Array, Feeds
from sosie.render.scale import Frame, coarse, enlarged, window
from sosie.render.skin import factor
from sosie.render.work import Work

Value = TypeVar("Value", bound=np.generic)
#: How far beyond what changed the matte's soft edge reaches, in plate pixels.
SOFT = 4


@dataclass(frozen=True)
class Tile:
    """`inner`, in plate pixels and inside the plate, is what it answers for; `outer` what is drawn.

    `wide` is what is drawn from: `outer` and as far beyond it as anything moves. `seen` and `seen_wide` are the least of the
    view that holds both, in its pixels; `wide` ends where `seen_wide` does.
    """

    inner: Region
    outer: Region
    wide: Region
    seen: Region
    seen_wide: Region

    @property
    def within(self) -> tuple[slice, slice]:
        """`inner`, as rows and columns of `outer`."""
        return self.inner.seen_from(self.outer).rows_and_columns

    @property
    def rim(self) -> Region:
        """`inner` and what decides the matte there, in plate pixels."""
        return self.inner.grown(SOFT).within(self.outer)


def tiles_of(work: Work, size: tuple[int, int], side: int) -> Iterator[Tile]:
    """Equal tiles that hold all that may change in a plate of `size`: at most `side` plate pixels high, and half as much
    again wide.
    """
    whole, view = held_by(work, size), work.view
    likeness = (work.matte != 0).view(np.uint8)
    for cell in _cells(whole, side, side * 3 // 2):
        found = _found(work.active, work.around, cell.grown(SOFT), view)
        inner = _on_plate(found.grown(SOFT).snapped(BANDS).within(cell), size) if found else None
        if inner is None or min(inner.size) <= 0:
            continue
        outer = _with_apron(inner.snapped(BANDS), likeness, work.region, view)
        seen = view.covering(outer)
        seen_wide = view.covering(_reach(work, seen, outer))
        yield Tile(inner, outer, view.full(seen_wide), seen, seen_wide)


def held_by(work: Work, size: tuple[int, int]) -> Region:
    """What all of the tiles lie in, in plate pixels."""
    found = _found(work.active, work.around, work.view.full(work.around), work.view)
    return Region(0, 0, 0, 0) if found is None else _on_plate(found.grown(SOFT).snapped(BANDS), size)


def feeds_of(tile: Tile, plate: Array, work: Work) -> Feeds:
    """The kernel's feeds for `tile`; `plate` (H, W, 3) is `plate_of` the same tile."""
    here, held = tile.seen.seen_from(work.region), work.view.full(tile.seen)
    return Feeds(
        size=tile.outer.size,
        inset=(tile.outer.y0 - held.y0, tile.outer.x0 - held.x0),
        corner=(tile.outer.y0 - tile.wide.y0, tile.outer.x0 - tile.wide.x0),
        plate=plate,
        tone=_tone(tile, work),
        shift=coarse(work.shift, here),
        uv=coarse(work.uv, here),
        light=coarse(work.shading, here),
        gloss=coarse(work.gloss, here),
        matte=coarse(work.matte, here),
        texture=work.texture,
        grain=_grain(tile, work),
        strength=work.strength,
        ratio=work.view.ratio,
    )


def plate_of(tile: Tile, plate: Picture) -> Array:
    """(H, W, 3): the plate under `tile.wide` in linear light; beyond the plate, its edge goes on."""
    return to_linear(window(plate.pixels[..., :3], tile.wide), plate.colour)


def active_of(tile: Tile, work: Work) -> NDArray[np.uint8]:
    """(H, W) of `tile.rim`, 0 where nothing may change."""
    seen = work.view.covering(tile.rim)
    active = enlarged(coarse(work.active, seen.seen_from(work.around)), work.view.ratio)
    return active[tile.rim.seen_from(work.view.full(seen)).rows_and_columns]


def skin_of(tile: Tile, work: Work) -> Array:
    """Coarse, of `tile.wide`: skin that takes the twin's tone."""
    return coarse(work.skin, tile.seen_wide.seen_from(work.around))


def shows_irises(tile: Tile, work: Work) -> bool:
    """Whether anything of the twin's irises may be in `tile`."""
    return _overlap(tile.seen_wide, work.irises)


def _tone(tile: Tile, work: Work) -> Array:
    """Coarse, of `tile.wide`: what the plate is multiplied with."""
    tone = factor(skin_of(tile, work), work.gain)
    if shows_irises(tile, work):
        here = tile.seen_wide.grown(BORDER)
        where = work.irises.within(here)
        iris = work.iris[where.seen_from(work.region).rows_and_columns]
        tone[where.seen_from(here).rows_and_columns] *= iris
    return tone


def _grain(tile: Tile, work: Work) -> Array:
    """(H, W) of `tile.outer`, or (1, 1) of 0: the plate's grain over the light that the likeness reflects."""
    here = tile.seen.seen_from(work.region)
    if not work.grain.level or not _inside(work.matte, here.grown(BORDER)).any():
        return np.zeros((1, 1), np.float32)
    light, gloss = (weighed(coarse(field, here), LUMA) for field in (work.shading, work.gloss))
    roots = enlarged(roots_of(light * np.float32(work.tone @ LUMA) + gloss), work.view.ratio)
    inside = tile.outer.seen_from(work.view.full(tile.seen)).rows_and_columns
    return over(roots[inside], grain_at(tile.outer.x0, tile.outer.y0, tile.outer.size, work.grain))


def _overlap(one: Region, other: Region) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _cells(whole: Region, height: int, width: int) -> Iterator[Region]:
    """`whole` in equal parts, cut at multiples of `BANDS`, none of them larger."""
    for y0, y1 in pairwise(_cuts(whole.y0, whole.y1, height)):
        for x0, x1 in pairwise(_cuts(whole.x0, whole.x1, width)):
            yield Region(x0, y0, x1, y1)


def _cuts(start: int, stop: int, most: int) -> list[int]:
    """Where `start` to `stop` is cut, both ends among it."""
    first, last = start // BANDS, -(-stop // BANDS)
    count = -(-(last - first) // max(most // BANDS, 1))
    return [(first + (last - first) * k // max(count, 1)) * BANDS for k in range(count + 1)]


def _with_apron(inner: Region, likeness: NDArray[np.uint8], has: Region, view: Frame) -> Region:
    """`inner` and what is needed around it: a soft edge, and of the `likeness` (over `has`) as much as its bands look at."""
    widest, edge = inner.grown(APRON).snapped(BANDS), inner.grown(SOFT).snapped(BANDS)
    near = _found(likeness, has, widest, view)
    return edge if near is None else near.grown(APRON).snapped(BANDS).joined(edge).within(widest)


def _found(field: NDArray[np.uint8], has: Region, part: Region, view: Frame) -> Region | None:
    """The part of `part` in which a field over `has`, enlarged, may not be 0; None where there is none.

    `part` is in plate pixels, `has` in the `view`'s.
    """
    seen = view.covering(part).grown(1)
    x, y = max(seen.x0, has.x0), max(seen.y0, has.y0)
    there = _inside(field, seen.seen_from(has))
    if not there.size:
        return None
    left, top, width, height = cv2.boundingRect(there)
    if not width:
        return None
    # Linear in between, a pixel shows as far as half of its width beyond its edges.
    shown = view.full(Region(x + left, y + top, x + left + width, y + top + height))
    shown = shown.grown(-(-view.ratio.numerator // (2 * view.ratio.denominator))).within(part)
    return shown if min(shown.size) > 0 else None


def _reach(work: Work, seen: Region, outer: Region) -> Region:
    """`outer` and as far beyond it, each way, as the plate moves in `seen` (in the view's pixels)."""
    shift = _inside(work.shift, seen.grown(1).seen_from(work.region))
    if not shift.size:
        return outer
    left, up = np.asarray(cv2.reduce(shift, 0, cv2.REDUCE_MIN)).min((0, 1))
    right, down = np.asarray(cv2.reduce(shift, 0, cv2.REDUCE_MAX)).max((0, 1))
    return Region(
        outer.x0 + min(floor(left), 0),
        outer.y0 + min(floor(up), 0),
        outer.x1 + max(ceil(right), 0),
        outer.y1 + max(ceil(down), 0),
    )


def _inside(field: NDArray[Value], part: Region) -> NDArray[Value]:
    y0, y1 = (min(max(v, 0), field.shape[0]) for v in (part.y0, part.y1))
    x0, x1 = (min(max(v, 0), field.shape[1]) for v in (part.x0, part.x1))
    return field[y0:y1, x0:x1]


def _on_plate(region: Region, size: tuple[int, int]) -> Region:
    return region.within(Region(0, 0, size[1], size[0]))
