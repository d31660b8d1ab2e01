"""The shape of all views together, against a face that is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import EXPRESSIONS, Face, Pose, face_mesh
from sosie.faces.crop import Crop
from sosie.faces.shown import CELLS, shown_of
from sosie.twin.basis import Camera, load_basis
from sosie.twin.shape import bundle

#: Eye distance and side of the pictures, in pixels.
SPAN, SIDE = 100.0, 400
CROP = Crop(SIDE / 2, SIDE / 2, float(SIDE))


def somebody(random: np.random.Generator) -> NDArray[np.float32]:
    basis = load_basis()
    drawn = np.clip(random.normal(0, 1, len(basis.identity)), -2, 2)
    return (basis.mean + np.tensordot(drawn, basis.identity, 1)).astype(np.float32)


def seen(shape: NDArray[np.float32], yaw: float) -> NDArray[np.float32]:
    rotation = np.asarray(cv2.Rodrigues(np.array([0, -np.radians(yaw), 0]))[0], np.float64)
    points = Camera(SPAN, rotation, np.full(2, SIDE / 2)).project(shape)
    return np.concatenate([points, points[:10]]).astype(np.float32)


def face(landmarks: NDArray[np.float32], shown: NDArray[np.float16], yaw: float) -> Face:
    low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    return Face(
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        score=1.0,
        presence=1.0,
        landmarks=landmarks,
        expression=np.zeros(len(EXPRESSIONS), np.float32),
        pose=Pose(yaw, 0, 0),
        crop=CROP,
        features=np.zeros(2048, np.float16),
        shown=shown,
        accessories=np.zeros((128, 128), np.float16),
    )


@pytest.mark.parametrize("seed", range(3))
def test_what_hair_hides_is_told_from_what_shows(seed: int) -> None:
    random = np.random.default_rng(seed)
    true = somebody(random)
    hidden = true[:, 0] > 0.55  # her cheek and temple on the picture's right, in every view
    views, guessed = [], []
    for yaw in (0.0, 25.0, -25.0, 45.0, -45.0):
        points = seen(true, yaw)
        points[:468, 0] -= np.float32(0.12 * SPAN) * hidden
        points[:, :2] += random.normal(0, 0.01 * SPAN, (478, 2)).astype(np.float32)
        bare = np.zeros((CELLS, CELLS, 2), np.float16)
        bare[..., 0] = 1
        covered = np.zeros((CELLS, CELLS), np.uint8)
        for x, y in np.round(points[:468][hidden, :2] * CELLS / SIDE - 0.5).astype(int):
            cv2.circle(covered, (int(x), int(y)), 1, 1, -1)
        guessed.append(face(points, bare, yaw))
        views.append(face(points, np.where(covered[..., None] > 0, 0, bare), yaw))
    known, blind = (
        error(bundle(some, load_basis(), face_mesh().triangles).shape, true) for some in (views, guessed)
    )
    assert known[hidden].mean() < 0.6 * blind[hidden].mean()
    assert known[~hidden].mean() < 0.025


def test_a_point_is_shown_as_its_cell_is() -> None:
    cells = np.zeros((CELLS, CELLS, 2), np.float16)
    cells[:, CELLS // 2 :, 0] = 1
    crop = Crop(300, 200, 128)
    points = np.array([[270, 200, 0], [330, 200, 0], [300, 200, 0], [900, 200, 0]], np.float32)
    assert shown_of(cells, crop, points).tolist() == pytest.approx([0, 1, 0.5, 1], abs=0.01)


def error(found: NDArray[np.float32], true: NDArray[np.float32]) -> NDArray[np.float64]:
    """(468,): how far off each vertex is, but for the size and place of the whole, which no picture tells."""
    x, y = found - found.mean(0), true - true.mean(0)
    left, sizes, right = np.linalg.svd(x.T @ y)
    return np.asarray(np.linalg.norm(sizes.sum() / (x**2).sum() * x @ left @ right - y, axis=1), np.float64)
