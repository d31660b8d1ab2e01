"""How what tells skin is learned: its slopes, that the file means what was fitted, and what is taken from a picture."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from sosie.faces.person import hints_of
from sosie.graphs.skin_fit import HINTS, NARROW, WIDE, _slopes, fit, samples
from sosie.graphs.skin_fit_grey import black_and_white
from sosie.models.convert.person import MAPS
from sosie.pictures import read_picture
from sosie.render.odds import Odds
from sosie.render.tone import NEUTRAL

CHANNELS = sum(channels for _, _, channels in MAPS)


def test_slopes_are_those_of_the_mean_cross_entropy() -> None:
    random = np.random.default_rng(0)
    sizes = ((7, HINTS), (3 + HINTS, WIDE), (1, WIDE), (WIDE, NARROW), (1, NARROW), (NARROW, 1), (1, 1))
    weights = [random.normal(0, 0.5, size) for size in sizes]
    cues, maps = random.normal(size=(40, 3)), random.normal(size=(40, 7))
    wanted, counts = (random.random(40) > 0.5).astype(float), random.uniform(0.5, 2, 40)

    def off() -> float:
        hints, first, first_bias, second, second_bias, last, last_bias = weights
        wide = np.maximum(np.concatenate([cues, maps @ hints], 1) @ first + first_bias, 0)
        told = (np.maximum(wide @ second + second_bias, 0) @ last + last_bias)[:, 0]
        return float(((np.log1p(np.exp(told)) - wanted * told) * counts).mean())

    slopes = _slopes(weights, cues, maps, wanted, counts)  # type: ignore[arg-type]  # doubles: differences are small
    for weight, slope in zip(weights, slopes, strict=True):
        place = tuple(random.integers(0, side) for side in weight.shape)
        before, ends = weight[place], []
        for step in (1e-5, -1e-5):
            weight[place] = before + step
            ends.append(off())
        weight[place] = before
        assert slope[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3, abs=1e-7)


def test_what_is_stored_tells_what_was_fitted_from_cues_and_maps_as_they_are() -> None:
    """Neither has mean 0 or deviation 1; one kind of skin is told by a cue, the other by a map alone."""
    random = np.random.default_rng(1)
    kinds = random.integers(0, 5, 30_000)
    cues = random.normal(3, 2, (len(kinds), 2)).astype(np.float32)
    maps = random.normal(-4, 0.1, (len(kinds), CHANNELS)).astype(np.float32)
    cues[kinds == 0, 1] += 12
    maps[kinds == 1, 50] += 1
    stored = fit(cues, maps, kinds)
    odds = Odds(**{name: stored[name] for name in Odds.__dataclass_fields__})
    parts = np.split(maps, np.cumsum([channels for _, _, channels in MAPS])[:-1], 1)
    hints = sum(part @ stored[f"hints_{number}"] for number, part in enumerate(parts))
    right = (odds(np.concatenate([cues, hints], 1)) > 0.5) == (kinds < 2)
    assert right.mean() > 0.99
    seen = [np.full((1, side, side, channels), -4, np.float32) for _, side, channels in MAPS]
    assert hints_of(seen, [stored[f"hints_{number}"] for number in range(len(MAPS))]).shape == (
        128,
        128,
        HINTS,
    )


def test_pixels_of_every_kind_are_taken_from_a_picture(people: Path, tmp_path: Path) -> None:
    plate = people / "plates" / "s01" / "plate_p01.webp"
    cv2.imwrite(str(tmp_path / "one.png"), np.ascontiguousarray(read_picture(plate).pixels[..., 2::-1]))
    coded = cv2.imread(str(plate.with_suffix(".uv.png")), cv2.IMREAD_UNCHANGED)
    assert coded is not None
    cv2.imwrite(str(tmp_path / "one.part.png"), (coded[..., 0] >> 8).astype(np.uint8))
    blank = np.zeros((64, 64, 3), np.uint8)
    for name in ("nobody.png", "nobody.part.png"):
        cv2.imwrite(str(tmp_path / name), blank)
    ((cues, maps, kinds),) = samples([tmp_path])  # nobody's picture is left out
    ((plain, _, again),) = samples(
        [tmp_path], partial(black_and_white, random=np.random.default_rng(0)), NEUTRAL
    )
    assert cues.shape == (len(kinds), 10)
    assert maps.shape == (len(kinds), CHANNELS)
    assert set(kinds.tolist()) == {0, 1, 2, 3, 4}
    own, rival = cues[:, 0].astype(float), cues[:, 0].astype(float) + cues[:, 1]
    assert np.median(own[kinds < 2]) < 2 < np.median(own[kinds == 2])
    assert np.median(rival[kinds == 2]) < np.median(own[kinds == 2])
    np.testing.assert_array_equal(plain[:, 7:9], 0)  # no hue
    assert np.median(plain[again == 3, 0]) < np.median(own[kinds == 3])  # the shirt is as light as skin


def test_a_filter_makes_what_it_lets_through_light() -> None:
    picture = np.zeros((1, 3, 3), np.uint8)
    picture[0] = np.diag([255, 255, 255])
    shares = [black_and_white(picture, np.random.default_rng(seed)) for seed in range(3)]
    assert all(np.ptp(one, axis=-1).max() == 0 for one in shares)
    assert len({one.tobytes() for one in shares}) == 3
    np.testing.assert_array_equal(
        black_and_white(np.full((2, 2, 3), 99, np.uint8), np.random.default_rng(0)), 99
    )
