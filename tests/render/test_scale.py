"""Large faces are understood small: a field cut into parts is the field whole, and coordinates survive the way."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sosie.pictures import Picture, to_linear
from sosie.pictures.box import Region
from sosie.render.scale import RATIOS, ROWS, STEP, WORK, coarse, enlarged, view_of


@pytest.mark.parametrize("ratio", RATIOS[:7])
def test_parts_are_the_whole(ratio: Fraction) -> None:
    field = np.random.default_rng(1).random((48, 96, 2), np.float32)
    whole = enlarged(coarse(field, Region(0, 0, 96, 48)), ratio)
    assert whole.shape == (48 * ratio, 96 * ratio, 2)
    for part in (Region(0, 0, 32, 16), Region(32, 16, 80, 48), Region(48, 0, 96, 48)):
        x0, y0, x1, y1 = (int(v * ratio) for v in (part.x0, part.y0, part.x1, part.y1))
        assert np.abs(enlarged(coarse(field, part), ratio) - whole[y0:y1, x0:x1]).max() < 1e-5


def test_beyond_its_edge_a_field_goes_on() -> None:
    field = np.arange(12, dtype=np.float32).reshape(3, 4)
    for ratio in (Fraction(1), Fraction(2)):
        far = enlarged(coarse(field, Region(-9, -9, -3, -3)), ratio)
        assert far.shape == (6 * ratio, 6 * ratio)
        assert (far == field[0, 0]).all()


def test_a_ramp_stays_where_it_was() -> None:
    """Linear enlargement keeps a linear field: pixel centres of both sizes mean the same places."""
    field = np.broadcast_to(np.arange(64, dtype=np.float32) + 0.5, (64, 64)).copy()
    large = enlarged(coarse(field, Region(8, 8, 56, 56)), Fraction(3))
    expected = (np.arange(24, 168) + 0.5) / 3
    assert np.abs(large - expected).max() < 1e-4


@pytest.mark.parametrize("size", [60.0, 768.0, 769.0, 2400.0])
def test_the_view_shows_the_face_at_a_workable_size(size: float) -> None:
    plate = Picture(np.random.default_rng(2).integers(0, 65536, (1000, 1500, 3), np.uint16), "srgb", None)
    view = view_of(plate, face_of((700.0, 480.0), size))
    assert size / float(view.ratio) <= WORK
    assert view.origin[0] % STEP == view.origin[1] % STEP == 0
    full = view.full(Region(0, 0, view.plate.width, view.plate.height))
    assert (full.x0, full.y0) == view.origin
    assert 0 <= full.x1 - min(1500, int(700 + 3.5 * size)) < STEP
    if view.ratio == 1:
        assert np.shares_memory(view.plate.pixels, plate.pixels)
    else:
        assert view.plate.pixels.mean() == pytest.approx(to_linear(plate.pixels, "srgb").mean(), rel=0.02)


def test_a_large_plate_is_not_reduced_to_its_end_when_nobody_waits() -> None:
    calls = iter([None, None, InterruptedError()])

    def check() -> None:
        if stop := next(calls):
            raise stop

    plate = Picture(np.zeros((3 * ROWS, 240, 3), np.uint8), "srgb")
    with pytest.raises(InterruptedError):
        view_of(plate, face_of((120, 700), 2 * WORK), check)


def face_of(centre: tuple[float, float], size: float) -> Any:
    return SimpleNamespace(centre=centre, size=size)
