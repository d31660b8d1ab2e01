"""The landmark network's habits: learned in the right frame, taken off, and less wrong than before.

The shipped terms were fitted to these very people, so the figures here are no measure of quality (docs/quality.md has
one that leaves people out); they show that the correction is applied, everywhere and in the right direction.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import ModelError
from sosie.faces import Face, Faces, Pose
from sosie.faces.bias import UNIT, load_bias, on_the_skin, variables
from sosie.faces.landmarks import INNER_LIPS
from sosie.graphs.landmark_bias import Sample, fit, sample_of
from sosie.pictures import read_picture

PEOPLE = Path(__file__).parents[1] / "people"


def turned(face: Face, degrees: float) -> Face:
    """`face` as it is found in a picture turned about (300, 300)."""
    t = np.radians(degrees)
    turn = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]], np.float32)
    landmarks = face.landmarks.copy()
    landmarks[:, :2] = (landmarks[:, :2] - 300) @ turn.T + 300
    return replace(face, landmarks=landmarks)


@pytest.fixture(scope="module")
def seen(faces: Faces) -> list[tuple[Path, Face]]:
    pictures = sorted((PEOPLE / "captures").glob("*/*.jpg"))
    found = [(path, faces.find(read_picture(path).pixels)) for path in pictures]
    return [(path, one[0]) for path, one in found]


def test_corrected_landmarks_lie_nearer_to_the_skin(seen: list[tuple[Path, Face]]) -> None:
    bias = load_bias()
    before, after = [], []
    for path, face in seen:
        for list_, one in ((before, face), (after, on_the_skin(face, bias))):
            sample = sample_of("", one, path.with_suffix(""))
            list_.append(np.linalg.norm(sample.offset, axis=1)[sample.visible].mean())
    assert np.mean(after) < 0.85 * np.mean(before)


def test_a_turned_picture_is_corrected_alike(seen: list[tuple[Path, Face]]) -> None:
    bias, (_, face) = load_bias(), seen[0]
    one = turned(on_the_skin(face, bias), 70)
    other = on_the_skin(turned(face, 70), bias)
    assert np.abs(one.landmarks - other.landmarks).max() < 0.01


def test_nothing_else_changes(seen: list[tuple[Path, Face]]) -> None:
    _, face = seen[0]
    kept = face.landmarks.copy()
    done = on_the_skin(face, load_bias())
    assert (face.landmarks == kept).all()
    assert (done.landmarks[468:] == kept[468:]).all()
    assert (done.landmarks[:, 2] == kept[:, 2]).all()
    assert (done.pose, done.box) == (face.pose, face.box)


def test_a_closed_mouth_stays_closed(seen: list[tuple[Path, Face]]) -> None:
    bias = load_bias()
    closed = [face for path, face in seen if path.stem == "frontal"]
    assert closed
    for face in closed:
        lips = on_the_skin(face, bias).landmarks[list(INNER_LIPS), :2]
        gap = np.linalg.norm(lips[3:8] - lips[[17, 16, 15, 14, 13]], axis=1).mean()
        assert gap < 0.05 * np.linalg.norm(lips[0] - lips[10])


def test_beyond_what_was_learned_the_limit_counts(seen: list[tuple[Path, Face]]) -> None:
    bias, (_, face) = load_bias(), seen[0]
    far = replace(face, pose=Pose(89, 0, 0))
    limit = replace(face, pose=Pose(float(bias.limits[0]) * UNIT, 0, 0))
    assert np.abs(on_the_skin(far, bias).landmarks - on_the_skin(limit, bias).landmarks).max() < 1e-3


def test_a_known_habit_is_found_again() -> None:
    """Offsets made by known terms, mirrored as a face is, come back."""
    random = np.random.default_rng(4)
    limits = np.array([1.4, 0.6], np.float32)
    across = np.zeros((6, 468, 2), np.float32)
    across[0, :, 1], across[2, :, 1] = 0.03, -0.02  # down, and up again when looking up: its own mirror image
    poses = random.uniform(-1, 1, (200, 2)) * limits * UNIT
    made = [
        Sample(
            "x",
            float(yaw),
            float(pitch),
            np.tensordot(variables(yaw, pitch, limits), across, 1),
            np.ones(468, bool),
        )
        for yaw, pitch in poses
    ]
    found, skin = fit(made), np.setdiff1d(np.arange(468), INNER_LIPS)
    for yaw, pitch in ((0, 0), (30, 10), (-50, -20)):
        expected = np.tensordot(variables(yaw, pitch, limits), across, 1)
        got = np.tensordot(variables(yaw, pitch, found.limits), found.terms, 1)
        assert np.abs(got - expected)[skin].max() < 2e-3
        assert not got[list(INNER_LIPS)].any()


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Install Sosie again"):
        load_bias(tmp_path)
