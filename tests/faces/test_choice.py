"""One face among several: by index and order, box, point, mask, person; never a guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from sosie.errors import FaceNotFoundError, OptionError
from sosie.faces import Face, Faces, Pose, choose, find_one
from sosie.faces.crop import Crop
from sosie.messages import FaceChoice, FaceOrder, Pixels
from sosie.pictures import read_picture


def face_at(x: float, y: float, size: float) -> Face:
    """A round face of `size` pixels around x, y."""
    turns = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    points = np.column_stack([x + size / 2 * np.cos(turns), y + size / 2 * np.sin(turns), 0 * turns])
    half = size / 2
    return Face(
        box=(x - half, y - half, x + half, y + half),
        score=0.9,
        presence=0.9,
        landmarks=points.astype(np.float32),
        expression=np.zeros(52, np.float32),
        pose=Pose(0, 0, 0),
        crop=Crop(x, y, 1.6 * size),
        features=np.zeros(2048, np.float16),
        shown=np.ones((64, 64), np.float16),
        accessories=np.zeros((128, 128), np.float16),
    )


LEFT, MIDDLE, RIGHT = face_at(100, 300, 80), face_at(300, 120, 120), face_at(520, 200, 60)
GROUP = [LEFT, MIDDLE, RIGHT]
SOMEWHERE = Pixels("nowhere.px", 640, 400, "u8", "L")


def painted(*discs: tuple[int, int, int]) -> np.ndarray:
    mask = np.zeros((400, 640), np.float32)
    for x, y, radius in discs:
        cv2.circle(mask, (x, y), radius, 1.0, -1)
    return mask


def test_nothing_said_means_the_largest() -> None:
    assert choose(GROUP, FaceChoice()) is MIDDLE


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("left-right", GROUP),
        ("right-left", [RIGHT, MIDDLE, LEFT]),
        ("top-bottom", [MIDDLE, RIGHT, LEFT]),
        ("bottom-top", [LEFT, RIGHT, MIDDLE]),
        ("large-small", [MIDDLE, LEFT, RIGHT]),
        ("small-large", [RIGHT, LEFT, MIDDLE]),
    ],
)
def test_an_index_counts_as_its_order_says(order: FaceOrder, expected: list[Face]) -> None:
    shuffled = [MIDDLE, RIGHT, LEFT]
    for index, face in enumerate(expected):
        assert choose(shuffled, FaceChoice(index=index, order=order)) is face


def test_a_box_and_a_point_reach_a_little_beyond_the_face() -> None:
    assert choose(GROUP, FaceChoice(box=(60, 250, 150, 360))) is LEFT
    assert choose(GROUP, FaceChoice(point=(100, 240))) is LEFT  # the hair


def test_a_mask_means_the_face_of_which_it_covers_most() -> None:
    over_left_touching_middle = painted((100, 300, 50), (300, 180, 20))
    assert choose(GROUP, FaceChoice(), mask=over_left_touching_middle) is LEFT
    assert choose(GROUP, FaceChoice(), mask=painted((520, 200, 10))) is RIGHT
    assert choose(GROUP, FaceChoice(), mask=np.ones((400, 640), np.uint8)) is MIDDLE
    with pytest.raises(FaceNotFoundError, match="covers no face: 3 faces") as caught:
        choose(GROUP, FaceChoice(), mask=painted((20, 20, 10)))
    assert "100, 300" in caught.value.remedy


def test_a_mask_that_ends_before_a_face_does_not_break() -> None:
    assert choose(GROUP, FaceChoice(), mask=painted((100, 300, 50))[:, :200]) is LEFT


def test_a_person_is_the_nearest_or_nobody() -> None:
    def far(values: list[float]) -> Callable[[Face], float]:
        return lambda face: values[next(i for i, one in enumerate(GROUP) if one is face)]

    assert choose(GROUP, FaceChoice(), distance=far([0.9, 0.7, 0.3])) is RIGHT
    with pytest.raises(FaceNotFoundError, match=r"0\.90 at 100, 300, 0\.70 at 300, 120, 0\.65 at 520, 200"):
        choose(GROUP, FaceChoice(), distance=far([0.9, 0.7, 0.65]))


def test_what_was_not_read_is_not_guessed() -> None:
    for choice in (FaceChoice(mask=SOMEWHERE), FaceChoice(like=SOMEWHERE)):
        with pytest.raises(OptionError):
            choose(GROUP, choice)
    assert choose(GROUP, FaceChoice(index=0, mask=SOMEWHERE)) is LEFT


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (FaceChoice(index=3), "no face number 3: 3 faces were found"),
        (FaceChoice(index=-1), "no face number -1"),
        (FaceChoice(point=(5, 5)), "No face at 5, 5"),
        (FaceChoice(box=(0, 0, 9, 9)), "No face inside the box 0, 0, 9, 9"),
    ],
)
def test_a_choice_that_means_no_face(choice: FaceChoice, says: str) -> None:
    with pytest.raises(FaceNotFoundError, match=says) as caught:
        choose(GROUP, choice)
    assert caught.value.remedy


def test_an_order_that_does_not_exist_is_named() -> None:
    with pytest.raises(OptionError, match="inside-out"):
        choose(GROUP, FaceChoice(index=0, order="inside-out"))  # type: ignore[arg-type]  # a host may send anything


def test_choosing_from_none() -> None:
    with pytest.raises(FaceNotFoundError, match="No face was found"):
        choose([], FaceChoice(index=0))


def test_a_real_person_is_found_among_two(faces: Faces, people: Path) -> None:
    one, other = (read_picture(people / "captures" / p / "frontal.jpg").pixels for p in ("p01", "p04"))
    smiling = read_picture(people / "captures" / "p04" / "smile.jpg").pixels
    wanted = faces.embed(smiling, choose(faces.find(smiling), FaceChoice()))
    group = np.ascontiguousarray(np.hstack([one, other]))
    assert len(faces.find(group)) == 2
    assert find_one(faces, group, FaceChoice(), like=wanted).centre[0] > one.shape[1]
    with pytest.raises(FaceNotFoundError, match="Nobody here"):
        find_one(faces, one, FaceChoice(), like=wanted)
