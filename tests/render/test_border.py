"""A large likeness meets the skin around it; a small one is left to the blend."""

from __future__ import annotations

import numpy as np
import pytest

from sosie.pictures.field import Field
from sosie.render.border import met
from sosie.render.light import Light

SIDE, SIZE = 300, 200.0
LARGE, SMALL = 1000.0, 180.0


@pytest.fixture
def whole() -> Field:
    """A matte with a soft edge: the likeness is the square in the middle."""
    across = np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1])
    edge = np.clip((across - 50) / 8, 0, 1)
    return np.asarray(np.minimum(edge[:, None], edge[None]), np.float32)


@pytest.fixture
def light() -> Light:
    ones = np.ones((SIDE, SIDE, 3), np.float32)
    return Light((0, 0, SIDE, SIDE), ones, 0.1 * ones, ones[..., 0], np.full(3, 0.3, np.float32), 0.3, {})


def fields(lighter: float) -> tuple[Field, Field, Field]:
    """Reflectance around, a ground that much lighter than the likeness, and skin everywhere."""
    around = np.full((SIDE, SIDE, 3), 0.3, np.float32)
    return around, np.float32(lighter) * (around + np.float32(0.1)), np.ones((SIDE, SIDE), np.float32)


def shown(light: Light, around: Field) -> Field:
    return around * light.shading + light.specular


@pytest.mark.parametrize("lighter", [0.8, 1.0, 1.3])
def test_a_large_likeness_has_the_grounds_colours_at_its_border_and_its_own_within(
    light: Light, whole: Field, lighter: float
) -> None:
    around, ground, skin = fields(lighter)
    made = shown(met(light, around, ground, whole, skin, SIZE, LARGE), around)
    np.testing.assert_allclose(made[150, 52:56], ground[150, 52:56], rtol=0.04)
    np.testing.assert_allclose(made[140:160, 140:160], shown(light, around)[140:160, 140:160], rtol=1e-5)
    steps = np.abs(np.diff(made[150, 52:150, 0]))
    assert steps.max() < 0.01


def test_a_small_one_is_left_as_it_is(light: Light, whole: Field) -> None:
    around, ground, skin = fields(1.3)
    assert met(light, around, ground, whole, skin, SIZE, SMALL) is light


def test_beside_hair_nothing_is_led_over(light: Light, whole: Field) -> None:
    around, ground, skin = fields(0.2)
    made = met(light, around, ground, whole, 0.5 * skin, SIZE, LARGE)
    np.testing.assert_allclose(made.shading, light.shading, rtol=1e-6)


def test_much_is_led_over_in_part_only(light: Light, whole: Field) -> None:
    """A ground five times as bright is something else than skin that was toned a little wrong."""
    around, ground, skin = fields(5.0)
    made = shown(met(light, around, ground, whole, skin, SIZE, LARGE), around)
    assert 1.4 < (made / shown(light, around)).max() < 1.7
