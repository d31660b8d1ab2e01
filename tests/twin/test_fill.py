"""What no photograph shows is made up without a seam, from the other half of the face where that is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sosie.twin.fill import continued, fill

SIDE = 256
Array = NDArray[np.float32]


def skin() -> Array:
    """(SIDE, SIDE, 3): the right half lighter, with the same freckles on both."""
    across = np.linspace(-1, 1, SIDE, dtype=np.float32)
    half = 1 - 0.2 * np.random.default_rng(3).random((SIDE, SIDE // 2)).astype(np.float32)
    freckles = np.concatenate([half, half[:, ::-1]], 1)
    return np.stack([share * freckles * (1 + 0.1 * np.sign(across)) for share in (0.5, 0.35, 0.25)], -1)


def less(valid: Array, columns: slice) -> Array:
    out = valid.copy()
    out[:, columns] = 0
    return out


def test_hidden_skin_has_the_other_half_s_marks_in_its_own_colour() -> None:
    true = skin()
    valid = less(np.ones((SIDE, SIDE), np.float32), slice(0, 60))
    made = fill(np.where(valid[..., None] > 0, true, 0).astype(np.float32), valid)
    marks = [np.corrcoef(made[:, column, 1], true[:, column, 1])[0, 1] for column in range(8, 52)]
    assert min(marks) > 0.99
    np.testing.assert_allclose(made[:, 53:58].mean((0, 1)), true[:, 53:58].mean((0, 1)), rtol=0.03)


def test_skin_that_both_halves_hide_goes_on_without_a_seam() -> None:
    true = np.broadcast_to(np.linspace(0.2, 0.5, SIDE, dtype=np.float32)[:, None, None], (SIDE, SIDE, 3))
    valid = np.ones((SIDE, SIDE), np.float32)
    valid[:80] = 0
    made = fill(np.where(valid[..., None] > 0, true, 0).astype(np.float32), valid)
    steps = np.abs(np.diff(made[..., 0], axis=0))
    assert steps.max() < 4 * 0.3 / SIDE
    assert made.min() > 0.2


def test_what_is_known_stays_and_specks_lead_nobody() -> None:
    true = skin()
    valid = np.zeros((SIDE, SIDE), np.float32)
    valid[100:] = 1
    dark = true.copy()
    dark[40:46, 40:46] = 0.01
    valid[40:46, 40:46] = 1
    made = fill(dark, valid)
    np.testing.assert_allclose(made[130:], true[130:], atol=1e-6)
    assert made[30:36, 30:36].min() > 0.15


def test_the_shadow_of_what_hides_the_rest_is_no_line() -> None:
    """Hair over the upper part throws a soft shadow on what is seen; the skin's fine marks go on into it."""
    side, first, depth = 1024, 300, 30
    marks = 1 - 0.1 * np.random.default_rng(3).random((side, side, 1)).astype(np.float32)
    shade = np.clip(1 - 0.4 * np.exp((first - np.arange(side)) / depth), 0, 1)[:, None, None]
    valid = np.zeros((side, side), np.float32)
    valid[first:] = 1
    seen = np.broadcast_to(0.4 * shade * valid[..., None], (side, side, 3)).astype(np.float32)
    made = fill(seen, valid)[:, side // 2, 0]
    assert np.abs(np.diff(made)).max() < 0.004
    assert made.min() > 0.33
    marked = fill(seen * marks, valid)[340:360, 100:900, 0]
    assert np.corrcoef((marked - marked.mean()).ravel(), marks[340:360, 100:900, 0].ravel())[0, 1] > 0.9


def test_a_wide_shadow_is_not_what_a_forehead_is_made_of() -> None:
    side, first = 1024, 500
    valid, seen = np.zeros((side, side), np.float32), np.full((side, side, 3), 0.4, np.float32)
    valid[first:] = 1
    seen[first : first + 120] *= 0.6
    made = fill(seen * valid[..., None], valid)
    assert made[: first - 100].min() > 0.39
    np.testing.assert_allclose(made[first + 130 :], 0.4, rtol=0.02)


def test_a_white_brow_under_hair_has_no_dark_line_around_it() -> None:
    side, first = 1024, 400
    valid, seen = np.zeros((side, side), np.float32), np.full((side, side, 3), 0.2, np.float32)
    valid[first:] = 1
    seen[first + 40 : first + 70, 200:400] = seen[first + 40 : first + 70, 624:824] = 0.7
    made = fill(seen * valid[..., None], valid)
    assert made.min() > 0.18  # led over twice, from the other half and from around
    assert made[first + 60, 300].min() > 0.5


def test_far_from_everything_the_mean_is_taken() -> None:
    values = np.full((64, 64, 3), 0.4, np.float32)
    nothing = continued(values, np.zeros((64, 64), np.float32))
    np.testing.assert_array_equal(nothing, 0)
    some = np.zeros((64, 64), np.float32)
    some[0, 0] = 1
    np.testing.assert_allclose(continued(values, some), 0.4, rtol=1e-5)


def test_the_shadow_along_hair_is_left_out_and_a_nostril_stays_dark() -> None:
    side = 4 * SIDE
    valid, hole = np.ones((side, side), np.float32), (slice(720, 736), slice(504, 520))
    valid[:400], valid[hole] = 0, 0
    shaded = np.full((side, side, 3), 0.5, np.float32)
    shaded[400:410] *= 0.6
    shaded[696:760, 480:544] = 0.1  # around the hole, which no photograph looks into
    made = fill(shaded * valid[..., None], valid)
    assert made[:480].min() > 0.42
    assert made[700:712, 490:534].max() < 0.2
