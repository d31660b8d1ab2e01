"""Gloss follows the texture in part, and is as bright as it was."""

from __future__ import annotations

import numpy as np
import pytest

from sosie.pictures.field import Field
from sosie.render.gloss import BROKEN, broken, with_tone
from sosie.render.light import Light
from sosie.render.texture import packed, reflectance_of, surroundings

SIDE = 512
TONE = np.array([0.08, 0.05, 0.04], np.float32)


@pytest.fixture
def light() -> Light:
    """The same everywhere: gloss half as bright as the skin."""
    ones = np.ones((SIDE, SIDE, 3), np.float32)
    return Light((0, 0, SIDE, SIDE), ones, ones * TONE / 2, ones[..., 0], TONE, 0.3, {})


@pytest.fixture
def uv() -> Field:
    """Each pixel shows its own texel."""
    rows, columns = (np.indices((SIDE, SIDE)) + 0.5) / SIDE
    return np.asarray(np.dstack([columns, rows]), np.float32)


def skin(pores: bool) -> Field:
    """A texture of one colour, with a pore of two texels in every 32 that is half as bright."""
    made = np.ones((SIDE, SIDE, 3), np.float32) * TONE
    if pores:
        for row in (16, 17):
            made[row::32, 16::32] *= 0.5
    return made


def shown(light: Light, texture: Field) -> Field:
    return reflectance_of(packed(texture)) * light.shading + light.specular


def test_even_skin_is_as_bright_as_before(light: Light, uv: Field) -> None:
    even = skin(pores=False)
    after = broken(light, surroundings(packed(even), uv))
    np.testing.assert_allclose(shown(after, even), shown(light, even), rtol=2e-3)
    np.testing.assert_allclose(after.specular, (1 - BROKEN) * light.specular, rtol=2e-3)


def test_a_pore_is_deeper_in_gloss_and_its_surroundings_as_bright(light: Light, uv: Field) -> None:
    porous = skin(pores=True)
    before, after = shown(light, porous), shown(broken(light, surroundings(packed(porous), uv)), porous)
    pore, beside = (16, 16), (24, 24)
    assert (after[pore] < 0.95 * before[pore]).all()
    np.testing.assert_allclose(after[beside], before[beside], rtol=0.01)


def test_a_highlight_on_black_stays_a_highlight(light: Light, uv: Field) -> None:
    """A lamp mirrored on all but black skin: what is broken is bounded by the skin, and the rest is gloss as it was."""
    black = np.full((SIDE, SIDE, 3), 1e-4, np.float32)
    after = broken(light, surroundings(packed(black), uv))
    np.testing.assert_allclose(shown(after, black), shown(light, black), rtol=2e-2)
    assert (after.shading <= 2.1).all()


def test_another_tone_leaves_gloss_alone(light: Light, uv: Field) -> None:
    even, gain = skin(pores=False), np.array([3, 2, 1.5], np.float32)
    after = broken(light, surroundings(packed(even), uv))
    made = with_tone(after.shading, after.specular, gain, TONE) * even + after.specular
    np.testing.assert_allclose(made, light.shading * gain * even + light.specular, rtol=5e-3)


def test_where_there_is_no_likeness_there_is_none_in_another_tone() -> None:
    nothing, ground = np.zeros((4, 4, 3), np.float32), np.ones((4, 4, 3), np.float32)
    np.testing.assert_array_equal(with_tone(nothing, ground, np.full(3, 0.3, np.float32), TONE), nothing)
