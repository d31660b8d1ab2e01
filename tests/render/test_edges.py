"""Where the likeness ends: no glow, no holes, no specks; what lies before the face is not moved with it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.faces.landmarks import IRISES
from sosie.pictures.box import Region
from sosie.render.carry import carry_light
from sosie.render.eyes import iris_gain
from sosie.render.fit import Placed
from sosie.render.flow import flow_of
from sosie.render.light import Light
from sosie.render.matte import held_to_skin
from sosie.render.reference import BORDER, Feeds, run
from sosie.render.texture import packed
from sosie.twin.raster import rasterise, vertex_normals

SIDE = 320
FAIR = np.array([0.62, 0.34, 0.21], np.float32)
Array = NDArray[np.float32]


def turned(mesh: Mesh, degrees: float) -> Array:
    """The average face in the middle of the picture, turned sideways."""
    a = np.radians(degrees)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    points = (mesh.vertices * [1, -1, -1] - mesh.vertices.mean(0) * [1, -1, -1]) @ turn.T
    return np.asarray(points * 0.6 * SIDE / np.ptp(points[:, 1]) + [SIDE / 2, SIDE / 2, 0], np.float32)


def even(size: tuple[int, int], level: float = 0.5) -> Light:
    """The same light everywhere."""
    field = np.full((*size, 3), level, np.float32)
    none = np.zeros_like(field)
    return Light((0, 0, size[1], size[0]), field, none, np.ones(size, np.float32), FAIR, 0.0, {})


def test_a_fair_face_before_a_dark_wall_does_not_glow() -> None:
    side, wide = 64, 64 + 2 * BORDER
    skin = np.zeros((wide, wide), np.float32)
    skin[:, : wide // 2] = 1
    matte = skin.copy()
    matte[:, wide // 2 - 3 : wide // 2] = [0.8, 0.5, 0.2]
    wall = np.full((wide, wide, 3), 0.02, np.float32)
    plate = wall[:side, :side]

    def drawn(light: Array, gloss: Array) -> Array:
        columns, rows = np.meshgrid(*(np.linspace(0, 1, wide, dtype=np.float32),) * 2)
        nothing = np.zeros((wide, wide, 2), np.float32)
        feeds = Feeds(
            size=(side, side),
            plate=plate,
            tone=np.ones((wide, wide, 3), np.float32),
            shift=nothing,
            uv=np.stack([columns, rows], -1),
            light=light,
            gloss=gloss,
            matte=matte,
            texture=packed(np.full((16, 16, 3), 0.6, np.float32)),
            grain=np.zeros((1, 1), np.float32),
            strength=1.0,
            ratio=Fraction(1),
        )
        return run(feeds)

    light = even((wide, wide))
    beyond = slice(side // 2 + 2, None)
    spread = np.abs(drawn(light.shading, light.specular) - plate)[:, beyond].sum()
    lit = held_to_skin(light, wall, matte, skin)
    held = drawn(lit.shading, lit.gloss)
    assert np.abs(held - plate)[:, beyond].sum() < 0.6 * spread
    assert held[:, : side // 2 - 8].min() > 0.25  # the face itself is whole


@pytest.mark.parametrize("yaw", [0, 25, 40, 55, -55])
def test_a_face_that_folds_over_itself_has_no_holes(yaw: float, mesh: Mesh) -> None:
    points = turned(mesh, yaw)
    placed = Placed(points, vertex_normals(points, mesh.triangles), points, 0.0)
    whole = np.ones((SIDE, SIDE), np.float32)
    inside = flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, 0 * whole).inside
    count, _, stats, _ = cv2.connectedComponentsWithStats((inside == 0).astype(np.uint8), connectivity=4)
    assert count == 2, stats[2:]  # the face and what is around it


@pytest.mark.parametrize("yaw", [40, 55])
def test_light_has_no_specks_where_the_face_folds(yaw: float, mesh: Mesh) -> None:
    source, target = turned(mesh, yaw), turned(mesh, yaw * 1.1)
    normals = vertex_normals(source, mesh.triangles)
    raster = rasterise(source[:, :2], mesh.triangles, (SIDE, SIDE), depth=source[:, 2])
    lit = np.clip(raster.interpolate(normals) @ np.array([-0.5, -0.2, -0.8], np.float32), 0.1, None)
    soft = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), 6)
    light = replace(even((SIDE, SIDE)), shading=np.repeat(soft[..., None], 3, 2))
    found = np.log2(np.maximum(carry_light(light, source, target, mesh).shading[..., 1], 1e-3))
    drawn = rasterise(target[:, :2], mesh.triangles, (SIDE, SIDE), depth=target[:, 2]).covered
    inner = cv2.erode(drawn.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    calm = cv2.medianBlur(found.astype(np.float32), 5)
    assert np.abs(found - calm)[inner].max() < 0.5


def eyes_of(mesh: Mesh) -> NDArray[np.float32]:
    """(478, 3): a frontal face's points, its irises as wide as its eyes are open."""
    points = np.concatenate([turned(mesh, 0), np.zeros((10, 3), np.float32)])
    for first, (a, b) in zip(IRISES, ((159, 145), (386, 374)), strict=True):
        centre = (points[a] + points[b]) / 2
        radius = float(np.linalg.norm(points[a, :2] - points[b, :2])) / 2
        ring = [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]
        points[first : first + 5, :2] = centre[:2] + radius * np.array(ring, np.float32)
    return points


