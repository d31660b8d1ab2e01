"""The head: a clean mesh, UVs in range, 52 shapes that move what they are named after."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sosie.faces import face_mesh
from sosie.twin import Figures, Twin
from sosie.twin.basis import load_basis
from sosie.twin.head import EYE, MOUTH, NAMES, Head, build_head

SIDE = 64


@pytest.fixture(scope="module")
def head() -> Head:
    """The average face in one colour."""
    basis = load_basis()
    twin = Twin(
        shape=basis.mean,
        albedo=np.full((SIDE, SIDE, 3), 0.5, np.float16),
        valid=np.full((SIDE, SIDE), 255, np.uint8),
        expressions=np.zeros((0, 52), np.float32),
        deltas=np.zeros((0, 468, 3), np.float32),
        resting=np.zeros(52, np.float32),
        tone=np.full(3, 0.5, np.float32),
        iris=np.full(3, 0.1, np.float32),
        identity=np.zeros(128, np.float32),
        thumbnail=b"",
        figures=Figures(("frontal",), 0.0, 1.0, 200.0),
    )
    return build_head(twin, basis, face_mesh())


def test_it_is_one_sheet_mostly_of_quads(head: Head) -> None:
    sides: Counter[tuple[int, int]] = Counter()
    for polygon in head.polygons.tolist():
        corners = [corner for corner in polygon if corner >= 0]
        sides.update((corners[k], corners[(k + 1) % len(corners)]) for k in range(len(corners)))
    assert max(sides.values()) == 1  # every side once in each direction: one orientation, manifold
    edge = [side for side in sides if side[::-1] not in sides]
    assert len(edge) == 36  # the face's oval, and no hole within
    assert (head.polygons[:, 3] >= 0).mean() > 0.8
    assert (head.regions == EYE).sum() > 4
    assert (head.regions == MOUTH).sum() > 4


def test_it_is_as_large_as_a_face_and_looks_at_us(head: Head) -> None:
    width, height, _ = np.ptp(head.vertices, axis=0)
    assert 0.12 < width < 0.18
    assert 0.14 < height < 0.22
    nose, chin, forehead = head.vertices[[1, 152, 10]]
    assert nose[2] > head.vertices[:, 2].mean()
    assert forehead[1] > nose[1] > chin[1]
    a, b, c = (head.vertices[head.polygons[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).mean() > 0.8  # outside is outside


def test_uv_and_maps_are_in_range(head: Head) -> None:
    assert head.uv.min() >= 0
    assert head.uv.max() <= 1
    assert head.uv[10, 1] > head.uv[152, 1]  # v up: the forehead above the chin
    assert head.albedo.shape == head.relief.shape == (SIDE, SIDE, 3)
    assert set(np.unique(head.albedo)) == {188}  # 0.5 in sRGB
    assert set(np.unique(head.relief)) == {128}
    assert 80 < head.roughness.min() < head.roughness.max() < 135


@pytest.mark.parametrize(
    ("name", "inside", "direction"),
    [
        ("jawOpen", 152, (1, -1)),  # chin down
        ("eyeBlinkLeft", 386, (1, -1)),  # the person's left upper lid, on the picture's right
        ("mouthSmileRight", 61, (1, 1)),  # the corner up
        ("browInnerUp", 107, (1, 1)),
    ],
)
def test_a_shape_moves_what_it_is_named_after(
    head: Head, name: str, inside: int, direction: tuple[int, int]
) -> None:
    assert len(NAMES) == len(set(NAMES)) == len(head.shapes) == 52
    moved = head.shapes[NAMES.index(name)]
    axis, sign = direction
    assert sign * moved[inside, axis] > 0.001
    assert np.linalg.norm(moved[inside]) > 0.4 * np.linalg.norm(moved, axis=1).max()
    assert not head.shapes[NAMES.index("tongueOut")].any()
