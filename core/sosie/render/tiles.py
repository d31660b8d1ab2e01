"""The plate in tiles: what the kernel is fed with for one of them.

Tiles lie on a grid of the view, so that their corners are whole pixels of both sizes; nothing depends on where they are
cut. Each is cropped to what may change in it, and drawn with an apron: as wide as the blend's bands reach where the
likeness is near, else as the matte's soft edge. Memory is one tile's, whatever the plate's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures import Picture, to_linear
from sosie.render.box import Region
from sosie.render.grain import grain_at
from sosie.render.reference import APRON, BORDER, Array, Feeds
from sosie.render.scale import coarse, enlarged, step_of, unit_of, window
from sosie.render.skin import factor
from sosie.render.work import Work

Value = TypeVar("Value", bound=np.generic)
#: How far beyond what changed the matte's soft edge reaches, in plate pixels.
SOFT = 4


@dataclass(frozen=True)
class Tile:
    """`inner`, in plate pixels and inside the plate, is what it answers for; `outer` what is drawn.

    `wide` is what is drawn from: `outer` and as far beyond it as anything moves. `seen` and `seen_wide` are both in the
    view's pixels.
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
    """The tiles, up to `side` plate pixels wide, of a plate of `size` (height, width) in which anything may change."""
    ratio, whole = work.view.ratio, work.around
    step, unit = step_of(ratio), unit_of(ratio)
    cell, apron = max(side // step, 1) * unit, -(-APRON // step) * unit
    likeness = (work.matte != 0).view(np.uint8)
    for top in range(whole.y0 // cell * cell, whole.y1, cell):
        for left in range(whole.x0 // cell * cell, whole.x1, cell):
            seen = _active(work, Region(left, top, left + cell, top + cell), unit)
            if seen is None:
                continue
            inner = _on_plate(work.view.full(seen), size)
            if min(inner.size) <= 0:
                continue
            seen = _with_apron(seen, likeness, work.region, unit, apron)
            reach = -(-_reach(work, seen) // unit) * unit
            wide = seen.grown(reach)
            yield Tile(inner, work.view.full(seen), work.view.full(wide), seen, wide)


def held_by(work: Work, size: tuple[int, int]) -> Region:
    """What all of the tiles lie in, in plate pixels."""
    unit = unit_of(work.view.ratio)
    found = _found(work.active, work.around, work.around, unit)
    return Region(0, 0, 0, 0) if found is None else _on_plate(work.view.full(found.grown(unit)), size)


def feeds_of(tile: Tile, plate: Array, work: Work) -> Feeds:
    """The kernel's feeds for `tile`; `plate` (H, W, 3) is `plate_of` the same tile."""
    here = tile.seen.seen_from(work.region)
    start = tile.outer.x0 + work.grain_start
    grain = grain_at(start, tile.outer.y0, tile.outer.size if work.grain else (1, 1), work.grain)
    return Feeds(
        plate=plate,
        tone=_tone(tile, work),
        shift=coarse(work.shift, here),
        uv=coarse(work.uv, here),
        light=coarse(work.shading, here),
        gloss=coarse(work.gloss, here),
        matte=coarse(work.matte, here),
        texture=work.texture,
        grain=grain,
        strength=work.strength,
        ratio=work.view.ratio,
    )


def plate_of(tile: Tile, plate: Picture) -> Array:
    """(H, W, 3): the plate under `tile.wide` in linear light; beyond the plate, its edge goes on."""
    return to_linear(window(plate.pixels[..., :3], tile.wide), plate.colour)


def active_of(tile: Tile, work: Work) -> NDArray[np.uint8]:
    """(H, W) of `tile.outer`, 0 where nothing may change."""
    return enlarged(coarse(work.active, tile.seen.seen_from(work.around)), work.view.ratio)


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


def _overlap(one: Region, other: Region) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _active(work: Work, cell: Region, unit: int) -> Region | None:
    """The part of `cell` (view pixels, on the grid) that may change, with its soft edge; None where there is none."""
    found = _found(work.active, work.around, cell.grown(unit), unit)
    return None if found is None else found.grown(unit).within(cell)


def _with_apron(seen: Region, likeness: NDArray[np.uint8], has: Region, unit: int, apron: int) -> Region:
    """`seen` and what is needed around it: a soft edge, and of the `likeness` (over `has`) as much as its bands look at."""
    widest, edge = seen.grown(apron), seen.grown(unit)
    near = _found(likeness, has, widest, unit)
    if near is None:
        return edge
    return near.grown(apron).joined(edge).within(widest)


def _found(field: NDArray[np.uint8], has: Region, part: Region, unit: int) -> Region | None:
    """The part of `part` in which a field over `has` is not 0, out to the grid; None where there is none."""
    x, y = max(part.x0, has.x0), max(part.y0, has.y0)
    there = _inside(field, part.seen_from(has))
    if not there.size:
        return None
    left, top, width, height = cv2.boundingRect(there)
    if not width:
        return None
    x0, x1 = (x + left) // unit, (x + left + width - 1) // unit + 1
    y0, y1 = (y + top) // unit, (y + top + height - 1) // unit + 1
    return Region(x0 * unit, y0 * unit, x1 * unit, y1 * unit)


def _reach(work: Work, part: Region) -> int:
    """How far the plate moves in `part`, across or down, in view pixels rounded up."""
    shift = _inside(work.shift, part.seen_from(work.region))
    return ceil(cv2.norm(shift, cv2.NORM_INF) / work.view.ratio) if shift.size else 0


def _inside(field: NDArray[Value], part: Region) -> NDArray[Value]:
    y0, y1 = (min(max(v, 0), field.shape[0]) for v in (part.y0, part.y1))
    x0, x1 = (min(max(v, 0), field.shape[1]) for v in (part.x0, part.x1))
    return field[y0:y1, x0:x1]


def _on_plate(region: Region, size: tuple[int, int]) -> Region:
    return region.within(Region(0, 0, size[1], size[0]))