def test_a_dark_eye_can_become_a_light_one(mesh: Mesh) -> None:
    points, plate = eyes_of(mesh), np.full((SIDE, SIDE, 3), 0.02, np.float32)
    light_eye = np.array([0.16, 0.2, 0.22], np.float32)
    gain = iris_gain(plate, points, light_eye, even((SIDE, SIDE), 1.0))
    assert np.quantile(gain[gain[..., 0] != 1], 0.9) > 6


def test_a_dark_eye_that_becomes_light_has_a_pupil_and_a_dark_rim(mesh: Mesh) -> None:
    points = eyes_of(mesh)
    for first in IRISES:
        points[first + 1 : first + 5, :2] += points[first + 1 : first + 5, :2] - points[first, :2]
    light_eye, light = np.array([0.16, 0.2, 0.22], np.float32), even((SIDE, SIDE), 1.0)
    lighter = iris_gain(np.full((SIDE, SIDE, 3), 0.02, np.float32), points, light_eye, light)[..., 1]
    same = iris_gain(np.full((SIDE, SIDE, 3), 0.2, np.float32), points, light_eye, light)[..., 1]
    for first in IRISES:
        (x, y), radius = points[first, :2], float(np.linalg.norm(points[first + 1, :2] - points[first, :2]))
        pupil, iris, rim = (lighter[int(y), int(x + share * radius)] for share in (0.0, 0.6, 0.93))
        assert pupil == 1
        assert iris > 6
        assert 1 < rim < 0.75 * iris
        assert same[int(y), int(x)] == pytest.approx(same[int(y), int(x + 0.6 * radius)])


def test_what_is_grey_in_a_brown_eye_takes_no_hue_beyond_the_twin_s(mesh: Mesh) -> None:
    points, plate = eyes_of(mesh), np.empty((SIDE, SIDE, 3), np.float32)
    plate[:] = [0.03, 0.01, 0.008]
    grey = np.indices((SIDE, SIDE)).sum(0) % 4 == 0
    plate[grey] = 0.015
    green = np.array([0.11, 0.2, 0.18], np.float32)
    gain = iris_gain(plate, points, green, even((SIDE, SIDE), 1.0))
    made = (plate * gain)[grey & (gain[..., 1] > 0.99 * gain[grey].max())]  # not the iris's soft edge
    assert len(made) > 4
    np.testing.assert_allclose(made / made[:, 1:2], np.broadcast_to(green / green[1], made.shape), rtol=0.02)


def test_an_eye_is_lit_as_the_cheek_is_not_as_its_socket(mesh: Mesh) -> None:
    points, plate = eyes_of(mesh), np.full((SIDE, SIDE, 3), 0.05, np.float32)
    light = even((SIDE, SIDE), 1.0)
    for first in IRISES:
        x, y = np.round(points[first, :2]).astype(int)
        light.shading[y - 4 : y + 5, x - 9 : x + 10] = 0.3
    grey = np.full(3, 0.1, np.float32)
    gain = iris_gain(plate, points, grey, light)
    assert np.quantile(gain[gain[..., 0] != 1], 0.9) == pytest.approx(2, rel=0.1)


def test_surroundings_do_not_tear_where_one_point_of_the_rim_leaps(mesh: Mesh) -> None:
    points = turned(mesh, 0)
    found = points.copy()
    found[454, 0] += 0.12 * float(np.ptp(points[:, 1]))
    placed = Placed(points, vertex_normals(points, mesh.triangles), found, 0.0)
    whole = np.ones((SIDE, SIDE), np.float32)
    across = flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, 0 * whole).shift[..., 0]
    steps = np.abs(np.diff(across, axis=0)).max(), np.abs(np.diff(across, axis=1)).max()
    assert across.max() > 0.5
    assert max(steps) < 1  # a step of a pixel and more folds what lies there


def test_what_lies_before_the_face_is_not_moved_with_it(mesh: Mesh) -> None:
    points = turned(mesh, 0)
    found = points.copy()
    found[:, 0] += 0.03 * float(np.ptp(points[:, 1]))
    placed, whole = (
        Placed(points, vertex_normals(points, mesh.triangles), found, 0.0),
        np.ones((SIDE, SIDE), np.float32),
    )
    bare = whole.copy()
    bare[:, : SIDE // 2] = 0
    across = flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, 1 - bare).shift[..., 0]
    hair = slice(None), slice(0, SIDE // 2 - SIDE // 10)
    assert flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, 0 * whole).shift[hair].max() > 1
    assert not across[hair].any()
    assert across[:, SIDE // 2 :].max() > 1
