"""What a network is shown lies where it lay in the picture, however much larger that is."""

from __future__ import annotations

import numpy as np
import pytest

from sosie.faces.crop import FAR, Crop, apply, sample

SIDE = 64


@pytest.mark.parametrize("scale", [0.7, 1.0, 2.5, FAR, 5.3, 9.0])
@pytest.mark.parametrize("angle", [0.0, 0.6])
@pytest.mark.parametrize("size", [(700, 901), (701, 900)])
def test_places_survive_however_a_crop_is_reduced(scale: float, angle: float, size: tuple[int, int]) -> None:
    """A picture whose values are its places, by a quarter."""
    rows, columns = np.indices(size)
    picture = np.stack([columns / 4, rows / 4, np.zeros(size)], -1).astype(np.uint8)
    matrix = Crop(450.3, 350.7, scale * SIDE, angle).matrix(SIDE)
    seen = sample(picture, matrix, SIDE)
    y, x = np.indices((SIDE, SIDE)) + 0.5
    expected = (apply(matrix, np.stack([x, y], -1).reshape(-1, 2)).reshape(SIDE, SIDE, 2) - 0.5) / 4
    inside = (expected > 2).all(-1) & (expected < np.array(size[::-1]) / 4 - 2).all(-1)
    assert inside.mean() > 0.7
    off = np.abs(seen[..., :2].astype(float) - expected)[inside]
    assert off.mean() < 0.6  # bytes are cut off, not rounded
    assert off.max() < 1.6


@pytest.mark.parametrize("at", [-4000.0, 4000.0])
def test_beyond_the_picture_it_is_black(at: float) -> None:
    picture = np.full((301, 401, 3), 200, np.uint8)
    assert sample(picture, Crop(at, at, 10.0 * SIDE).matrix(SIDE), SIDE).max() == 0
    edge = sample(picture, Crop(401, 150, 10.0 * SIDE).matrix(SIDE), SIDE)
    assert edge[32, 16].min() == 200
    assert edge[32, 40].max() == 0
