"""The head: a clean mesh, UVs in range, 52 shapes that move what they are named after."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from sosie.faces import face_mesh
from sosie.twin import Figures, Twin
from sosie.twin.basis import load_basis
from sosie.twin.head import EYE, MOUTH, NAMES, Head, build_head
from sosie.twin.surround import load_surround

SIDE = 64


@pytest.fixture(scope="module")
def twin() -> Twin:
    """The average face in one colour, from a pack without a surround."""
    return Twin(
        shape=load_basis().mean,
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


@pytest.fixture(scope="module")
def face(twin: Twin) -> Head:
    return build_head(twin, load_basis(), face_mesh(), load_surround())


@pytest.fixture(scope="module")
def head(twin: Twin) -> Head:
    """The same with ears, jaw and neck, in another colour."""
    around = replace(
        twin,
        surround=np.full((1024, 512, 3), 0.25, np.float16),
        surround_valid=np.full((1024, 512), 255, np.uint8),
    )
    return build_head(around, load_basis(), face_mesh(), load_surround())


def open_sides(head: Head) -> list[tuple[int, int]]:
    """The sides at an edge; every side is there once in each direction: one orientation, manifold."""
    sides: Counter[tuple[int, int]] = Counter()
    for polygon in head.polygons.tolist():
        corners = [corner for corner in polygon if corner >= 0]
        sides.update((corners[k], corners[(k + 1) % len(corners)]) for k in range(len(corners)))
    assert max(sides.values()) == 1
    return [side for side in sides if side[::-1] not in sides]


def test_it_is_one_sheet_mostly_of_quads(head: Head, face: Head) -> None:
    assert len(open_sides(face)) == 36  # the face's oval, and no hole within
    edge = open_sides(head)
    after = dict(edge)
    assert len(after) == len(edge)
    way = [edge[0][0]]
    while (there := after[way[-1]]) != way[0]:
        way.append(there)
    assert len(way) == len(edge)  # one edge: behind the ears, over the forehead, around the neck
    assert min(way) >= 468
    for one in (head, face):
        assert (one.polygons[:, 3] >= 0).mean() > 0.8
        assert (one.regions == EYE).sum() > 4
        assert (one.regions == MOUTH).sum() > 4


def test_it_is_as_large_as_a_head_and_looks_at_us(head: Head, face: Head) -> None:
    width, height, _ = np.ptp(face.vertices, axis=0)
    assert 0.12 < width < 0.18
    assert 0.14 < height < 0.22
    width, height, _ = np.ptp(head.vertices, axis=0)
    assert 0.16 < width < 0.22  # from ear to ear
    assert 0.22 < height < 0.3
    nose, chin, forehead = head.vertices[[1, 152, 10]]
    assert nose[2] > head.vertices[:, 2].mean()
    assert forehead[1] > nose[1] > chin[1] > head.vertices[468:, 1].min() + 0.02  # the neck goes on below
    a, b, c = (head.vertices[head.polygons[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)
    assert (facing[:898][:, 2] > 0).mean() > 0.6  # outside is outside
    neck = (a[:, 1] < chin[1]) & (a[:, 2] > -0.06)
    assert (facing[neck][:, 2] > 0).mean() > 0.9


def test_uv_and_maps_are_in_range(head: Head, face: Head) -> None:
    for one in (head, face):
        assert one.uv.min() >= 0
        assert one.uv.max() <= 1
    assert face.albedo.shape == (*face.relief.shape, 3) == (SIDE, SIDE, 3)
    assert head.albedo.shape == (*head.relief.shape, 3) == (SIDE, SIDE * 3 // 2, 3)
    assert set(np.unique(face.albedo)) == {188}  # 0.5 in sRGB
    assert set(np.unique(head.albedo[:, SIDE + 2 :])) == {137}  # 0.25
    assert set(np.unique(face.relief)) == {128}
    assert 80 < head.roughness.min() < head.roughness.max() < 135


def test_each_corner_finds_its_own_part_of_the_map(head: Head) -> None:
    ours = (head.polygons < 468).all(1)
    assert head.uv[ours][..., 0].max() <= 2 / 3
    corners = head.polygons >= 0
    assert (head.uv[~ours][corners[~ours]][:, 0] >= 2 / 3 - 1e-6).all()
    flat = np.where(corners[~ours][..., None], head.uv[~ours], head.uv[~ours][:, :1]).astype(float)
    after = np.roll(flat, -1, 1)
    area = (flat[..., 0] * after[..., 1] - flat[..., 1] * after[..., 0]).sum(1)
    assert np.abs(area).min() > 1e-7
    right = head.vertices[head.polygons[~ours][:, 0], 0] > 0.01
    assert len(set(np.sign(area[right]))) == 1  # nothing is folded over: no texel stands for two places


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


def test_what_stands_around_goes_with_the_face(head: Head) -> None:
    """The jaw takes the skin under the chin along, and leaves ears and neck where they are."""
    moved = np.linalg.norm(head.shapes[NAMES.index("jawOpen")], axis=1)
    around = np.arange(len(moved)) >= 468
    chin, low = head.vertices[152], head.vertices[:, 1].min()
    under = around & (np.linalg.norm(head.vertices - chin, axis=1) < 0.02)
    ears = around & (np.abs(head.vertices[:, 0]) > 0.085)
    neck = around & (head.vertices[:, 1] < low + 0.02)
    assert moved[under].mean() > 0.4 * moved.max()
    assert moved[ears].max() < 0.1 * moved.max()
    assert moved[neck].max() < 0.1 * moved.max()
