"""Large plates: faces are searched for in a reduced picture, and memory stays within its bound."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sosie.bench.cases import CASES, plate_of
from sosie.bench.machine import peak_of
from sosie.faces import Face, Faces, find_one
from sosie.messages import FaceChoice
from sosie.pictures import Picture, to_8_bit, to_linear
from sosie.render import pipeline
from sosie.render.pipeline import CLEAR, LOOK, PERSON_FACE, closer, people_in, smaller
from sosie.twin import Twin


@pytest.fixture(scope="module")
def wide(plate: Picture) -> Picture:
    """The plate at the far end of a picture that is longer than perception looks at."""
    pixels = np.full((plate.height, 2 * LOOK, 3), 90, np.uint8)
    pixels[:, -plate.width :] = plate.pixels[..., :3]
    return Picture(pixels, plate.colour)


def off(one: Face, other: Face) -> float:
    """Mean distance of the landmarks, in eye distances."""
    span = np.linalg.norm(other.landmarks[263, :2] - other.landmarks[33, :2])
    away = np.linalg.norm(one.landmarks[:468, :2] - other.landmarks[:468, :2], axis=1)
    return float(away.mean() / span)


def test_a_face_in_a_reduced_picture_is_told_in_the_plates_pixels(
    wide: Picture, plate: Picture, faces: Faces
) -> None:
    truth = find_one(faces, to_8_bit(plate), FaceChoice()).moved(wide.width - plate.width, 0)
    choice = FaceChoice(point=truth.centre)
    found = find_one(faces, to_8_bit(smaller(wide, 2)), choice, reduced=2)
    assert off(found, truth) < 0.04
    assert found.size < 2 * CLEAR
    assert off(closer(faces, wide, found), truth) < 0.01  # so small a face is looked at again


def test_where_nobody_is_seen_again_the_first_look_counts(wide: Picture, faces: Faces) -> None:
    found = find_one(faces, to_8_bit(smaller(wide, 2)), FaceChoice(), reduced=2)
    empty = Picture(np.full_like(wide.pixels, 90), wide.colour)
    assert closer(faces, empty, found) is found


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32])
def test_a_plate_of_any_depth_is_reduced_by_area(
    dtype: type[np.generic], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(1).integers(0, 255, (37, 51, 4))
    pixels = (values / 255 if np.issubdtype(dtype, np.floating) else values).astype(dtype)
    small = smaller(Picture(pixels, "linear-srgb"), 3)
    assert small.pixels.shape == (12, 17, 4)
    monkeypatch.setattr(pipeline, "REDUCED_ROWS", 5)
    checks: list[None] = []
    in_strips = smaller(Picture(pixels, "linear-srgb"), 3, lambda: checks.append(None))
    np.testing.assert_array_equal(in_strips.pixels, small.pixels)
    assert len(checks) == 3  # of 12 rows
    mean = to_linear(pixels[:36, :51], "linear-srgb").mean()
    assert to_linear(small.pixels, "linear-srgb").mean() == pytest.approx(mean, rel=0.01)


def test_45_megapixels_of_16_bits_fit_into_a_gigabyte_and_a_half(
    people: Path, twin: Twin, faces: Faces, tmp_path: Path
) -> None:
    """Interpreter, models and the plate itself included; of a process that does nothing else."""
    case = next(one for one in CASES if one.plate == "45MP")
    plate = plate_of(case, people / "plates" / "s01" / "plate_p01.webp", faces)
    assert peak_of(plate, twin, tmp_path) < 1500


def test_people_around_a_large_face_are_found_as_around_a_small_one(plate: Picture, faces: Faces) -> None:
    large = cv2.resize(plate.pixels[..., :3], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    picture = Picture(np.asarray(large, np.uint8), plate.colour)
    face = find_one(faces, to_8_bit(picture), FaceChoice())
    assert face.size > 2 * PERSON_FACE
    found, whole = people_in(picture, face, faces), faces.person(to_8_bit(picture), face)
    assert found.matte.shape == whole.matte.shape
    assert np.abs(found.matte - whole.matte).mean() < 0.005
    hints, wanted = (
        one.hints_at((200, 200), (200 / picture.height, 200 / picture.width)) for one in (found, whole)
    )
    assert np.abs(hints - wanted).mean() < 0.1 * wanted.std()
