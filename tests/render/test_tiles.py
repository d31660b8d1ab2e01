"""Tiles of a face that is understood at two thirds of its size: they hold all that changes, once, wherever they are cut."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from sosie.faces import Faces, face_mesh
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture
from sosie.pictures.box import Region
from sosie.render import Fitted, draw, understand
from sosie.render.kernel import Kernel
from sosie.render.reference import BANDS
from sosie.render.scale import RATIOS, Frame, coarse, enlarged, span
from sosie.render.tiles import SOFT, held_by, tiles_of
from sosie.render.work import Work, worked
from sosie.twin import Twin

SIDES = [96, 480, 4800]


@pytest.fixture(scope="module")
def large(plate: Picture) -> Picture:
    pixels = np.asarray(cv2.resize(plate.pixels[..., :3], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC))
    return Picture(np.ascontiguousarray(pixels[200:2110, 100:2411]), plate.colour)


@pytest.fixture(scope="module")
def fitted(large: Picture, twin: Twin, faces: Faces) -> Fitted:
    made = understand(large, twin, faces=faces, choice=FaceChoice())
    assert made.view.ratio == Fraction(3, 2)
    return made


@pytest.fixture(scope="module")
def work(fitted: Fitted) -> Work:
    return worked(fitted, face_mesh, RenderOptions())


@pytest.mark.parametrize("side", SIDES)
def test_they_hold_all_that_may_change_once(side: int, large: Picture, work: Work) -> None:
    size = large.pixels.shape[0], large.pixels.shape[1]
    tiles = list(tiles_of(work, size, side))
    frame, around = work.view.full(work.around), work.around.seen_from(work.around)
    active = np.zeros(size, bool)
    whole = frame.within(Region(0, 0, size[1], size[0]))
    shown = enlarged(coarse(work.active, around), work.view.ratio) > 0
    active[whole.rows_and_columns] = shown[whole.seen_from(frame).rows_and_columns]
    left = active.copy()
    for tile in tiles:
        soft = tile.inner.grown(2 * SOFT).within(Region(0, 0, size[1], size[0]))
        assert active[soft.rows_and_columns].any()
        left[tile.inner.rows_and_columns] = False
        assert tile.inner.snapped(BANDS).grown(SOFT).within(tile.outer) == tile.inner.snapped(BANDS).grown(
            SOFT
        )
        assert tile.outer.within(tile.wide) == tile.outer
        assert tile.inner.within(held_by(work, size)) == tile.inner
    assert not left.any()
    assert all(min(one.inner.within(other.inner).size) <= 0 for one, other in combinations(tiles, 2))


@pytest.mark.parametrize("side", SIDES[:2])
def test_what_is_drawn_does_not_depend_on_where_they_are_cut(
    side: int, large: Picture, fitted: Fitted, kernel: Kernel
) -> None:
    def drawn(sides: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
        cutting = SimpleNamespace(provider=kernel.provider, side=sides, run=kernel.run)
        return draw(large, fitted, kernel=cutting, options=RenderOptions()).composite.astype(np.int16)

    assert np.abs(drawn(side) - drawn(SIDES[-1])).max() <= 1


@pytest.mark.parametrize("ratio", RATIOS[:7])
def test_a_field_is_enlarged_to_any_part_of_the_plate(ratio: Fraction) -> None:
    field = np.random.default_rng(1).random((48, 96), np.float32)
    frame = Frame((480, 960), ratio)
    whole = frame.full(Region(0, 0, 96, 48))
    large = enlarged(coarse(field, Region(0, 0, 96, 48)), ratio)
    for part in (Region(481, 963, 490, 985), Region(485, 961, 486, 964)):
        seen = frame.covering(part)
        assert part.within(frame.full(seen)) == part
        found = enlarged(coarse(field, seen), ratio)[part.seen_from(frame.full(seen)).rows_and_columns]
        assert np.abs(found - large[part.seen_from(whole).rows_and_columns]).max() < 1e-5
    (rows, row), (columns, column) = span(5, 31, ratio), span(2, 7, ratio)
    found = enlarged(coarse(field, Region(0, 0, 96, 48))[rows, columns], ratio)[row, column]
    assert np.abs(found - large[5:31, 2:7]).max() < 1e-5
