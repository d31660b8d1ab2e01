"""The rim of a skin matte, against a neck before a wall whose share of each pixel is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.render.rim import on_the_rim
from sosie.render.skin import retone

SIDE, SPAN, RADIUS = 160, 80.0, 40.0
SKIN, WALL = np.array([0.12, 0.06, 0.04], np.float32), np.array([0.03, 0.03, 0.035], np.float32)
LIGHT = np.array([0.9, 0.85, 0.8], np.float32)
Array = NDArray[np.float32]


def away() -> Array:
    rows, columns = np.indices((SIDE, SIDE), np.float32)
    return np.hypot(rows - SIDE / 2, columns - SIDE / 2) - np.float32(RADIUS)


def scene(wall: Array) -> tuple[Array, Array, Array]:
    """The picture, skin's true share of each pixel, and a matte that reaches a pixel and a half too far."""
    share = np.clip(0.5 - away(), 0, 1)
    matte = cv2.GaussianBlur((away() < 1.5).astype(np.float32), (0, 0), 0.8)
    return mixture(share, SKIN, wall), share, np.asarray(matte, np.float32)


def mixture(share: Array, skin: Array, wall: Array) -> Array:
    return np.asarray(share[..., None] * skin + (1 - share[..., None]) * wall, np.float32)


@pytest.mark.parametrize("wall", [WALL, LIGHT], ids=["dark", "light"])
def test_a_wall_behind_lightened_skin_does_not_glow(wall: Array) -> None:
    picture, share, matte = scene(wall)
    gain = np.array([4, 5, 6], np.float32)
    right = mixture(share, SKIN * gain, wall)
    before = retone(picture, matte, gain) - right
    rim = on_the_rim(matte, picture, (away() < 0).astype(np.float32), SPAN)
    after = retone(picture, rim, gain) - right
    assert np.abs(after).mean() < 0.15 * np.abs(before).mean()
    assert np.abs(after)[away() > 1].max() < 0.02


@pytest.mark.parametrize(("wall", "lighter"), [(WALL, 0.05), (LIGHT, 0.3)], ids=["dark", "light"])
def test_skin_that_a_matte_leaves_out_along_its_outline_is_no_line(wall: Array, lighter: float) -> None:
    """It ends four pixels too early, and the skin is a little lighter there, as it is where it is seen edge on."""
    share = np.clip(0.5 - away(), 0, 1)
    edge_on = 1 + lighter * np.clip((away() + 6) / 6, 0, 1)[..., None]
    picture = (share[..., None] * SKIN * edge_on + (1 - share[..., None]) * wall).astype(np.float32)
    matte = cv2.GaussianBlur((away() < -4).astype(np.float32), (0, 0), 1.5)
    rim = on_the_rim(np.asarray(matte, np.float32), picture, (away() < 0).astype(np.float32), SPAN)
    assert matte[(away() > -5) & (away() < -2)].mean() < 0.5
    assert rim[(away() > -5) & (away() < -2)].min() > 0.95
    assert rim[away() > 0.5].max() < 0.02


def test_a_blurred_outline_keeps_the_matte() -> None:
    share = np.asarray(cv2.GaussianBlur((away() < 0).astype(np.float32), (0, 0), 3), np.float32)
    matte = np.asarray(cv2.GaussianBlur((away() < -4).astype(np.float32), (0, 0), 1.5), np.float32)
    person = (away() < 0).astype(np.float32)
    rim = on_the_rim(matte, mixture(share, SKIN, LIGHT), person, SPAN)
    assert (rim - matte).max() < 0.05


def test_cloth_beside_skin_and_what_is_no_mixture_keep_the_matte() -> None:
    picture, _, matte = scene(WALL)
    everybody = np.ones((SIDE, SIDE), np.float32)
    np.testing.assert_array_equal(on_the_rim(matte, picture, everybody, SPAN), matte)
    lit = picture.copy()
    lit[(away() > -2) & (away() < 0)] = [0.9, 0.3, 0.02]  # a rim light
    person = (away() < 0).astype(np.float32)
    kept = on_the_rim(matte, lit, person, SPAN)
    assert kept[(away() > -2) & (away() < -1)].min() > 0.9


def test_skin_like_its_wall_keeps_the_matte() -> None:
    picture, _, matte = scene(SKIN * np.float32(1.05))
    person = (away() < 0).astype(np.float32)
    np.testing.assert_allclose(on_the_rim(matte, picture, person, SPAN), matte, atol=1e-6)
