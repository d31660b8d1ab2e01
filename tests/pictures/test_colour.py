"""The transfer curve: exact on integers, odd on floats, alpha left alone."""

from typing import Any

import numpy as np
import pytest

from sosie.messages import ColourSpace
from sosie.pictures import from_linear, to_linear


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("colour", ["srgb", "linear-srgb"])
def test_every_integer_survives(dtype: type[np.integer[Any]], colour: ColourSpace) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(1, -1, 1).repeat(4, 2)
    assert np.array_equal(from_linear(to_linear(levels, colour), dtype, colour), levels)


def test_known_values() -> None:
    linear = to_linear(np.array([[[0, 10, 188]], [[255, 128, 55]]], np.uint8), "srgb")
    assert linear.dtype == np.float32
    # IEC 61966-2-1 by hand: 10/255/12.92; ((188/255 + .055)/1.055)^2.4
    assert linear[0, 0] == pytest.approx([0, 0.0030353, 0.5028865], abs=1e-6)
    assert linear[1, 0] == pytest.approx([1, 0.2158605, 0.0382044], abs=1e-6)


def test_floats_keep_what_lies_outside_and_integers_clip() -> None:
    wild = np.array([[[-0.5, 0.25, 3.0]]], np.float32)
    assert from_linear(to_linear(wild, "srgb"), np.float32, "srgb") == pytest.approx(wild, abs=1e-6)
    assert from_linear(wild, np.uint8, "linear-srgb").tolist() == [[[0, 64, 255]]]


def test_alpha_is_not_light() -> None:
    pixels = np.full((1, 1, 4), 128, np.uint8)
    assert to_linear(pixels, "srgb")[0, 0, 3] == pytest.approx(128 / 255)
    assert from_linear(to_linear(pixels, "srgb"), np.float16, "srgb")[0, 0, 3] == pytest.approx(
        128 / 255, abs=1e-3
    )


def test_light_becomes_the_nearest_of_8_bits() -> None:
    light = (np.arange(200_000) / 200_000).astype(np.float32).reshape(1, -1, 1)
    exact = light.astype(np.float64)
    curve = np.where(exact <= 0.0031308, 12.92 * exact, 1.055 * exact ** (1 / 2.4) - 0.055)
    off = np.abs(from_linear(light, np.uint8, "srgb") - 255 * curve).max()
    assert off <= 0.5 + 1 / 150


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("colour", ["srgb", "linear-srgb"])
def test_light_is_finite_whatever_a_renderer_wrote(
    dtype: type[np.floating[Any]], colour: ColourSpace
) -> None:
    pixels = np.full((3, 4, 3), 0.5, dtype)
    pixels[0, 0], pixels[0, 1, 1], pixels[0, 2] = np.nan, np.inf, -np.inf
    kept = pixels.copy()
    linear = to_linear(pixels, colour)
    np.testing.assert_array_equal(linear[0, 0], 0)
    np.testing.assert_array_equal(linear[0, 1, [0, 2]], linear[1, 1, [0, 2]])
    assert linear[0, 1, 1] == 65504
    np.testing.assert_array_equal(linear[0, 2], -65504)
    np.testing.assert_array_equal(pixels, kept)  # the plate is never changed
