"""How accessories are learned: in other light and of every kind of cell; the weights that are shipped tell those cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sosie.faces import Faces
from sosie.faces.accessories import FILE
from sosie.faces.shown import load_weights
from sosie.graphs.accessories_fit import COUNTS, FEW, main, samples
from sosie.graphs.gels import relit
from sosie.models import ModelStore


def test_other_light_is_another_colour_or_a_shadow_and_as_bright() -> None:
    picture, changed = np.full((96, 96, 3), 60, np.uint8), []
    for number in range(40):
        lit = relit(picture, np.random.default_rng(number))
        np.testing.assert_array_equal(lit, relit(picture, np.random.default_rng(number)))
        brightness = np.median(((lit / 255.0) ** 2.2).mean(-1))
        assert brightness == pytest.approx((60 / 255) ** 2.2, rel=0.2)
        changed.append(np.ptp(lit) > 20)
    assert 0.6 < np.mean(changed) < 0.95  # 3 of 4


def test_cells_of_every_kind_are_taken_and_told(
    learn_from: Callable[[str, str], None], faces: Faces, store: ModelStore, tmp_path: Path
) -> None:
    learn_from("accessories/rims_p05", "one")
    weights = load_weights(store.root, FILE)
    found = list(samples(tmp_path, faces, store))
    assert len(found) == 2  # as it is and mirrored; nothing is drawn before what wears something
    for seen, wanted, kinds in found:
        assert seen.shape == (len(kinds), len(weights.first))
        assert (np.bincount(kinds, minlength=len(FEW)) <= FEW).all()
        assert (np.bincount(kinds, minlength=len(COUNTS)) > 0).all()
        assert wanted[kinds == 0].min() > 0.5
        assert wanted[kinds > 2].max() < 0.1
        units = np.maximum(seen.astype(np.float32) @ weights.first + weights.first_bias, 0)
        told = (units @ weights.last + weights.last_bias)[:, 0]
        assert (told[kinds == 0] > 0).mean() > 0.5
        assert (told[kinds > 2] > 0).mean() < 0.05


def test_what_is_drawn_before_a_face_is_one_unless_it_is_hair(
    learn_from: Callable[[str, str], None], faces: Faces, store: ModelStore, tmp_path: Path
) -> None:
    for number in "123":
        learn_from("plates/s02/plate_p02", number)
    found = list(samples(tmp_path, faces, store))
    assert len(found) == 12
    assert not any(wanted.any() for _, wanted, _ in found[::2])  # as they are
    drawn = [bool(wanted.max() > 0.9) for _, wanted, _ in found[1::2]]
    assert any(drawn)
    assert not all(drawn)


def test_no_picture_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No picture"):
        main(tmp_path / "accessories.npz", tmp_path, tmp_path, tmp_path)
