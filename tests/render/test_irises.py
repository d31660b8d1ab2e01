"""An iris is where the picture has its edge, not where the landmark network says, unless nothing shows it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces.landmarks import IRISES
from sosie.render.irises import Iris, irises_of

SIDE, RADIUS = 240, 16.0
CORNERS = {33: (40.0, 120.0), 263: (200.0, 120.0)}
CENTRES = ((80.0, 120.0), (160.0, 120.0))
Array = NDArray[np.float32]


def told(right: float = 0.0, down: float = 0.0) -> Array:
    """(478, 3): what the network says, `right` and `down` of the truth, in radii."""
    points = np.zeros((478, 3), np.float32)
    for corner, place in CORNERS.items():
        points[corner, :2] = place
    for first, centre in zip(IRISES, CENTRES, strict=True):
        ring = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        points[first : first + 5, :2] = np.array(centre) + RADIUS * (ring + np.array([right, down]))
    return points


def eyes(iris: float, white: float) -> tuple[Array, Array]:
    """The picture (H, W, 3) of two eyes, lids cutting their irises, and where they are open (H, W)."""
    picture, open_eyes = np.full((SIDE, SIDE), 0.3, np.float32), np.zeros((SIDE, SIDE), np.float32)
    for x, y in CENTRES:
        cv2.ellipse(open_eyes, (round(x), round(y)), (36, 13), 0, 0, 360, 1, -1)
    picture[open_eyes > 0] = white
    rows, columns = np.indices((SIDE, SIDE)) + 0.5
    for x, y in CENTRES:
        picture[(np.hypot(columns - x, rows - y) < RADIUS) & (open_eyes > 0)] = iris
    return np.repeat(picture[..., None], 3, 2), open_eyes


def off(found: Iris, centre: tuple[float, float]) -> float:
    return float(np.hypot(found.x - centre[0], found.y - centre[1]))


@pytest.mark.parametrize(("right", "down"), [(0.0, 0.0), (0.3, 0.0), (-0.3, 0.15), (0.4, -0.15)])
def test_a_dark_iris_is_found_where_it_is(right: float, down: float) -> None:
    picture, open_eyes = eyes(0.03, 0.4)
    for found, centre in zip(irises_of(picture, told(right, down), open_eyes), CENTRES, strict=True):
        assert off(found, centre) < 0.15 * RADIUS
        assert found.radius == pytest.approx(RADIUS, rel=0.1)


@pytest.mark.parametrize("colour", [(0.22, 0.33, 0.36), (0.4, 0.3, 0.14)])
@pytest.mark.parametrize("dark", [1.0, 0.02])
def test_an_iris_as_bright_as_the_white_is_told_by_its_hue(
    colour: tuple[float, float, float], dark: float
) -> None:
    picture, open_eyes = eyes(0.0, 0.31)
    iris = (picture[..., 0] == 0)[..., None]
    picture = np.where(iris, np.array(colour, np.float32), picture) * np.float32(dark)
    picture += np.random.default_rng(0).normal(0, 0.001, picture.shape).astype(np.float32)
    for found, centre in zip(irises_of(picture, told(0.3), open_eyes), CENTRES, strict=True):
        assert off(found, centre) < 0.12 * RADIUS
        assert found.radius == pytest.approx(RADIUS, rel=0.1)


def test_an_eye_turned_in_the_picture_is_found_as_well() -> None:
    picture, open_eyes = eyes(0.03, 0.4)
    points = told(0.3)
    points[:, :2] = points[:, 1::-1]
    turned = irises_of(
        np.ascontiguousarray(picture.transpose(1, 0, 2)), points, np.ascontiguousarray(open_eyes.T)
    )
    for found, (x, y) in zip(turned, CENTRES, strict=True):
        assert off(found, (y, x)) < 0.15 * RADIUS


@pytest.mark.parametrize(("iris", "white"), [(0.3, 0.3), (0.3, 0.33), (0.3, 0.1)])
def test_where_nothing_shows_it_the_network_is_believed(iris: float, white: float) -> None:
    picture, open_eyes = eyes(iris, white)
    points = told(0.2)
    for found, first in zip(irises_of(picture, points, open_eyes), IRISES, strict=True):
        assert (found.x, found.y) == tuple(points[first, :2])


def test_an_iris_at_the_pictures_edge_or_beyond_it_is_the_networks() -> None:
    picture, open_eyes = eyes(0.03, 0.4)
    points = told()
    points[IRISES[0] : IRISES[0] + 5, :2] -= (400, 400)
    gone, _ = irises_of(picture, points, open_eyes)
    assert (gone.x, gone.y) == tuple(points[IRISES[0], :2])


def test_a_closed_eye_has_the_networks_iris() -> None:
    picture, _ = eyes(0.03, 0.4)
    for found, centre in zip(
        irises_of(picture, told(), np.zeros((SIDE, SIDE), np.float32)), CENTRES, strict=True
    ):
        assert off(found, centre) == 0
