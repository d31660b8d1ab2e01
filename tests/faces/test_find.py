"""Many faces, turned faces, small and huge ones, and none."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Faces, face_mesh
from sosie.faces.person import Person
from sosie.models import ModelStore
from sosie.pictures import read_picture


@pytest.fixture(scope="module")
def front(people: Path) -> NDArray[Any]:
    return read_picture(people / "captures/p01/frontal.jpg").pixels


@pytest.fixture(scope="module")
def side(people: Path) -> NDArray[Any]:
    return read_picture(people / "captures/p04/yaw_p30.jpg").pixels


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns_change_roll_alone(faces: Faces, side: NDArray[Any], turns: int) -> None:
    (upright,), (turned,) = faces.find(side), faces.find(np.rot90(side, turns))
    height, width = side.shape[:2]
    x, y = turned.landmarks[:, 0], turned.landmarks[:, 1]
    back = np.column_stack({1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[turns])
    assert np.abs(back - upright.landmarks[:, :2]).max() < 0.15  # the half pixels are all where they belong
    assert turned.pose.yaw == pytest.approx(upright.pose.yaw, abs=0.5)
    assert turned.pose.pitch == pytest.approx(upright.pose.pitch, abs=0.5)
    assert (upright.pose.roll - turned.pose.roll) % 360 == pytest.approx(90 * turns, abs=0.5)


@pytest.mark.parametrize("angle", [45, 135, 225, 315])
def test_any_angle(faces: Faces, front: NDArray[Any], angle: int) -> None:
    (upright,) = faces.find(front)
    matrix = cv2.getRotationMatrix2D((319.5, 319.5), angle, 0.7)
    (turned,) = faces.find(np.asarray(cv2.warpAffine(front, matrix, (640, 640)), np.uint8))
    expected = (upright.landmarks[:, :2] - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    assert np.linalg.norm(turned.landmarks[:, :2] - expected, axis=1).mean() < 1.0


def test_several_people_from_left_to_right(faces: Faces, front: NDArray[Any], side: NDArray[Any]) -> None:
    alone = [faces.find(picture)[0] for picture in (front, side)]
    both = faces.find(np.hstack([front, side]))
    assert len(both) == 2
    assert np.abs(both[0].landmarks - alone[0].landmarks)[:, :2].max() < 1.0
    assert np.abs(both[1].landmarks - [640, 0, 0] - alone[1].landmarks)[:, :2].max() < 1.0


def test_large_and_small_in_one_picture(faces: Faces, front: NDArray[Any], side: NDArray[Any]) -> None:
    canvas = np.full((1280, 1280, 3), 90, np.uint8)
    canvas[:1000, :1000] = cv2.resize(front, (1000, 1000), interpolation=cv2.INTER_LINEAR)
    canvas[1100:1200, 1150:1250] = cv2.resize(side, (100, 100), interpolation=cv2.INTER_AREA)
    assert [round(face.size, -1) for face in faces.find(canvas)] == [410, 50]


def test_the_scale_of_a_picture_does_not_matter(faces: Faces, front: NDArray[Any]) -> None:
    (usual,) = faces.find(front)
    (large,) = faces.find(
        np.asarray(cv2.resize(front, (4000, 4000), interpolation=cv2.INTER_CUBIC), np.uint8)
    )
    assert np.linalg.norm(large.landmarks[:, :2] * 0.16 - usual.landmarks[:, :2], axis=1).mean() < 0.2


def test_a_face_larger_than_the_picture(faces: Faces, front: NDArray[Any]) -> None:
    (whole,) = faces.find(front)
    x, y = (int(value) for value in whole.centre)
    (close,) = faces.find(front[y - 105 : y + 105, x - 105 : x + 105])
    shift = [x - 105, y - 105]
    assert np.linalg.norm(close.landmarks[:, :2] + shift - whole.landmarks[:, :2], axis=1).mean() < 5


def test_nobody_is_an_ordinary_answer(faces: Faces, people: Path) -> None:
    for path in people.glob("plates/*/empty.webp"):
        assert faces.find(read_picture(path).pixels) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (15, 15, 4), (40, 20, 3)])
def test_pictures_without_room(faces: Faces, shape: tuple[int, ...]) -> None:
    assert faces.find(np.full(shape, 128, np.uint8)) == []


def test_a_search_ends_where_its_check_raises(faces: Faces, front: NDArray[Any]) -> None:
    """Before each of three sizes, and before the look at the one face that is found."""

    class Stopped(Exception):  # noqa: N818 - as a host's own
        pass

    def calls(most: int) -> int:
        left = iter(range(most))

        def check() -> None:
            if next(left, None) is None:
                raise Stopped

        faces.find(front, check)
        return most - len(list(left))

    steps = calls(99)
    assert steps == 4
    for most in range(steps):
        with pytest.raises(Stopped):
            calls(most)


def test_threads_may_share_it(faces: Faces, front: NDArray[Any], side: NDArray[Any]) -> None:
    expected = [faces.find(picture)[0].landmarks for picture in (front, side)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(faces.find, [front, side] * 4))
    for index, (face,) in enumerate(found):
        assert np.array_equal(face.landmarks, expected[index % 2])


def test_the_person_matte_covers_people(faces: Faces, people: Path) -> None:
    plate, empty = (
        read_picture(people / f"plates/s01/{name}.webp").pixels for name in ("plate_p01", "empty")
    )
    (face,) = faces.find(plate)
    anybody = np.abs(plate.astype(int) - empty).max(2) > 12
    sure = cv2.erode(anybody.astype(np.uint8), np.ones((15, 15), np.uint8)).astype(bool)
    nobody = cv2.dilate(anybody.astype(np.uint8), np.ones((31, 31), np.uint8)) == 0
    matte = faces.person(plate, face).matte
    assert matte.dtype == np.float32
    assert matte.shape == plate.shape[:2]
    assert matte[sure].mean() > 0.9
    assert matte[nobody].mean() < 0.1


def test_the_person_matte_turns_nothing_over_at_the_border(faces: Faces, front: NDArray[Any]) -> None:
    (face,) = faces.find(front)
    cut = np.ascontiguousarray(front[:, int(face.centre[0]) :])
    matte = faces.person(cut, face).matte
    assert matte.shape == cut.shape[:2]
    assert 0 <= matte.min() <= matte.max() <= 1


def test_what_else_is_seen_of_a_person_follows_her_into_other_pixels(
    faces: Faces, front: NDArray[Any]
) -> None:
    (face,) = faces.find(front)
    person = faces.person(front, face)
    height, width = front.shape[:2]
    whole = person.hints_at((height, width), (1.0, 1.0))
    spread = whole.std()
    twice = person.scaled(2, (2 * height, 2 * width))
    assert twice.matte.shape == (2 * height, 2 * width)
    np.testing.assert_allclose(twice.hints_at((height, width), (0.5, 0.5)), whole, atol=0.01 * spread)
    part = person.within(40, 60, width, height)
    np.testing.assert_array_equal(part.matte, person.matte[60:, 40:])
    there = part.hints_at(part.matte.shape, (1.0, 1.0))
    np.testing.assert_allclose(there, whole[60:, 40:], atol=0.05 * spread)
    many = Person(person.matte, np.tile(person.hints, 3), person.crop)  # more than OpenCV warps at once
    np.testing.assert_array_equal(many.hints_at((height, width), (1.0, 1.0)), np.tile(whole, 3))


def test_the_mesh(store: ModelStore) -> None:
    mesh = face_mesh(store)
    assert mesh.vertices.shape == (468, 3)
    assert mesh.uv.shape == (468, 2)
    assert mesh.triangles.shape == (898, 3)
    assert 0 <= mesh.triangles.min() <= mesh.triangles.max() == 467
    assert mesh.vertices[4, 2] == mesh.vertices[:, 2].max()  # the nose tip is nearest
    assert mesh.vertices[152, 1] == mesh.vertices[:, 1].min()  # the chin is lowest
    assert mesh.rigidity.sum() > 0
