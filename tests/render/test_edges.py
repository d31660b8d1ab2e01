"""Where the likeness ends: no glow, no holes, no specks; hair before the face stays, a brow is no hair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Face, Faces, Mesh, face_mesh
from sosie.faces.landmarks import Landmarker
from sosie.faces.shown import shown_at
from sosie.models import ModelStore
from sosie.pictures import from_linear, read_picture, to_linear
from sosie.render.box import Region
from sosie.render.carry import carry_light
from sosie.render.eyes import IRISES, iris_gain
from sosie.render.fit import Placed
from sosie.render.flow import flow_of
from sosie.render.light import Light
from sosie.render.matte import held_to_skin
from sosie.render.occlusion import visible_skin
from sosie.render.reference import BORDER, Feeds, run
from sosie.render.regions import BROWS, EYES, LIPS, hull_of, polygon
from sosie.render.texture import packed
from sosie.twin.raster import rasterise, vertex_normals

SIDE = 320
FAIR = np.array([0.62, 0.34, 0.21], np.float32)
Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def mesh(store: ModelStore) -> Mesh:
    return face_mesh(store)


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
    held = drawn(*held_to_skin(light, wall, skin))
    assert np.abs(held - plate)[:, beyond].sum() < 0.6 * spread
    assert held[:, : side // 2 - 8].min() > 0.25  # the face itself is whole


@pytest.mark.parametrize("yaw", [0, 25, 40, 55, -55])
def test_a_face_that_folds_over_itself_has_no_holes(yaw: float, mesh: Mesh) -> None:
    points = turned(mesh, yaw)
    placed = Placed(points, vertex_normals(points, mesh.triangles), points, 0.0)
    whole = np.ones((SIDE, SIDE), np.float32)
    inside = flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, whole).inside
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
    across = flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, whole).shift[..., 0]
    steps = np.abs(np.diff(across, axis=0)).max(), np.abs(np.diff(across, axis=1)).max()
    assert across.max() > 0.5
    assert max(steps) < 1  # a step of a pixel and more folds what lies there


@dataclass(frozen=True, eq=False)
class LookedAt:
    """A plate (H, W, 3) linear, its face, and (H, W) where the face is."""

    linear: Array
    face: Face
    inside: Array

    def visible(self, linear: Array) -> Array:
        """Where the face is bare when the plate is `linear`, as the network sees that."""
        coded = from_linear(linear, np.dtype(np.uint8), "srgb")
        look = Landmarker(ModelStore.default()).look(np.ascontiguousarray(coded), self.face.crop)
        told = shown_at(look.shown, self.face.crop, self.inside.shape)
        return visible_skin(linear, self.face.landmarks, self.inside, told)


def looked_at(people: Path, faces: Faces, mesh: Mesh) -> LookedAt:
    picture = read_picture(people / "plates" / "s04" / "plate_p04.webp")
    (face,) = faces.find(np.ascontiguousarray(picture.pixels[..., :3]))
    points, size = face.landmarks, picture.pixels.shape[:2]
    covered = rasterise(points[:468, :2], mesh.triangles, size, depth=points[:468, 2]).covered
    return LookedAt(to_linear(picture.pixels, picture.colour), face, covered.astype(np.float32))


def test_hair_over_half_the_face_stays_before_eye_nose_and_mouth(
    people: Path, faces: Faces, mesh: Mesh
) -> None:
    plate = looked_at(people, faces, mesh)
    linear, points, size = plate.linear, plate.face.landmarks, plate.inside.shape
    eyes = [polygon(size, hull_of(np.asarray(points[list(eye), :2], np.float32))) > 0 for eye in EYES]
    lips = polygon(size, np.asarray(points[list(LIPS), :2], np.float32)) > 0
    seen = plate.visible(linear)
    assert min(seen[part].mean() for part in (*eyes, lips)) > 0.9
    columns = np.arange(size[1])
    middle = points[[10, 152], 0].mean()
    cell = plate.face.crop.size / 64
    for hidden, (hair, deep, free) in enumerate(
        (
            (columns < middle - 2, columns < middle - 2 - cell, columns > middle - 2 + cell),
            (columns > middle + 2, columns > middle + 2 + cell, columns < middle + 2 - cell),
        )
    ):
        seen = plate.visible(np.where(hair[None, :, None], strands(size), linear).astype(np.float32))
        assert seen[eyes[hidden]].mean() < 0.1
        assert seen[eyes[1 - hidden]].mean() > 0.9
        assert seen[lips & deep].mean() < 0.3
        assert seen[lips & free].mean() > 0.9


def test_a_brow_is_seen_through_and_a_fringe_is_not(people: Path, faces: Faces, mesh: Mesh) -> None:
    plate = looked_at(people, faces, mesh)
    linear, points, size = plate.linear, plate.face.landmarks, plate.inside.shape
    brows = [hull_of(np.asarray(points[list(brow), :2], np.float32)) for brow in BROWS]
    brow = polygon(size, brows[0]) > 0
    assert plate.visible(linear)[brow].mean() > 0.9
    fringe = linear.copy()
    low = int(max(one[:, 1].max() for one in brows) + 2 * plate.face.crop.size / 64)
    fringe[:low] = strands(size)[:low]
    assert plate.visible(fringe)[brow].mean() < 0.3
    block = linear.copy()  # like nothing the network knows
    x0, x1 = int(brows[0][:, 0].min()) - 4, int(brows[0][:, 0].max()) + 4
    block[: int(brows[0][:, 1].max()) + 4, x0:x1] = 0.01
    assert plate.visible(block)[brow].mean() < 0.3


def test_a_single_strand_beside_the_hair_stays_before_the_cheek(
    people: Path, faces: Faces, mesh: Mesh
) -> None:
    plate = looked_at(people, faces, mesh)
    linear, points, size = plate.linear, plate.face.landmarks, plate.inside.shape
    cheek = slice(int(points[50, 1]), int(points[205, 1]))
    edge = int(points[50, 0])
    strand = slice(edge + 5, edge + 7)
    hair = linear.copy()
    hair[:, :edge] = strands(size)[:, :edge]
    without = plate.visible(hair)
    hair[:, strand] = strands(size)[:, strand]
    seen = plate.visible(hair)
    assert seen[cheek, : edge - 1].max() < 0.1
    assert seen[cheek, strand].mean() < 0.25
    assert without[cheek, strand].mean() > 0.9
    assert seen[cheek, edge + 2 : edge + 4].mean() > 0.75
    assert seen[cheek, edge + 9 : edge + 20].min() > 0.9


def strands(size: tuple[int, int]) -> Array:
    """(H, W, 3): dark hair that hangs straight down."""
    rng = np.random.default_rng(2)
    across = np.exp(0.3 * rng.standard_normal((1, size[1], 1))) * np.array([0.012, 0.012, 0.014])
    return np.asarray(np.broadcast_to(across, (*size, 3)), np.float32)


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
    across = flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, bare).shift[..., 0]
    hair = slice(None), slice(0, SIDE // 2 - SIDE // 10)
    assert flow_of(placed, mesh, Region(0, 0, SIDE, SIDE), whole, whole).shift[hair].max() > 1
    assert not across[hair].any()
    assert across[:, SIDE // 2 :].max() > 1
