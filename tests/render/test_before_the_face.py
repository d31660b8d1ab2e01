"""What lies before the face stays there: hair, single strands, glasses, straps; a brow is no hair."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Face, Faces, Mesh
from sosie.faces.accessories import accessory_at
from sosie.faces.cutout import accessory_matte, hand_matte
from sosie.faces.landmarks import Landmarker
from sosie.faces.occlusion import visible_skin
from sosie.faces.regions import BROWS, EYES, LIPS, hull_of, polygon
from sosie.faces.shown import hand_at, shown_at
from sosie.models import ModelStore
from sosie.pictures import from_linear, read_picture, to_linear
from sosie.twin.raster import rasterise

Array = NDArray[np.float32]


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
        skin, hand = (at(look.shown, self.face.crop, self.inside.shape) for at in (shown_at, hand_at))
        hand = hand_matte(linear, hand, self.face.size)
        told = accessory_at(look.accessories, self.face.crop, self.inside.shape)
        worn = accessory_matte(linear, told, self.inside > 0, self.face.size)
        found = visible_skin(linear, self.face.landmarks, self.inside, skin) * (1 - np.maximum(hand, worn))
        return np.asarray(found, np.float32)


def looked_at(people: Path, faces: Faces, mesh: Mesh, plate: str = "s04/plate_p04") -> LookedAt:
    picture = read_picture(people / "plates" / f"{plate}.webp")
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


BLACK, BLUE, PALE = (0.01, 0.01, 0.012), (0.05, 0.06, 0.2), (0.5, 0.5, 0.45)


@pytest.mark.parametrize(
    ("thing", "colour"),
    [("lenses", BLACK), ("lenses", BLUE), ("lenses", PALE), ("strap", BLACK), ("strap", BLUE)],
)
def test_sunglasses_and_a_strap_stay_before_the_face(
    people: Path, faces: Faces, mesh: Mesh, thing: str, colour: tuple[float, float, float]
) -> None:
    plate = looked_at(people, faces, mesh)
    points, size = plate.face.landmarks, plate.inside.shape
    low, high = points[:468, :2].min(0), points[:468, :2].max(0)
    drawn = np.zeros(size, np.uint8)
    if thing == "strap":
        cv2.line(drawn, (int(low[0]), int(high[1])), (int(high[0]), int(points[4, 1])), 1, 13)
    for eye in EYES if thing == "lenses" else ():
        x, y, width, height = cv2.boundingRect(np.asarray(points[list(eye), :2], np.float32))
        cv2.rectangle(drawn, (x - width // 4, y - height, 3 * width // 2, 3 * height), 1, -1)
    worn = np.where(drawn[..., None] > 0, np.array(colour), plate.linear).astype(np.float32)
    seen, there = plate.visible(worn), (drawn > 0) & (plate.inside > 0)
    assert seen[there].mean() < 0.15
    beside = (cv2.dilate(drawn, np.ones((25, 25), np.uint8)) == 0) & (plate.visible(plate.linear) > 0.95)
    assert seen[beside].mean() > 0.95


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


def test_dark_hair_beside_an_eye_in_its_shadow_is_not_taken_for_skin(
    people: Path, faces: Faces, mesh: Mesh
) -> None:
    plate = looked_at(people, faces, mesh, "s01/plate_p01")
    corner, inner = plate.face.landmarks[[226, 133], :2]
    x, y = (corner + 0.2 * (corner - inner)).astype(int)  # under the bob
    assert plate.visible(plate.linear)[y - 3 : y + 4, x - 2 : x + 3].mean() < 0.3  # 0.4 by colour alone
