"""Light carried to another face: it follows the face, obeys the new bones, keeps shadows and drops marks."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.pictures.colour import LUMA
from sosie.render.carry import carry_light
from sosie.render.light import estimate_light
from sosie.render.tone import GLOSS
from sosie.twin.raster import rasterise, vertex_normals
from sosie.twin.rig import harmonics

SIDE = 400
FAIR = np.array([0.62, 0.34, 0.21], np.float32)
#: A lamp from the left: harmonics of the normal.
LAMP = np.array([0.8, -0.35, 0, -0.3, 0, 0, 0, 0, 0], np.float32)
Array = NDArray[np.float32]


def posed(mesh: Mesh, relief: float = 1.0) -> Array:
    """The average face, frontal, in the middle of the picture; `relief` stretches its depth."""
    points = mesh.vertices * np.array([1, -1, -1], np.float32)
    points = (points - points.mean(0)) * 0.55 * SIDE / np.ptp(points[:, 1])
    return np.asarray(points * [1, 1, relief] + [SIDE / 2, SIDE / 2, 0], np.float32)


def shading_of(points: Array, mesh: Mesh) -> Array:
    """(H, W): what the lamp does to this face; 0 beside it."""
    raster = rasterise(points[:, :2], mesh.triangles, (SIDE, SIDE), depth=points[:, 2])
    dense = raster.interpolate(vertex_normals(points, mesh.triangles))
    dense /= np.maximum(np.linalg.norm(dense, axis=-1, keepdims=True), 1e-6)
    return np.asarray(np.maximum(harmonics(dense) @ LAMP, 0.05) * raster.covered, np.float32)


def plate_of(shading: Array) -> Array:
    beside = np.where(shading > 0, shading, 0.3)[..., None]
    return np.asarray((FAIR + GLOSS) * beside, np.float32)


def carried(plate: Array, source: Array, target: Array, mesh: Mesh) -> Array:
    """(H, W): luminance of the light on `target`."""
    light = estimate_light(plate, source, mesh, tone=FAIR)
    moved = carry_light(light, source, target, mesh, box=(0, 0, SIDE, SIDE))
    assert moved.shading.shape == (SIDE, SIDE, 3)
    return np.asarray(moved.shading @ LUMA, np.float32)


def test_light_follows_the_face_it_is_carried_to(mesh: Mesh) -> None:
    source = posed(mesh)
    target = source + np.array([25, -10, 0], np.float32)
    plate = plate_of(shading_of(source, mesh))
    here, there = carried(plate, source, source, mesh), carried(plate, source, target, mesh)
    x, y = source[4, :2].astype(int)
    assert there[y - 10, x + 25] == pytest.approx(here[y, x], rel=0.03)


def test_a_face_of_other_relief_is_lit_as_its_own_bones_are(mesh: Mesh) -> None:
    flat, deep = posed(mesh, 0.8), posed(mesh, 1.3)
    true = shading_of(deep, mesh)
    found = carried(plate_of(shading_of(flat, mesh)), flat, deep, mesh)
    inner = true > 0
    inner[:, : SIDE // 3] = inner[:, 2 * SIDE // 3 :] = False
    left = np.abs(np.log2(found / np.maximum(true, 1e-3)))[inner]
    unturned = np.abs(np.log2(np.maximum(shading_of(flat, mesh), 0.05) / np.maximum(true, 1e-3)))[inner]
    assert np.median(left) < 0.75 * np.median(unturned)


def test_a_cast_shadow_stays_and_a_faint_mark_fades(mesh: Mesh) -> None:
    source = posed(mesh)
    clean = shading_of(source, mesh)
    cheek = source[[50, 280], :2].astype(int)
    depths = []
    for stops in (0.4, 3.0):
        marked = clean.copy()
        for x, y in cheek:
            marked[y - 14 : y + 14, x - 14 : x + 14] *= 2**-stops
        found = carried(plate_of(marked), source, source, mesh) / carried(
            plate_of(clean), source, source, mesh
        )
        depths.append(-np.log2(np.mean([found[y, x] for x, y in cheek])))
    assert depths[0] < 0.25
    assert depths[1] > 2.0


def test_a_coloured_lamp_keeps_its_side(mesh: Mesh) -> None:
    source = posed(mesh)
    plate = plate_of(shading_of(source, mesh))
    plate[:, : SIDE // 2] *= np.array([1.4, 0.7, 1.0], np.float32)
    light = estimate_light(plate, source, mesh, tone=FAIR)
    shading = carry_light(light, source, posed(mesh, 1.1), mesh, box=(0, 0, SIDE, SIDE)).shading
    x, y = source[50, :2].astype(int)
    mirrored = SIDE - x
    ratio = np.log2(shading[y, x, 0] / shading[y, x, 1]) - np.log2(
        shading[y, mirrored, 0] / shading[y, mirrored, 1]
    )
    assert ratio == pytest.approx(1.0, abs=0.35)


def test_a_black_plate_gives_no_nan(mesh: Mesh) -> None:
    source = posed(mesh)
    found = carried(np.zeros((SIDE, SIDE, 3), np.float32), source, source, mesh)
    assert np.isfinite(found).all()


def test_a_mesh_that_folds_before_the_ear_is_lit_without_a_step(mesh: Mesh) -> None:
    source = posed(mesh)
    target = source.copy()
    target[234] += 2.6 * (target[227] - target[234])  # the rim, fallen in front of what lies within
    found = np.log2(carried(plate_of(shading_of(source, mesh)), source, target, mesh))
    ear = np.zeros(found.shape, np.uint8)
    corners = np.round(target[[127, 227, 137, 93, 234, 132, 123, 177], :2]).astype(np.int32)
    cv2.fillConvexPoly(ear, cv2.convexHull(corners), 1)
    for axis in range(2):
        steps = np.abs(np.diff(found, axis=axis, append=found.take([-1], axis)))
        assert steps[ear > 0].max() < 0.01  # 0.09 stops as the mesh is
