"""The plate in tiles: what the kernel is fed with for one of them, at the plate's own size.

Tiles lie on a grid of the view, so that their corners are whole pixels of both sizes; nothing depends on where they are
cut. Each is worked on with an apron that the blend's bands and the moved plate reach into. Memory is one tile's,
whatever the plate's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sosie.pictures import Picture, to_linear
from sosie.render.feeds import Work
from sosie.render.flow import Region
from sosie.render.grain import grain_at
from sosie.render.scale import STEP, enlarged, planes, window

#: Side of a tile, and how far it looks beyond itself: bands of 2 ** LEVELS pixels need 32. Multiples of `STEP`.
TILE, APRON = 10 * STEP, STEP
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Tile:
    """`inner`, in plate pixels and inside the plate, is what it answers for; `outer` what it looks at.

    `seen` is `outer` in the view's pixels.
    """

    inner: Region
    outer: Region
    seen: Region

    @property
    def within(self) -> tuple[slice, slice]:
        """`inner`, as rows and columns of `outer`."""
        x, y = self.inner.x0 - self.outer.x0, self.inner.y0 - self.outer.y0
        height, width = self.inner.size
        return slice(y, y + height), slice(x, x + width)


def tiles_of(work: Work, size: tuple[int, int]) -> Iterator[Tile]:
    """The tiles of a plate of `size` (height, width) in which anything may change."""
    full = work.view.full(work.around)
    x, y = work.view.origin
    for top in range(y + (full.y0 - y) // TILE * TILE, full.y1, TILE):
        for left in range(x + (full.x0 - x) // TILE * TILE, full.x1, TILE):
            inner = Region(
                max(left, full.x0, 0),
                max(top, full.y0, 0),
                min(left + TILE, full.x1, size[1]),
                min(top + TILE, full.y1, size[0]),
            )
            if min(inner.size) <= 0:
                continue
            core = _grown(_on_grid(inner, x, y), APRON)
            reach = _most(work, _seen(work, core))
            if reach < 0:
                continue
            outer = _grown(core, -(-reach // STEP) * STEP)
            yield Tile(inner, outer, _seen(work, outer))


def feeds_of(tile: Tile, plate: Array, work: Work) -> dict[str, Array]:
    """The kernel's feeds (render/reference.py) for `tile`; `plate` (H, W, 3) is `plate_of` the same tile."""
    part, ratio = tile.seen, work.view.ratio

    def local(field: Array) -> Array:
        return enlarged(field, _relative(part, work.region), ratio)

    skin = skin_of(tile, work)[..., None]
    return {
        "plate": planes(plate),
        "relief": _relief(local(work.shift) * np.float32(ratio)),
        "tone": planes((1 + skin * (work.gain - 1)) * local(work.iris)),
        "texture": work.texture,
        "uv": (local(work.uv) * 2 - 1)[None],
        "light": planes(local(work.shading)),
        "gloss": planes(local(work.gloss)),
        "grain": planes(
            grain_at(tile.outer.x0 + work.grain_start, tile.outer.y0, tile.outer.size, work.grain)
        ),
        "matte": planes(matte_of(tile, work)),
        "strength": np.array([work.strength], np.float32),
    }


def plate_of(tile: Tile, plate: Picture) -> Array:
    """(H, W, 3): the plate under `tile.outer` in linear light; beyond it, its edge goes on."""
    return to_linear(window(plate.pixels[..., :3], tile.outer), plate.colour)


def skin_of(tile: Tile, work: Work) -> Array:
    """(H, W) of `tile.outer`: skin that takes the twin's tone."""
    return enlarged(work.skin, _relative(tile.seen, work.around), work.view.ratio)


def matte_of(tile: Tile, work: Work) -> Array:
    """(H, W) of `tile.outer`: the likeness's share."""
    return enlarged(work.matte, _relative(tile.seen, work.region), work.view.ratio)


def touched_of(tile: Tile, work: Work) -> NDArray[np.bool_]:
    """(H, W) of `tile.outer`: where more than the tone may change: the kernel's part."""
    return enlarged(work.touched, _relative(tile.seen, work.region), work.view.ratio) > 0


def _most(work: Work, part: Region) -> int:
    """The plate's furthest way in `part` (view pixels), rounded up; -1 where nothing changes at all."""
    region, around = _relative(part, work.region), _relative(part, work.around)
    if not (_inside(work.touched, region).any() or _inside(work.skin, around).any()):
        return -1
    shift = _inside(work.shift, region)
    return int(np.ceil(float(np.abs(shift).max()) * work.view.ratio)) if shift.size else 0


def _inside(field: Array, part: Region) -> Array:
    y0, y1 = (min(max(v, 0), field.shape[0]) for v in (part.y0, part.y1))
    x0, x1 = (min(max(v, 0), field.shape[1]) for v in (part.x0, part.x1))
    return field[y0:y1, x0:x1]


def _seen(work: Work, full: Region) -> Region:
    """A region of the plate whose corners lie on the grid, in the view's pixels."""
    (x, y), ratio = work.view.origin, work.view.ratio
    x0, y0, x1, y1 = (
        (full.x0 - x) / ratio,
        (full.y0 - y) / ratio,
        (full.x1 - x) / ratio,
        (full.y1 - y) / ratio,
    )
    return Region(int(x0), int(y0), int(x1), int(y1))


def _on_grid(region: Region, x: int, y: int) -> Region:
    """The smallest region of the grid with origin (x, y) that holds `region`."""
    x0, y0 = x + (region.x0 - x) // STEP * STEP, y + (region.y0 - y) // STEP * STEP
    return Region(x0, y0, x - (x - region.x1) // STEP * STEP, y - (y - region.y1) // STEP * STEP)


def _relative(part: Region, to: Region) -> Region:
    return Region(part.x0 - to.x0, part.y0 - to.y0, part.x1 - to.x0, part.y1 - to.y0)


def _grown(region: Region, by: int) -> Region:
    return Region(region.x0 - by, region.y0 - by, region.x1 + by, region.y1 + by)


def _relief(shift: Array) -> Array:
    """(1, H, W, 2), -1 to 1: where each pixel of the moved plate comes from."""
    height, width = shift.shape[:2]
    rows, columns = np.indices((height, width), dtype=np.float32)
    place = np.stack([columns, rows], -1) + shift + np.float32(0.5)
    across = np.array([width, height], np.float32)
    return np.asarray((place / across * 2 - 1)[None], np.float32)
