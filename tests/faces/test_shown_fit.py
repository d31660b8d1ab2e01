"""How bare face is learned: what is drawn before a face covers it, and the fit finds weights that are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sosie.faces import Faces
from sosie.faces.shown import Weights, load_weights
from sosie.graphs.covers import HAIR, Covered, covered
from sosie.graphs.shown_fit import SHARES, UNITS, _slopes, fit, joined, main, samples
from sosie.models import ModelStore

SIDE = 96


@pytest.fixture(scope="module")
def drawn() -> list[Covered]:
    """Two hundred things before an even face."""
    picture = np.full((SIDE, SIDE, 3), 128, np.uint8)
    landmarks = np.array([[24, 16], [72, 80]], np.float32)
    return [covered(picture, landmarks, np.random.default_rng(number)) for number in range(200)]


def test_only_what_is_covered_changes(drawn: list[Covered]) -> None:
    for one in drawn:
        assert 0 <= one.cover.min() <= one.cover.max() <= 1 + 1e-6
        np.testing.assert_array_equal(one.picture[one.cover == 0], 128)


def test_nearly_everything_drawn_lies_before_the_face(drawn: list[Covered]) -> None:
    shares = np.array([one.cover[16:80, 24:72].mean() for one in drawn])
    assert (shares > 0.01).mean() > 0.9
    assert np.median(shares) < 0.5  # enough of the face is left
    assert sum(one.hair for one in drawn) == pytest.approx(200 * sum(HAIR.values()), abs=25)


def test_hair_has_strands_and_other_things_have_one_colour(drawn: list[Covered]) -> None:
    spreads = {True: [], False: []}  # type: dict[bool, list[float]]
    for one in drawn:
        inner = one.picture[one.cover > 0.999].astype(float)
        if len(inner) > 50:
            spreads[one.hair].append(float(inner.std(0).max()))
    assert max(spreads[False]) < 1
    assert np.median(spreads[True]) > 3


def test_a_picture_is_covered_the_same_way_again() -> None:
    picture = np.full((SIDE, SIDE, 3), 90, np.uint8)
    landmarks = np.array([[24, 16], [72, 80]], np.float32)
    first, second = (covered(picture, landmarks, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first.picture, second.picture)


def test_slopes_are_those_of_the_mean_cross_entropy() -> None:
    random = np.random.default_rng(0)
    weights = [random.normal(0, 0.5, size) for size in ((5, 7), (1, 7), (7, 1), (1, 1))]
    seen, wanted, counts = random.normal(size=(40, 5)), random.random(40), random.uniform(0.5, 2, 40)

    def off() -> float:
        first, first_bias, last, last_bias = weights
        told = (np.maximum(seen @ first + first_bias, 0) @ last + last_bias)[:, 0]
        return float(((np.log1p(np.exp(told)) - wanted * told) * counts).mean())

    slopes = _slopes(weights, seen, wanted, counts)  # type: ignore[arg-type]  # doubles: differences are small
    for weight, slope in zip(weights, slopes, strict=True):
        place = tuple(random.integers(0, side) for side in weight.shape)
        before, ends = weight[place], []
        for step in (1e-5, -1e-5):
            weight[place] = before + step
            ends.append(off())
        weight[place] = before
        assert slope[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3, abs=1e-7)


def test_what_is_stored_tells_what_was_fitted_from_channels_as_they_are() -> None:
    """They have neither mean 0 nor deviation 1, and only two of them together tell: no sum does."""
    random = np.random.default_rng(1)
    seen = random.normal(3, 0.2, (30_000, len_of_channels := 6)).astype(np.float32)
    wanted = np.column_stack([(seen[:, 1] > 3) != (seen[:, 4] > 3), seen[:, 2] > 3]).astype(np.float32)
    counts = np.ones(len(seen), np.float32)
    stored = Weights(
        **joined([fit(seen, one, counts, units) for one, units in zip(wanted.T, UNITS, strict=True)], SHARES)
    )
    assert stored.first.shape == (len_of_channels, sum(UNITS))
    told = np.maximum(seen @ stored.first + stored.first_bias, 0) @ stored.last + stored.last_bias > 0
    assert ((told == (wanted > 0.5)).mean(0) > 0.9).all()


def test_cells_of_every_kind_are_taken_from_a_picture(
    learn_from: Callable[[str, str], None], faces: Faces, store: ModelStore, tmp_path: Path
) -> None:
    learn_from("plates/s01/plate_p01", "one")
    weights = load_weights()
    plain, hidden, mirrored, mirrored_hidden = samples(tmp_path, faces, store)
    for (seen, wanted, kinds), whole in ((plain, 1), (hidden, 0), (mirrored, 1), (mirrored_hidden, 0)):
        assert seen.shape == (len(kinds), len(weights.first))
        # Nothing is drawn before the whole ones; nobody holds a hand before the face.
        assert set(kinds.tolist()) == {0, 2, 3, 4} - set(range(whole))
        assert wanted[kinds == 2, 0].min() > 0.5
        assert wanted[kinds == 0, 0].max(initial=0) < 0.65
        assert not wanted[:, 1].any()
        units = np.maximum(seen.astype(np.float32) @ weights.first + weights.first_bias, 0)
        told = units @ weights.last + weights.last_bias > 0
        assert ((told == (wanted > 0.5)).mean(0) > 0.85).all()


def test_a_hand_counts_as_one_and_as_no_face(
    learn_from: Callable[[str, str], None], faces: Faces, store: ModelStore, tmp_path: Path
) -> None:
    learn_from("hands/fingers_p03", "one")
    weights = load_weights()
    for seen, wanted, kinds in samples(tmp_path, faces, store):
        hand = kinds == 1
        assert hand.sum() > 20
        assert wanted[hand, 1].min() > 0.5
        assert wanted[hand, 0].max() < 0.5
        assert not wanted[kinds == 2, 1].max() > 0.5
        units = np.maximum(seen.astype(np.float32) @ weights.first + weights.first_bias, 0)
        told = (units @ weights.last + weights.last_bias)[:, 1] > 0
        assert told[hand].mean() > 0.7
        assert told[kinds == 2].mean() < 0.1


def test_no_picture_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No picture"):
        main(tmp_path / "shown.npz", tmp_path, tmp_path)
