"""The texture as it is sampled: what its steps cost, and what lies beyond them."""

from __future__ import annotations

import numpy as np

from sosie.render.texture import MOST, QUANTUM, packed, reflectance_of


def test_the_steps_are_finer_than_half_floats_where_skin_is() -> None:
    skin = np.linspace(0.03, 0.8, 64 * 64 * 3, dtype=np.float32).reshape(64, 64, 3)
    lost = np.abs(reflectance_of(packed(skin)) - skin).max()
    assert lost <= 0.51 * QUANTUM
    assert np.spacing(np.float16(0.0625)) > QUANTUM


def test_what_is_out_of_range_is_cut_off() -> None:
    values = np.array([[[-0.1, 0.0, MOST + 1]]], np.float32)
    np.testing.assert_allclose(reflectance_of(packed(values)), [[[0, 0, MOST]]], atol=1e-6)
