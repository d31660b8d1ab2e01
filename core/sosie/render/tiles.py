"""The plate in tiles: what the kernel is fed with for one of them.

Tiles lie on a grid of the view, so that their corners are whole pixels of both sizes; nothing depends on where they are
cut. Each is cropped to what may change in it, and drawn with an apron: as wide as the blend's bands reach where the
likeness is near, else as the matte's soft edge. Memory is one tile's, whatever the plate's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures import Picture, to_linear
from sosie.render.flow import Region
from sosie.render.grain import grain_at
from sosie.render.reference import APRON, Array, Feeds, times
from sosie.render.scale import coarse, enlarged, step_of, window
from sosie.render.skin import factor
from sosie.render.work import Work

Value = TypeVar("Value", bound=np.generic)


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
        x, y = self.inner.x0 - self.outer.x0, self.inner.y0 - self.outer.y0
        height, width = self.inner.size
        return slice(y, y + height), slice(x, x + width)


def tiles_of(work: Work, size: tuple[int, int], side: int) -> Iterator[Tile]:
    """The tiles, up to `side` plate pixels wide, of a plate of `size` (height, width) in which anything may change."""
    ratio, around = work.view.ratio, work.around
    step = step_of(ratio)
    unit = times(step, 1 / ratio)  # the grid in view pixels
    cell, apron = max(side // step, 1) * unit, -(-APRON // step) * unit
    likeness = (work.matte != 0).view(np.uint8)
    for top in range(around.y0 // cell * cell, around.y1, cell):
        for left in range(around.x0 // cell * cell, around.x1, cell):
            seen = _active(work, Region(left, top, left + cell, top + cell), unit)
            if seen is None:
                continue
            inner = _clipped(work.view.full(seen), size)
            if min(inner.size) <= 0:
                continue
            seen = _with_apron(seen, likeness, work.region, unit, apron)
            reach = -(-_reach(work, seen) // unit) * unit
            wide = _grown(seen, reach, reach)
            yield Tile(inner, work.view.full(seen), work.view.full(wide), seen, wide)


def feeds_of(tile: Tile, plate: Array, work: Work) -> Feeds:
    """The kernel's feeds for `tile`; `plate` (H, W, 3) is `plate_of` the same tile."""
    here = _relative(tile.seen, work.region)
    start = tile.outer.x0 + work.grain_start
    grain = grain_at(start, tile.outer.y0, tile.outer.size if work.grain else (1, 1), work.grain)
    return Feeds(
        plate=plate,
        tone=_tone(tile, work),
        shift=coarse(work.shift, here) * np.float32(work.view.ratio),
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
    return enlarged(coarse(work.active, _relative(tile.seen, work.around)), work.view.ratio)


def skin_of(tile: Tile, work: Work) -> Array:
    """Coarse, of `tile.wide`: skin that takes the twin's tone."""
    return coarse(work.skin, _relative(tile.seen_wide, work.around))


def shows_irises(tile: Tile, work: Work) -> bool:
    """Whether anything of the twin's irises may be in `tile`."""
    return _overlap(tile.seen_wide, work.irises)


def _tone(tile: Tile, work: Work) -> Array:
    """Coarse, of `tile.wide`: what the plate is multiplied with."""
    skin = skin_of(tile, work)
    tone = factor(skin, work.gain)
    if shows_irises(tile, work):
        tone *= coarse(work.iris, _relative(tile.seen_wide, work.region))
    return tone


def _overlap(one: Region, other: Region) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _active(work: Work, cell: Region, unit: int) -> Region | None:
    """The part of `cell` (view pixels, on the grid) that may change, with its soft edge; None where there is none."""
    found = _found(work.active, work.around, _grown(cell, unit, unit), unit)
    if found is None:
        return None
    found = _grown(found, unit, unit)
    return Region(
        max(found.x0, cell.x0), max(found.y0, cell.y0), min(found.x1, cell.x1), min(found.y1, cell.y1)
    )


def _with_apron(seen: Region, likeness: NDArray[np.uint8], has: Region, unit: int, apron: int) -> Region:
    """`seen` and what is needed around it: a soft edge, and of the `likeness` (over `has`) as much as its bands look at."""
    widest = _grown(seen, apron, apron)
    near = _found(likeness, has, widest, unit)
    if near is None:
        return _grown(seen, unit, unit)
    near, edge = _grown(near, apron, apron), _grown(seen, unit, unit)
    return Region(
        max(min(near.x0, edge.x0), widest.x0),
        max(min(near.y0, edge.y0), widest.y0),
        min(max(near.x1, edge.x1), widest.x1),
        min(max(near.y1, edge.y1), widest.y1),
    )


def _found(field: NDArray[np.uint8], has: Region, part: Region, unit: int) -> Region | None:
    """The part of `part` in which a field over `has` is not 0, out to the grid; None where there is none."""
    x, y = max(part.x0, has.x0), max(part.y0, has.y0)
    there = _inside(field, _relative(part, has))
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
    shift = _inside(work.shift, _relative(part, work.region))
    return int(np.ceil(cv2.norm(shift, cv2.NORM_INF))) if shift.size else 0


def _inside(field: NDArray[Value], part: Region) -> NDArray[Value]:
    y0, y1 = (min(max(v, 0), field.shape[0]) for v in (part.y0, part.y1))
    x0, x1 = (min(max(v, 0), field.shape[1]) for v in (part.x0, part.x1))
    return field[y0:y1, x0:x1]


def _relative(part: Region, to: Region) -> Region:
    return Region(part.x0 - to.x0, part.y0 - to.y0, part.x1 - to.x0, part.y1 - to.y0)


def _clipped(region: Region, size: tuple[int, int]) -> Region:
    return Region(max(region.x0, 0), max(region.y0, 0), min(region.x1, size[1]), min(region.y1, size[0]))


def _grown(region: Region, across: int, down: int) -> Region:
    return Region(region.x0 - across, region.y0 - down, region.x1 + across, region.y1 + down)
