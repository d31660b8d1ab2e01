"""Stages against the ground truth's own maps, and what must hold for any person and any way of cutting the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Face, Faces, face_mesh
from sosie.faces.occlusion import visible_skin
from sosie.faces.shown import shown_at
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture, read_picture, to_linear
from sosie.render import render
from sosie.render.fit import place, without_leaps
from sosie.render.kernel import Kernel
from sosie.twin import Twin
from sosie.twin.basis import load_basis
from sosie.twin.raster import rasterise, vertex_normals

PLATES = [("s01", "p01"), ("s02", "p02"), ("s04", "p04")]


def put(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel, **more: Any) -> NDArray[Any]:
    made = render(
        plate, twin, faces=faces, kernel=kernel, choice=FaceChoice(), options=RenderOptions(), **more
    )
    return made.composite


def one_face(faces: Faces, plate: Picture) -> Face:
    return faces.find(np.ascontiguousarray(plate.pixels[..., :3]))[0]


@pytest.fixture(scope="module", params=PLATES, ids=[scene for scene, _ in PLATES])
def stem(request: pytest.FixtureRequest, people: Path) -> Path:
    scene, person = request.param
    return people / "plates" / scene / f"plate_{person}"


@pytest.fixture(scope="module")
def pictured(stem: Path) -> Picture:
    return read_picture(stem.with_suffix(".webp"))


@pytest.fixture(scope="module")
def skin(stem: Path) -> NDArray[np.bool_]:
    """Where the renderer says that bare face shows: hair is in front of it, brows and eyes are not of it."""
    maps = cv2.imread(f"{stem}.uv.png", cv2.IMREAD_UNCHANGED)
    return np.asarray((np.asarray(maps, np.uint16)[..., 0] & 255) > 127)


def test_the_mesh_lies_on_the_face_and_looks_where_it_looks(
    stem: Path, pictured: Picture, skin: NDArray[np.bool_], twin: Twin, faces: Faces
) -> None:
    mesh = face_mesh()
    source = place(one_face(faces, pictured), twin, load_basis(), mesh).source
    raster = rasterise(source[:, :2], mesh.triangles, skin.shape, depth=source[:, 2])
    both = raster.covered & skin
    assert both.sum() > 0.7 * skin.sum()
    assert both.sum() > 0.75 * raster.covered.sum()
    coded = cv2.imread(f"{stem}.normal.png", cv2.IMREAD_COLOR_RGB)
    truth = (np.asarray(coded, np.float32) - 128) / 127
    ours = raster.interpolate(vertex_normals(source, mesh.triangles))
    lengths = np.linalg.norm(truth, axis=-1) * np.linalg.norm(ours, axis=-1)
    cosine = (truth * ours).sum(-1) / np.maximum(lengths, 1e-6)
    assert np.degrees(np.arccos(np.clip(cosine[both], -1, 1))).mean() < 16


def test_bare_skin_is_told_from_hair(
    pictured: Picture, skin: NDArray[np.bool_], twin: Twin, faces: Faces
) -> None:
    mesh = face_mesh()
    face = one_face(faces, pictured)
    points = place(face, twin, load_basis(), mesh).source
    inside = rasterise(points[:, :2], mesh.triangles, skin.shape, depth=points[:, 2]).covered
    linear = to_linear(pictured.pixels, pictured.colour)
    told = shown_at(face.shown, face.crop, skin.shape)
    found = visible_skin(linear, face.landmarks, inside.astype(np.float32), told) > 0.5
    assert (found & skin & inside).sum() > 0.92 * (skin & inside).sum()


def test_a_person_s_twin_onto_her_own_plate_changes_little(
    people: Path, plate: Picture, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    own = read_picture(people / "plates" / "s04" / "plate_p04.webp")

    def change(picture: Picture) -> float:
        made = put(picture, twin, faces, kernel)
        face = one_face(faces, picture)
        x0, y0, x1, y1 = (int(v) for v in face.box)
        part = np.abs(made.astype(int) - picture.pixels)[y0:y1, x0:x1]
        return float(part.mean())

    assert change(own) < 0.5 * change(plate)


@pytest.mark.parametrize("side", [48, 96, 4800])
def test_tiles_are_the_whole(
    side: int,
    plate: Picture,
    twin: Twin,
    faces: Faces,
    kernel: Kernel,
) -> None:
    class Other(type(kernel)):  # type: ignore[misc]  # the very kernel, with tiles of another size
        pass

    other = Other()
    other.side = side
    usual = put(plate, twin, faces, kernel).astype(int)
    assert np.abs(put(plate, twin, faces, other) - usual).max() <= 1


def test_the_host_s_mask_wins_over_everything_that_was_found(
    plate: Picture, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    """A hand-drawn edge through the face: nothing on the forbidden side, everything as before on the other."""
    free = put(plate, twin, faces, kernel)
    mask = np.zeros(plate.pixels.shape[:2], np.uint8)
    mask[:, ::2] = 255
    made = put(plate, twin, faces, kernel, mask=mask)
    np.testing.assert_array_equal(made[mask == 0], plate.pixels[mask == 0])
    np.testing.assert_array_equal(made[mask == 255], free[mask == 255])


def test_a_landmark_that_leaps_follows_its_neighbours_and_no_other_changes() -> None:
    mesh = face_mesh()
    points = mesh.vertices[:, :2].astype(np.float64)
    size = float(np.ptp(points[:, 1]))
    shifts = 0.05 * (points - points.mean(0))
    leaping = shifts.copy()
    leaping[137] += [-0.08 * size, 0.03 * size]
    found = without_leaps(leaping, mesh, 0.03 * size)
    others = np.arange(len(points)) != 137
    np.testing.assert_array_equal(found[others], shifts[others])
    assert np.abs(found[137] - shifts[137]).max() < 0.005 * size
