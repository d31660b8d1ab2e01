"""Where the picture shows no edge, neither does the skin's matte; where it does, the matte is the skin's share of the light."""

from __future__ import annotations

import numpy as np
import pytest

from sosie.pictures.field import Field
from sosie.render.skin_edges import edged

HEIGHT = 100.0


@pytest.fixture
def matte() -> Field:
    """Skin in the left half."""
    halves = np.zeros((120, 160), np.float32)
    halves[:, :80] = 1
    return halves


@pytest.fixture
def body() -> Field:
    """The person is everywhere but in the upper quarter."""
    hers = np.ones((120, 160), np.float32)
    hers[:30] = 0
    return hers


def code_of(stops: float) -> Field:
    """The right half so much darker than the left one."""
    code = np.zeros((120, 160, 3), np.float32)
    code[:, 80:, 2] = -stops
    return code


def test_an_edge_between_alike_colours_fades(matte: Field, body: Field) -> None:
    row = edged(matte, code_of(0.2), body, HEIGHT)[90]
    assert (np.diff(row) <= 1e-6).all()
    assert np.abs(np.diff(row)).max() < 0.1
    np.testing.assert_allclose(row[[60, 79, 80, 99]], [1, 0.5, 0.5, 0], atol=0.07)
    np.testing.assert_array_equal(row[:40], 1)


def test_an_edge_that_the_picture_has_stays(matte: Field, body: Field) -> None:
    np.testing.assert_allclose(edged(matte, code_of(2.0), body, HEIGHT), matte, atol=1e-6)


def test_between_them_it_is_as_soft_as_the_picture_is_faint(matte: Field, body: Field) -> None:
    steps = [np.abs(np.diff(edged(matte, code_of(k), body, HEIGHT)[90])).max() for k in (0.2, 0.65, 0.75, 2)]
    assert steps == sorted(steps)
    assert steps[0] < steps[1] < steps[2] < steps[3]


def test_a_hue_is_an_edge_too(matte: Field, body: Field) -> None:
    code = np.zeros((120, 160, 3), np.float32)
    code[:, 80:, 0] = 1.5
    np.testing.assert_allclose(edged(matte, code, body, HEIGHT), matte, atol=1e-6)


@pytest.mark.parametrize(("stops", "light"), [(2.0, 0.8), (1.0, 2 / 3), (-2.0, 0.2)])
def test_a_mixed_pixel_is_skin_by_its_light(matte: Field, body: Field, stops: float, light: float) -> None:
    """Half a pixel of fair skin before dark hair is most of its light; of deep skin before white cloth little."""
    matte[:, 80] = 0.5
    code = code_of(stops)
    code[:, 80, 2] = 0.5 * code[0, 81, 2]
    made = edged(matte, code, body, HEIGHT)
    np.testing.assert_allclose(made[60:90, 80], light, atol=0.06)
    np.testing.assert_array_equal(made[:20], matte[:20])  # off the person


def test_nothing_fades_into_the_room(body: Field) -> None:
    """A neck before a wall of its own colour."""
    np.testing.assert_array_equal(edged(body, np.zeros((120, 160, 3), np.float32), body, HEIGHT), body)


def test_no_skin_and_all_skin_stay(body: Field) -> None:
    code = code_of(0.2)
    for whole in (np.zeros_like(body), np.ones_like(body)):
        np.testing.assert_array_equal(edged(whole, code, np.ones_like(body), HEIGHT), whole)
