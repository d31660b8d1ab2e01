"""How bare face is learned: what is drawn before a face covers it, and the fit finds weights that are known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sosie.faces import Faces
from sosie.faces.shown import load_weights
from sosie.graphs.covers import HAIRY, KINDS, Covered, covered
from sosie.graphs.shown_fit import COUNTS, fit, samples
from sosie.models import ModelStore
from sosie.pictures import read_picture

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
    assert sum(one.hair for one in drawn) == pytest.approx(200 * sum([*KINDS.values()][:HAIRY]), abs=25)


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


def test_the_fit_finds_known_weights_and_heeds_what_counts() -> None:
    random = np.random.default_rng(1)
    right = np.array([0.5, -1.0, 2.0])
    x = random.standard_normal((2000, 3)) * [1, 10, 0.1]
    y = x @ right
    found = fit(iter([(x[:1000], y[:1000], np.ones(1000)), (x[1000:], y[1000:], np.ones(1000))]))
    np.testing.assert_allclose(found, right, rtol=0.03)
    wrong = (x, -y, np.full(2000, 1e-3))
    np.testing.assert_allclose(fit(iter([(x, y, np.ones(2000)), wrong])), right, rtol=0.03)


def test_a_picture_counts_four_times(people: Path, faces: Faces, store: ModelStore, tmp_path: Path) -> None:
    plate = people / "plates" / "s01" / "plate_p01.webp"
    cv2.imwrite(str(tmp_path / "one.png"), np.ascontiguousarray(read_picture(plate).pixels[..., 2::-1]))
    coded = cv2.imread(str(plate.with_suffix(".uv.png")), cv2.IMREAD_UNCHANGED)
    assert coded is not None
    cv2.imwrite(str(tmp_path / "one.part.png"), (coded[..., 0] >> 8).astype(np.uint8))
    plain, hidden, mirrored, mirrored_hidden = samples(tmp_path, faces, store)
    for whole, less in ((plain, hidden), (mirrored, mirrored_hidden)):
        assert whole[0].shape == (4096, len(load_weights()))
        assert (less[1] <= whole[1] + 1e-6).all()
        assert (less[1] < whole[1] - 0.5).any()
        np.testing.assert_array_equal(np.unique(whole[2]), sorted(COUNTS))
    assert (1 + plain[1]).sum() == pytest.approx((1 + mirrored[1]).sum(), rel=0.15)
    told = plain[0] @ load_weights()  # the weights that are used know this face
    assert np.corrcoef(told, plain[1])[0, 1] > 0.8


def test_no_picture_is_said() -> None:
    with pytest.raises(SystemExit, match="No picture"):
        fit(iter([]))
