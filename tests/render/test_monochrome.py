"""Black-and-white and toned pictures: told from those in colour, and nothing of another colour comes into them."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.messages import RenderOptions
from sosie.pictures import Picture, read_picture, to_linear
from sosie.pictures.colour import LUMA
from sosie.render import Layers
from sosie.render.monochrome import grey, toning_of
from sosie.render.steady import Memory
from sosie.render.tone import GLOSS, NEUTRAL, Locus, from_luminance

Bytes = NDArray[np.uint8]
Toning = Callable[[Bytes], Bytes]


def black_and_white(pixels: Bytes) -> Bytes:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def sepia(pixels: Bytes) -> Bytes:
    return np.rint(255 * (black_and_white(pixels) / 255) ** np.array([0.75, 1, 1.4])).astype(np.uint8)


def duotone(pixels: Bytes) -> Bytes:
    """From a blue black to a yellow white."""
    dark, light = np.array([20, 10, 60]), np.array([255, 240, 190])
    return np.rint(dark + (light - dark) * (black_and_white(pixels) / 255)).astype(np.uint8)


def as_jpeg(pixels: Bytes) -> Bytes:
    _, coded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 75])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


@pytest.fixture(scope="module", params=["s01", "s02", "s04"])
def pixels(request: pytest.FixtureRequest, people: Path) -> Bytes:
    (file,) = (f for f in (people / "plates" / request.param).glob("plate_*.webp"))
    return np.asarray(read_picture(file).pixels, np.uint8)


@pytest.mark.parametrize("toning", [black_and_white, sepia, duotone])
def test_toned_pictures_are_told_from_those_in_colour(pixels: Bytes, toning: Toning) -> None:
    assert toning_of(to_linear(as_jpeg(pixels), "srgb")) is None
    assert toning_of(to_linear(as_jpeg(toning(pixels)), "srgb")) is not None


def test_skin_before_white_is_no_toning(people: Path) -> None:
    """Else white, skin and dark hair could be three steps of one scale."""
    pixels = np.array(read_picture(people / "captures" / "p04" / "frontal.jpg").pixels[..., :3], np.uint8)
    assert toning_of(to_linear(pixels, "srgb")) is None


def test_black_and_white_has_no_hue_and_a_sepia_s_changes_as_its_curve_says(pixels: Bytes) -> None:
    plain, toned = (toning_of(to_linear(way(pixels), "srgb")) for way in (black_and_white, sepia))
    assert plain == NEUTRAL
    assert toned is not None
    # Coded, red rises as brightness to the power of .75: lighter, less red than green.
    assert -0.35 < toned.redder < -0.15
    assert 0.25 < toned.bluer < 0.5


@pytest.mark.parametrize("locus", [NEUTRAL, Locus(0, 0, -0.3, 0.4)])
def test_what_is_grey_is_as_light_as_it_was_and_of_the_hue_that_its_lightness_has(locus: Locus) -> None:
    colours = np.random.default_rng(0).uniform(0, 1, (20, 30, 3)).astype(np.float32)
    made = grey(colours, locus)
    np.testing.assert_allclose(made @ LUMA, colours @ LUMA, rtol=1e-4)
    alone = from_luminance(float(np.log2(made[3, 4] @ LUMA)), locus) + GLOSS
    np.testing.assert_allclose(made[3, 4], alone, rtol=1e-4)


@pytest.mark.parametrize("toning", [black_and_white, sepia, duotone])
def test_a_toned_picture_keeps_its_colours(
    pixels: Bytes, toning: Toning, onto: Callable[..., Layers]
) -> None:
    made = onto(toning(pixels))
    seen = np.asarray(made.composite, np.uint8)[made.matte > 0].astype(int)
    scale = toning(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, -1))[0].astype(int)
    off = np.abs(seen - scale[np.searchsorted(scale[:, 1], seen[:, 1])]).max(1)
    if toning is black_and_white:
        assert off.max() == 0
    else:
        assert np.quantile(off, 0.95) < 12


def test_without_colours_coats_and_walls_are_no_skin(people: Path, onto: Callable[..., Layers]) -> None:
    """A shirt is often as light as the face; told by colour, half of it took the talent's tone."""
    for scene in ("s01", "s02", "s04"):
        (file,) = (people / "plates" / scene).glob("plate_*.webp")
        plate = black_and_white(np.asarray(read_picture(file).pixels, np.uint8))
        made = onto(plate, RenderOptions(exposure=1))
        parts = cv2.imread(str(file.with_suffix(".uv.png")), cv2.IMREAD_UNCHANGED)[..., 0] >> 8
        changed = np.abs(made.composite.astype(int) - plate).max(-1) > 8
        assert changed[parts == 9].mean() < 0.15, scene  # a collar may blush
        assert changed[np.isin(parts, (0, 10))].mean() < 0.01, scene
        assert changed[parts == 1].mean() > 0.5, scene


def test_a_sequence_that_loses_its_colours_loses_all_of_them(
    plate: Picture, onto: Callable[..., Layers]
) -> None:
    """The tone that is remembered of the frames in colour is none of a black-and-white one's."""
    memory, coloured = Memory(), np.asarray(plate.pixels[..., :3], np.uint8)
    frames = (coloured, black_and_white(coloured), coloured)
    made = [np.asarray(onto(frame, memory=memory).composite, np.uint8).astype(int) for frame in frames]
    assert [bool(np.ptp(one, axis=-1).any()) for one in made] == [True, False, True]


def test_a_sepia_s_hue_is_steady() -> None:
    memory = Memory()
    memory.toning(Locus(0, 0, -0.2, 0.2))
    steady = memory.toning(Locus(0, 0, -0.3, 0.4))
    assert steady is not None
    assert (steady.redder, steady.bluer) == pytest.approx((-0.25, 0.3))
    assert memory.toning(None) is None
    again = memory.toning(Locus(0, 0, -0.3, 0.4))
    assert again is not None
    assert again.bluer == pytest.approx(0.4)
