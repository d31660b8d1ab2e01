"""Frames of a sequence do not tremble, follow what moves, and a cut begins anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from sosie.faces import Face, Faces, Pose
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture
from sosie.render import render
from sosie.render.kernel import Kernel
from sosie.render.steady import Memory, OneEuro
from sosie.twin import Twin

NOISE = 0.5  # pixels


@pytest.fixture(scope="module")
def face(faces: Faces, plate: Picture) -> Face:
    return faces.find(np.ascontiguousarray(plate.pixels[..., :3]))[0]


def moved(face: Face, by: tuple[float, float] = (0, 0), seed: int | None = None) -> Face:
    """`face` elsewhere, as a network sees it: with noise on every landmark."""
    landmarks = face.landmarks + np.array([*by, 0], np.float32)
    if seed is not None:
        noise = np.random.default_rng(seed).normal(0, NOISE, landmarks.shape)
        landmarks = (landmarks + noise).astype(np.float32)
    (x0, y0), (x1, y1) = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    return replace(face, landmarks=landmarks, box=(float(x0), float(y0), float(x1), float(y1)))


def test_the_first_frame_is_as_it_is(face: Face) -> None:
    np.testing.assert_allclose(Memory().face(face).landmarks, face.landmarks, atol=1e-3)


def test_a_head_at_rest_trembles_less_than_half(face: Face) -> None:
    memory = Memory()
    made = [memory.face(moved(face, seed=seed)).landmarks for seed in range(40)]
    steps = np.linalg.norm(np.diff(made, axis=0)[10:, :, :2], axis=-1)
    noise = NOISE * np.sqrt(np.pi)  # the mean step between two frames that differ by noise alone
    assert steps.mean() < 0.5 * noise


@pytest.mark.parametrize("speed", [1.0, 5.0])
def test_a_head_that_moves_is_followed(face: Face, speed: float) -> None:
    memory = Memory()
    for step in range(30):
        seen = moved(face, (speed * step, -0.5 * speed * step))
        made = memory.face(seen)
    behind = np.linalg.norm((made.landmarks - seen.landmarks)[:, :2], axis=1).mean()
    assert behind < 0.02 * face.size


def test_a_turn_beyond_half_a_circle_goes_on(face: Face) -> None:
    memory, centre = Memory(), np.array(face.centre)
    for degrees in range(0, 400, 8):
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        landmarks = face.landmarks.copy()
        landmarks[:, :2] = (landmarks[:, :2] - centre) @ turn.T + centre
        made = memory.face(replace(face, landmarks=landmarks.astype(np.float32)))
        assert np.linalg.norm((made.landmarks - landmarks)[:, :2], axis=1).mean() < 0.08 * face.size


@pytest.mark.parametrize("cut", ["jump", "grown", "turned"])
def test_a_cut_begins_anew(face: Face, cut: str) -> None:
    memory = Memory()
    for seed in range(5):
        memory.face(moved(face, seed=seed))
    memory.mean("grain", np.array([9], np.float32))
    if cut == "jump":
        other = moved(face, (0.6 * face.size, 0))
    elif cut == "grown":
        bigger = np.asarray(face.landmarks * 1.5, np.float32)
        other = moved(replace(face, landmarks=bigger))
    else:
        other = replace(face, pose=Pose(face.pose.yaw + 40, face.pose.pitch, face.pose.roll))
    np.testing.assert_allclose(memory.face(other).landmarks, other.landmarks, atol=1e-3)
    assert memory.mean("grain", np.array([1], np.float32)) == 1


def test_the_same_face_is_followed_not_the_largest(face: Face) -> None:
    memory = Memory()
    memory.face(face)
    larger = replace(face, box=tuple(3 * v for v in face.box))  # type: ignore[arg-type]  # four of four
    near = moved(face, (8, 3))
    assert memory.follow([larger, near]) is near
    assert memory.follow([larger]) is None
    assert memory.follow([]) is None


def test_a_matte_is_mixed_where_it_trembles_and_replaced_where_it_changed() -> None:
    memory, points = Memory(), np.random.default_rng(1).random((20, 2)).astype(np.float32) * 30
    first, second = np.full((40, 40), 0.5, np.float32), np.full((40, 40), 0.6, np.float32)
    second[:10], second[30:] = 0, 1.0
    first[30:] = 0.1
    memory.matte("bare", first, points)
    made = memory.matte("bare", second, points)
    assert 0.5 < made[20, 20] < 0.56
    assert (made[:10] == 0).all(), "nothing leaks where nothing may be"
    assert (made[32:] == 1).all(), "a hand that came in is there at once"


def test_a_matte_goes_along_with_the_face() -> None:
    memory, points = Memory(), np.array([[5, 5], [25, 5], [5, 25], [20, 20]], np.float32)
    first = np.full((40, 40), 0.5, np.float32)
    first[10:20, 10:20] = 0.7
    second = np.roll(first, 4, axis=1)
    memory.matte("bare", first, points)
    made = memory.matte("bare", second, points + np.array([4, 0], np.float32))
    np.testing.assert_allclose(made[:, 5:], second[:, 5:], atol=2e-3)


def test_one_euro_smooths_rest_and_lets_speed_through() -> None:
    rest, fast = OneEuro(0.05, 20.0), OneEuro(0.05, 20.0)
    noise = np.random.default_rng(2).normal(0, 0.001, 100)
    still = [float(rest(np.array([value]))[0]) for value in noise]
    assert np.std(still[20:]) < 0.5 * np.std(noise)
    for step in range(50):
        value = fast(np.array([0.2 * step]))
    assert value[0] == pytest.approx(0.2 * 49, abs=0.05)


def test_frames_of_a_resting_plate_render_steadily(
    plate: Picture, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    """The same scene with new noise in each frame: steady frames differ less from one another than single ones."""

    def frames(memory: Memory | None) -> list[Any]:
        random = np.random.default_rng(3)
        made = []
        for _ in range(4):
            noisy = plate.pixels + random.normal(0, 4, plate.pixels.shape)
            frame = Picture(np.clip(noisy, 0, 255).astype(np.uint8), "srgb")
            layers = render(
                frame,
                twin,
                faces=faces,
                kernel=kernel,
                choice=FaceChoice(),
                options=RenderOptions(grain=False),
                memory=memory,
            )
            made.append(cv2.GaussianBlur(layers.composite.astype(np.float32), (0, 0), 3))  # less its noise
        return made

    def trembling(made: list[Any]) -> float:
        inner = (slice(240, 400), slice(220, 350))
        return float(np.abs(np.diff(made, axis=0)[1:])[:, *inner].mean())

    assert trembling(frames(Memory())) < 0.75 * trembling(frames(None))
