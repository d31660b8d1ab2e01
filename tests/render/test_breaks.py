"""Where the texture leaps from pixel to pixel: found there alone, and led over."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.faces.regions import LIPS, polygon
from sosie.pictures.box import Region
from sosie.render.breaks import lead_over
from sosie.render.fit import Placed
from sosie.render.flow import flow_of
from sosie.render.texture import packed, reflectance_of
from sosie.twin.raster import vertex_normals

#: A picture's side, and how many times as large one of a large face is.
SIDE, LARGE = 320, 4
#: Upper and lower inner lip, from the middle to the corners.
PRESSED = ((13, 14), (82, 87), (81, 178), (80, 88), (191, 95), (312, 317), (311, 402), (310, 318), (415, 324))
Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def frontal(mesh: Mesh) -> Array:
    """(468, 3): a face in the middle of the picture."""
    points = mesh.vertices * [1, -1, -1]
    points = (points - points.mean(0)) * 0.6 * SIDE / np.ptp(points[:, 1])
    return np.asarray(np.array([SIDE / 2, SIDE / 2, 0]) + points, np.float32)


def test_a_turned_face_has_breaks_where_its_nose_hides_the_cheek_and_hardly_elsewhere(
    frontal: Array, mesh: Mesh
) -> None:
    turn = np.radians(50)
    about = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    centre = np.array([SIDE / 2, SIDE / 2, 0])
    points = np.asarray((frontal - centre) @ about.T + centre, np.float32)
    side = Placed(points, vertex_normals(points, mesh.triangles), points, 0.0)
    whole = np.ones((SIDE, SIDE), np.float32)
    flow = flow_of(side, mesh, Region(0, 0, SIDE, SIDE), whole, 0 * whole)
    leaps = np.abs(np.diff(flow.uv, axis=1)).max(-1) > 10 * flow.scale
    leaps[polygon((SIDE, SIDE), points[list(LIPS), :2])[:, 1:] > 0] = False  # a line that belongs there
    assert leaps.sum() > 10
    assert flow.breaks[:, 1:][leaps].min() > 0.5
    assert (flow.breaks > 0.1)[flow.inside > 0].mean() < 0.03


def test_the_line_between_closed_lips_stays(frontal: Array, mesh: Mesh) -> None:
    """Pressed lips hide a part of each other: a leap on a large face, but the line there is hers."""
    points, side = frontal * np.float32(LARGE), SIDE * LARGE
    source = points.copy()
    for upper, lower in PRESSED:
        source[[upper, lower]] = points[[upper, lower]].mean(0)
        points[[upper, lower], 1] = points[[lower, upper], 1]
    closed = Placed(points, vertex_normals(points, mesh.triangles), source, 0.0)
    whole = np.ones((side, side), np.float32)
    flow = flow_of(closed, mesh, Region(0, 0, side, side), whole, 0 * whole)
    lips = polygon((side, side), points[list(LIPS), :2]) > 0
    assert (np.abs(np.diff(flow.uv, axis=0)).max(-1) > 8 * flow.scale)[lips[1:]].sum() > 10
    assert flow.breaks[lips].max() < 0.05


def test_a_break_is_led_over_from_both_sides_and_nothing_else_changes() -> None:
    """Of two bright lines of the texture one lies between two places that meet."""
    size = 64, 64
    albedo = np.full((*size, 3), 0.2, np.float32)
    albedo[:, [12, 32]] = 0.9
    columns, rows = np.meshgrid(*((np.arange(side) + 0.5) / side for side in size))
    uv, breaks = np.stack([columns, rows], -1).astype(np.float32), np.zeros(size, np.float32)
    breaks[:, 30:35] = [0.4, 1, 1, 1, 0.4]
    lit = np.full((*size, 3), 0.5, np.float32), np.full((*size, 3), 0.01, np.float32)
    texture = packed(albedo)
    shading, gloss = (field.copy() for field in lit)
    lead_over(shading, gloss, texture, uv, breaks, 200.0)
    seen = reflectance_of(texture) * shading + gloss
    np.testing.assert_allclose(seen[:, 28:37], 0.11, atol=1e-3)
    untouched = breaks == 0
    np.testing.assert_array_equal(shading[untouched], lit[0][untouched])
    np.testing.assert_array_equal(gloss[untouched], lit[1][untouched])


def test_a_break_inside_another_s_corner_is_led_over_once() -> None:
    size = 96, 96
    uv, breaks = np.zeros((*size, 2), np.float32), np.zeros(size, np.float32)
    breaks[10:90, 10] = breaks[88, 10:90] = 1
    breaks[30:33, 60:63] = 0.4
    shading, gloss = np.full((*size, 3), 0.5, np.float32), np.zeros((*size, 3), np.float32)
    lead_over(shading, gloss, packed(np.full((8, 8, 3), 0.5, np.float32)), uv, breaks, 200.0)
    np.testing.assert_allclose(shading, 0.5 * (1 - breaks[..., None]) * np.ones(3), atol=1e-6)
