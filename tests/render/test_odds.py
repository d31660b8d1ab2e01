"""What weighs a pixel's cues: as two layers do, whatever is weighed beside it; and the cues themselves."""

import numpy as np
import pytest

from sosie.errors import ModelError
from sosie.faces.person import FILES
from sosie.render.odds import CHUNK, FAR, Odds, cues_of, load_odds


def test_the_odds_are_two_layers_and_a_sum_for_any_number_of_pixels() -> None:
    odds, random = load_odds(), np.random.default_rng(0)
    cues = random.normal(0, 2, (CHUNK + 3, odds.first.shape[0])).astype(np.float32)
    one = np.maximum(cues @ odds.first + odds.first_bias, 0)
    sums = np.maximum(one @ odds.second + odds.second_bias, 0) @ odds.last + odds.last_bias
    np.testing.assert_allclose(odds(cues), 1 / (1 + np.exp(-sums.astype(np.float64))), atol=1e-5)
    assert odds(cues[:0]).shape == (0,)
    with np.errstate(over="raise"):
        sure = odds(1e4 * cues)  # but for a pixel to which no unit answers
    assert {0, 1} <= set(sure.tolist())
    assert ((sure > 0) & (sure < 1)).mean() < 0.01


def test_the_sum_s_weights_are_kept_whatever_it_is() -> None:
    made = Odds(*(np.zeros(shape, np.float32) for shape in ((3, 2), (2,), (2, 2), (2,), (2,), (1,))))
    np.testing.assert_array_equal(made(np.ones((4, 3), np.float32)), 0.5)


def test_cues_are_where_a_pixel_lies_by_the_face_and_how_its_colour_differs() -> None:
    size, landmarks = (40, 60), np.zeros((468, 2), np.float32)
    landmarks[10], landmarks[152] = (30, 5), (30, 25)  # the forehead above the chin, 20 pixels apart
    plane = np.full(size, 0.25, np.float32)
    code, own = np.full((*size, 3), 2, np.float32), np.full(size, 3, np.float32)
    usual = np.array([2, 1, 0], np.float32)
    cues = cues_of(
        code, own, 99 + own, plane, (plane, 2 * plane), np.zeros((*size, 4), np.float32), landmarks, usual
    )
    assert cues.shape == (*size, 14)
    chin, forehead, beside = cues[24, 29], cues[4, 29], cues[24, 49]
    assert chin[5:7] == pytest.approx([0.025, 0.025], abs=1e-5)  # half a pixel off each way
    assert forehead[5] == pytest.approx(1.025, abs=1e-5)
    assert beside[5:7] == pytest.approx([0.025, 0.975], abs=1e-5)
    assert chin[:5].tolist() == [3, FAR - 3, 0.25, 0.25, 0.5]
    assert chin[7:].tolist() == [0, 1, 2, 0, 0, 0, 0]


@pytest.mark.parametrize("file", FILES)
def test_missing_weights_say_so(file: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert load_odds(file) is load_odds(file)
    with pytest.raises(ModelError):
        load_odds(file, tmp_path_factory.mktemp("empty"))
