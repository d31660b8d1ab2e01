"""Eyes and mouths: what opens is the plate's and stays as bright; lips that are closed are the twin's."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.faces.landmarks import INNER_LIPS
from sosie.faces.regions import LIPS, polygon
from sosie.pictures.box import Region
from sosie.render.fit import Placed
from sosie.render.flow import flow_of
from sosie.render.lips import lip_line, parted
from sosie.render.matte import NONE, Lit, held_to_openings
from sosie.render.reference import BORDER, Feeds, run
from sosie.render.texture import packed
from sosie.twin.raster import vertex_normals

SIDE = 320
MIDDLE = np.array([13, 14])
Array = NDArray[np.float32]


def face_with(gap: float, mesh: Mesh) -> Array:
    """(468, 3): the average face, its lips a `gap` apart, in eye distances."""
    points = (mesh.vertices - mesh.vertices.mean(0)) * [1, -1, -1]
    points = points * 0.6 * SIDE / np.ptp(points[:, 1]) + [SIDE / 2, SIDE / 2, 0]
    middle, span = points[MIDDLE, 1].mean(), float(np.linalg.norm(points[33] - points[263]))
    inner = np.array(INNER_LIPS)
    now = float(np.linalg.norm(points[13] - points[14]))
    points[inner, 1] = middle + (points[inner, 1] - middle) * gap * span / now
    points[MIDDLE, 2] = points[MIDDLE, 2].mean()
    return np.asarray(points, np.float32)


def test_a_small_eye_is_not_darkened_by_dark_lids() -> None:
    side, wide = 64, 64 + 2 * BORDER
    eye = np.zeros((wide, wide), np.float32)
    cv2.ellipse(eye, (wide // 2, wide // 2), (10, 4), 0, 0, 360, 1.0, -1)
    ground = np.full((wide, wide, 3), 0.4, np.float32)
    lit, gloss, whole = ground / 4, np.zeros_like(ground), np.ones_like(eye)
    held = held_to_openings(Lit(lit, gloss, whole - eye, whole), ground, eye, 200.0)
    feeds = Feeds(
        size=(side, side),
        plate=ground[:side, :side],
        tone=np.ones_like(ground),
        shift=np.zeros((wide, wide, 2), np.float32),
        uv=np.full((wide, wide, 2), 0.5, np.float32),
        light=held.shading,
        gloss=held.gloss,
        matte=held.matte,
        texture=packed(np.ones((4, 4, 3), np.float32)),
        grain=np.zeros((1, 1), np.float32),
        strength=1.0,
        ratio=Fraction(1),
    )
    inside = np.s_[side // 2 - 1 : side // 2 + 2, side // 2 - 5 : side // 2 + 6]
    assert run(feeds)[inside].mean() > 0.35  # of 0.4
    np.testing.assert_array_equal(held.hers, 1 - eye)
    without = run(replace(feeds, light=lit, gloss=gloss, matte=whole - eye))
    assert without[inside].mean() < 0.3
    np.testing.assert_allclose(run(feeds)[4, 4], 0.1, rtol=0.01)


def test_an_eye_wider_than_the_blend_reaches_is_left_to_it() -> None:
    rng = np.random.default_rng(1)
    lit, gloss, ground = rng.random((3, 8, 8, 3), np.float32)
    matte, hers, eye = rng.random((3, 8, 8), np.float32)
    was = Lit(lit, gloss, matte, hers)
    made = held_to_openings(was, ground, eye, NONE)
    for name, field in vars(was).items():
        np.testing.assert_array_equal(vars(made)[name], field)


@pytest.mark.parametrize(("gap", "open_"), [(0.01, 0.0), (0.1, 1.0)], ids=["closed", "open"])
def test_a_mouth_is_the_plate_s_where_it_is_open_there(gap: float, open_: float, mesh: Mesh) -> None:
    twin, stand_in = face_with(0.05, mesh), face_with(gap, mesh)
    placed = Placed(twin, vertex_normals(twin, mesh.triangles), stand_in, 0.0)
    whole = np.ones((SIDE, SIDE), np.float32)
    openings = flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, 0 * whole).openings
    x, y = twin[MIDDLE, :2].mean(0)
    assert parted(stand_in) == open_
    assert openings[int(y), int(x)] == open_


def test_the_line_between_closed_lips_is_a_shadow_and_lips_are_none(mesh: Mesh) -> None:
    points = face_with(0.01, mesh)
    plate = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    plate[polygon((SIDE, SIDE), points[list(LIPS), :2]) > 0] = [0.4, 0.1, 0.1]
    x, y = points[MIDDLE, :2].mean(0).astype(int)
    plate[y - 1 : y + 1, x - 15 : x + 15] = [0.02, 0.01, 0.01]
    left = lip_line(plate, points)
    line = left[y - 1 : y + 1, x - 10 : x + 10]
    assert 0.25 < line.min() < line.max() < np.sqrt(0.35)  # half as dark as the plate's, in stops
    assert left[y + 8 : y + 12, x - 10 : x + 10].min() == 1


def test_an_open_mouth_has_the_line_at_its_corners_alone(mesh: Mesh) -> None:
    points = face_with(0.1, mesh)
    plate = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    plate[polygon((SIDE, SIDE), points[list(LIPS), :2]) > 0] = [0.4, 0.1, 0.1]
    dark = polygon((SIDE, SIDE), points[list(INNER_LIPS), :2]) > 0
    (left, y), (right, _) = (
        (points[a, :2] + points[b, :2]).astype(int) // 2 for a, b in ((61, 78), (291, 308))
    )
    dark[y - 1 : y + 1, left : right + 1] = True
    plate[dark] = [0.02, 0.01, 0.01]
    found = lip_line(plate, points)
    assert 0.25 < found[y - 1 : y + 1, left].min() < 0.6
    assert 0.25 < found[y - 1 : y + 1, right].min() < 0.6
    x = int(points[MIDDLE, 0].mean())
    assert found[:, x - 3 : x + 3].min() > 0.98
