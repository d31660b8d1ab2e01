"""The plate's grain: how strong it is and how large its clumps are, in any light; and the likeness has the same."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Faces
from sosie.messages import RenderOptions
from sosie.pictures import Picture, from_linear, to_linear
from sosie.pictures.colour import LUMA
from sosie.render import Layers
from sosie.render.grain import MOST, PERIOD, Grain, grain_at, grain_of, over

Array = NDArray[np.float32]


def grainy(light: Array, level: float, size: float, seed: int = 5) -> Picture:
    """`light` (H, W, 3) through a film: what is added to its square root has this deviation and these clumps."""
    noise = np.random.default_rng(seed).standard_normal(light.shape[:2], np.float32)
    if size:
        noise = cv2.GaussianBlur(noise, (0, 0), size)
    root = np.sqrt(light) + (level * noise / noise.std())[..., None]
    return Picture(from_linear(np.clip(root, 0, 1).astype(np.float32) ** 2, np.uint8, "srgb"))


@pytest.fixture
def wall() -> Array:
    """From deep shadow to a bright lamp, with a window that is burnt out."""
    ramp = np.linspace(0.15, 0.9, 480, dtype=np.float32) ** 2
    light = np.repeat(np.tile(ramp, (320, 1))[..., None], 3, -1)
    light[:128, :128] = 1
    return light


@pytest.mark.parametrize(
    ("level", "size"),
    [(0.005, 0.0), (0.005, 0.7), (0.02, 0.0), (0.02, 1.25), (0.06, 0.7), (0.06, 1.25)],
)  # weaker clumps are lost in the rounding to 8 bits
def test_strength_and_clumps_are_told_from_the_quietest_parts(wall: Array, level: float, size: float) -> None:
    found = grain_of(grainy(wall, level, size))
    assert found.level == pytest.approx(level, rel=0.15)
    assert found.size == pytest.approx(size, abs=0.2)


def test_smooth_black_and_burnt_out_pictures_have_none(wall: Array) -> None:
    for light in (wall, np.ones_like(wall), np.zeros_like(wall)):
        assert grain_of(Picture(from_linear(light, np.uint8, "srgb"))).level == 0
    checks = np.indices((320, 480)).sum(0) % 2
    loud = Picture(np.repeat(checks[..., None] * np.uint8(90) + 90, 3, -1).astype(np.uint8))
    assert grain_of(loud).level <= MOST


@pytest.mark.parametrize("size", [0.0, 1.0])
def test_a_pixel_has_the_same_grain_in_every_tile_and_there_is_no_seam(size: float) -> None:
    grain = Grain(0.03, size, 77)
    whole = grain_at(3, 5, (60, 2 * PERIOD), grain)
    np.testing.assert_array_equal(grain_at(100, 20, (30, 40), grain), whole[15:45, 97:137])
    np.testing.assert_array_equal(whole[:, :PERIOD], whole[:, PERIOD:])
    assert whole.std() == pytest.approx(0.03, rel=0.05)
    steps = np.abs(np.diff(whole, axis=1)).mean(0)
    assert steps[PERIOD - 77 - 4] < 1.5 * steps.mean()


def test_light_is_never_less_than_none() -> None:
    root, added = np.full((1, 3), 0.1, np.float32), np.array([[-0.5, 0, 0.1]], np.float32)
    np.testing.assert_allclose(over(root, added), [[-1, 0, 3]], atol=1e-6)


@pytest.mark.parametrize("size", [0.0, 0.85])
def test_the_likeness_is_as_grainy_as_its_plate(
    plate: Picture, faces: Faces, onto: Callable[..., Layers], size: float
) -> None:
    filmed = grainy(to_linear(plate.pixels[..., :3], "srgb"), 0.03, size)
    without, with_it = (
        onto(filmed.pixels, RenderOptions(grain=grain, skin=False)).composite for grain in (False, True)
    )
    (face,) = faces.find(np.asarray(plate.pixels[..., :3], np.uint8))
    inside = np.zeros(plate.pixels.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(face.landmarks[:468, :2].astype(np.int32)), 1)
    inside = cv2.erode(inside, np.ones((41, 41), np.uint8))
    rows, columns = np.nonzero(inside)
    roots = [np.sqrt(to_linear(np.asarray(made, np.uint8), "srgb") @ LUMA) for made in (with_it, without)]
    added = roots[0] - roots[1]
    bright = roots[1][rows, columns]
    for part in (bright < np.median(bright), bright >= np.median(bright)):
        assert added[rows, columns][part].std() == pytest.approx(0.03, rel=0.3)
    alike = np.corrcoef(added[rows, columns], added[rows, columns + 1])[0, 1]
    assert alike == pytest.approx(np.exp(-1 / (4 * size**2)) if size else 0, abs=0.15)
