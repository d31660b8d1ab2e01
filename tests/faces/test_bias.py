"""How far the landmark network is off: learned in the right frame, taken off, and less wrong than before.

The shipped terms were fitted on other people than these.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import ModelError
from sosie.faces import Face, Faces
from sosie.faces.bias import load_bias, on_the_skin
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


def off(path: Path, face: Face) -> float:
    """Mean distance of what is seen from the truth beside `path`, in eye distances."""
    with np.load(path.with_suffix(".lm468.npz")) as truth:
        sample = sample_of(face, truth["xy"].astype(np.float32), truth["visible"].astype(np.float32))
    return float(np.linalg.norm(sample.offset, axis=1)[sample.visible > 0].mean())


def test_corrected_landmarks_lie_nearer_to_the_skin(seen: list[tuple[Path, Face]]) -> None:
    bias = load_bias()
    before = [off(path, face) for path, face in seen]
    after = [off(path, on_the_skin(face, bias)) for path, face in seen]
    assert np.mean(after) < 0.75 * np.mean(before)


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
    strange = replace(face, features=(face.features.astype(np.float32) * 100).astype(np.float16))
    moved = np.abs(on_the_skin(strange, bias).landmarks - face.landmarks)[:468, :2].max()
    assert moved < np.linalg.norm(face.landmarks[33, :2] - face.landmarks[263, :2])


def test_a_known_error_is_found_again() -> None:
    """Offsets that depend linearly on what is seen come back; where the lips meet nothing is taken off."""
    random = np.random.default_rng(4)
    seen = random.standard_normal((400, 3))
    features = np.zeros((400, 2048))
    features[:, :3] = seen
    offsets = np.zeros((3, 468, 2))
    offsets[0, :, 1], offsets[2, :, 0] = 0.03, -0.02
    shape = random.standard_normal((400, 1404))
    made = [
        Sample(
            feature.astype(np.float16),
            points.astype(np.float32),
            np.tensordot(feature[:3], offsets, 1).astype(np.float32),
            np.ones(468, np.float32),
        )
        for feature, points in zip(features, shape, strict=True)
    ]
    found, skin = fit(made), np.setdiff1d(np.arange(468), INNER_LIPS)
    for sample in made[:5]:
        told = sample.features.astype(np.float32) @ found.features + sample.shape @ found.shape
        got = found.mean + np.tensordot(told, found.offsets, 1)
        assert np.abs(got - sample.offset)[skin].max() < 0.04 * np.abs(offsets).max() + 0.02
        assert np.abs(got[list(INNER_LIPS)]).max() < 1e-3


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Install Sosie again"):
        load_bias(tmp_path)
