"""A hand before the face stays there, as sharp as it was, and takes the twin's tone; where there is none, none is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Faces
from sosie.faces.cutout import hand_matte
from sosie.faces.shown import hand_at
from sosie.graphs.hands import HAND
from sosie.messages import FaceChoice, LayerName, RenderOptions
from sosie.pictures import Picture, read_picture, to_linear
from sosie.pictures.box import Region
from sosie.render import render
from sosie.render.kernel import Kernel
from sosie.render.layers import Layers
from sosie.render.scene import cut
from sosie.render.work import Fitted
from sosie.twin import Twin

HELD = ("fingers_p01", "fingers_p03", "mouth_p02")


@pytest.fixture(scope="module", params=HELD)
def held(request: pytest.FixtureRequest, people: Path) -> tuple[Picture, NDArray[np.bool_]]:
    """A picture of somebody with a hand before the face, and where the hand is."""
    file = people / "hands" / f"{request.param}.webp"
    part = cv2.imread(str(file.with_suffix(".part.png")), cv2.IMREAD_GRAYSCALE)
    return read_picture(file), np.asarray(part == HAND)


@pytest.fixture(scope="module")
def drawn(
    held: tuple[Picture, NDArray[np.bool_]], twin: Twin, faces: Faces, kernel: Kernel
) -> tuple[Layers, Fitted]:
    fits: list[Fitted] = []

    def keep(make: Callable[[], Fitted]) -> Fitted:
        fits.append(make())
        return fits[0]

    names: tuple[LayerName, ...] = ("composite", "matte", "skin")
    choice, options = FaceChoice(), RenderOptions()
    made = render(
        held[0], twin, faces=faces, kernel=kernel, choice=choice, options=options, names=names, keep=keep
    )
    return made, fits[0]


def deep(hand: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The hand less its edge."""
    return np.asarray(cv2.erode(hand.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)


def test_the_hand_stays_before_the_likeness(
    held: tuple[Picture, NDArray[np.bool_]], drawn: tuple[Layers, Fitted]
) -> None:
    matte, whole = drawn[1].matte, Region(0, 0, *held[0].pixels.shape[1::-1])
    inside = cv2.convexHull(np.round(drawn[1].points[:468, :2]).astype(np.int32))
    face = np.zeros(matte.shape, np.uint8)
    cv2.fillConvexPoly(face, inside, 1)
    inner = cv2.erode(face, np.ones((25, 25), np.uint8)) > 0  # less the likeness's own soft edge
    hand = cut(held[1].astype(np.float32), whole, drawn[1].region) > 0
    beside = cv2.dilate(hand.astype(np.uint8), np.ones((31, 31), np.uint8)) == 0
    assert (deep(hand) & inner).sum() > 2000
    assert matte[deep(hand) & inner].mean() < 0.1
    assert matte[beside & inner].mean() > 0.75  # eyes and mouth are the plate's


def test_the_hand_keeps_its_detail_and_takes_the_tone(
    held: tuple[Picture, NDArray[np.bool_]], drawn: tuple[Layers, Fitted]
) -> None:
    hand = deep(held[1])
    assert (drawn[0].whole("skin")[..., 3][hand] / 255.0).mean() > 0.7
    before, after = (
        cv2.GaussianBlur(one[..., 1].astype(np.float32), (0, 0), 1)
        - cv2.GaussianBlur(one[..., 1].astype(np.float32), (0, 0), 4)
        for one in (held[0].pixels, drawn[0].composite)
    )
    assert np.corrcoef(before[hand], after[hand])[0, 1] > 0.75  # painted over it is 0.35


@pytest.mark.parametrize("scene", ["s01/plate_p01", "s02/plate_p02", "s04/plate_p04"])
def test_where_there_is_no_hand_none_is_seen(scene: str, people: Path, faces: Faces) -> None:
    picture = read_picture(people / "plates" / f"{scene}.webp")
    (face,) = faces.find(np.ascontiguousarray(picture.pixels[..., :3]))
    told = hand_at(face.shown, face.crop, picture.pixels.shape[:2])
    linear = to_linear(picture.pixels, picture.colour)[..., :3]
    assert not hand_matte(linear, told, face.size).any()


@pytest.mark.parametrize("size", [90, 256, 900])
def test_the_edge_is_where_the_picture_has_it(size: int) -> None:
    """Two halves of nearly one colour, and a network that is a twentieth of the face off and soft."""
    edge, side = round(0.42 * size), size
    shade = np.where(np.arange(side) < edge, 0.3, 0.24)
    noise = np.random.default_rng(3).normal(0, 0.004, (side, side))
    plate = np.asarray((shade[None] + noise)[..., None] * np.array([1, 0.7, 0.6]), np.float32)
    told = np.asarray(np.clip(0.5 + (0.47 * size - np.arange(side)) / (0.2 * size), 0, 1), np.float32)
    told = np.ascontiguousarray(np.tile(told, (side, 1)))
    matte = hand_matte(plate, told, size)
    assert np.abs(matte.sum(1) - edge).mean() < max(0.012 * size, 1.5)
    np.testing.assert_array_equal(matte, hand_matte(plate, told, size))


def test_a_hand_that_nobody_is_sure_of_is_none() -> None:
    plate = np.full((40, 40, 3), 0.3, np.float32)
    assert not hand_matte(plate, np.full((40, 40), 0.6, np.float32), 40).any()


def test_a_hand_before_everything_hides_everything() -> None:
    plate = np.full((40, 40, 3), 0.3, np.float32)
    assert hand_matte(plate, np.ones((40, 40), np.float32), 40).min() == 1
