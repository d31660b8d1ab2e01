"""The measure itself, and the scores of this checkout's own people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie.bench.metrics import measure, read_truth
from sosie.bench.quality import find_pairs, run, scores
from sosie.bench.tables import METHODS, report, summary, worst
from sosie.errors import InputError
from sosie.faces import Faces
from sosie.pictures import Picture, read_picture


@pytest.fixture(scope="module")
def scored(people: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("quality")
    return out, run(people, out)


def test_the_truth_itself_is_right(people: Path) -> None:
    truth = read_truth(people / "plates" / "s01" / "truth_p04")
    found = measure(truth.picture, truth)
    assert found["dE00"] == pytest.approx(0)
    assert found["ssim"] == pytest.approx(1)
    assert found["hf"] == pytest.approx(1)


def test_a_touched_background_is_counted(people: Path) -> None:
    truth = read_truth(people / "plates" / "s01" / "truth_p04")
    touched = truth.plate.copy()
    touched[:4, :5] += 0.1
    assert measure(truth.plate, truth)["outside"] == 0
    assert measure(touched, truth)["outside"] == 20


def test_a_grey_face_is_worse_than_the_plate(people: Path, faces: Faces) -> None:
    stem = people / "plates" / "s02" / "truth_p01"
    plate = read_picture(people / "plates" / "s02" / "plate_p02.webp")
    grey = Picture(np.full_like(plate.pixels, 128), "srgb")
    assert scores(grey, stem, faces=faces)["dE00"] > scores(plate, stem, faces=faces)["dE00"]
    assert scores(grey, stem, faces=faces)["id"] == 0


def test_pairs_prefer_the_truth_with_the_plates_hair(people: Path) -> None:
    pairs = {(pair.scene, pair.person): pair.truth.name for pair in find_pairs(people)}
    assert pairs[("s01", "p04")] == "truth_p04_hair_p01"
    assert len(pairs) == 4


def test_likenesses_beat_the_plate_and_leave_the_background(scored: tuple[Path, dict[str, Any]]) -> None:
    _, result = scored
    before, after = result["mean"]["plate"], result["mean"]["sosie"]
    assert after["dE00"] < 0.7 * before["dE00"]
    assert after["ssim"] > before["ssim"]
    assert after["id"] > before["id"]
    assert after["outside"] == 0


def test_it_writes_pictures_figures_tables_and_sheets(scored: tuple[Path, dict[str, Any]]) -> None:
    out, result = scored
    assert (out / "s01" / "p04.png").is_file()
    assert (out / "contact_sheet.jpg").is_file()
    assert (out / "worst.jpg").is_file()
    assert json.loads((out / "scores.json").read_text("utf-8"))["pairs"] == result["pairs"] == 4
    assert report(result) in (out / "tables.md").read_text("utf-8")
    assert all(words in report(result) for words in METHODS.values())


def test_others_are_as_good_as_their_way_allows(scored: tuple[Path, dict[str, Any]]) -> None:
    """A truth through a crop loses what the crop cannot hold, and touches the background; a clone keeps the tone."""
    mean = scored[1]["mean"]
    assert mean["plate"]["outside"] == mean["classical"]["outside"] == 0
    assert mean["best128"]["outside"] > 1000
    assert mean["best128"]["hf"] < mean["best256"]["hf"] < mean["best512"]["hf"] < 1
    assert mean["best512"]["dE00"] < mean["classical"]["dE00"] < mean["plate"]["dE00"]
    assert mean["best512"]["id_rel"] > 1 > mean["plate"]["id_rel"]


def test_we_are_better_than_the_classical_way(scored: tuple[Path, dict[str, Any]]) -> None:
    by = scored[1]["better_than_classical_by"]
    assert by["dE00"] == by["outside"] == 1
    assert by["ssim"] > 0.7
    assert by["id"] > 0.7


def test_large_faces_hold_more_detail_than_a_network_s_crop(scored: tuple[Path, dict[str, Any]]) -> None:
    large = scored[1]["large"]
    assert abs(np.log(large["sosie"]["hf"])) < abs(np.log(large["best128"]["hf"]))
    assert large["sosie"]["outside"] == 0


def test_steady_landmarks_tremble_less_and_lag_no_more(scored: tuple[Path, dict[str, Any]]) -> None:
    single, steady = scored[1]["jitter"]["single"], scored[1]["jitter"]["steady"]
    assert steady["rest"] < 0.5 * single["rest"]
    assert steady["moving"] < single["moving"]
    assert steady["off"] < 1.1 * single["off"]


def row(person: str, **values: float) -> dict[str, Any]:
    plate = {"dE00": 10.0, "ssim": 0.7, "hf": 1.0, "id": 0.6, "lm": 4.0, "seam": 0.0, "outside": 0.0}
    return {"scene": "s01", "person": person, "plate": dict(plate), "sosie": {**plate, **values}}


def test_a_refusal_counts_as_the_plate() -> None:
    refused = row("p02")
    del refused["sosie"]
    found = summary(
        [row("p01", dE00=4.0), refused], {"p01": "light", "p02": "dark"}, {"p01": 0.8, "p02": 0.8}
    )
    assert found["mean"]["sosie"]["dE00"] == pytest.approx(7)
    assert found["tones"]["dark"]["dE00"] == pytest.approx(10)
    assert found["mean"]["sosie"]["id_rel"] == pytest.approx(0.75)
    assert found["better_than_plate"] == 0.5  # a draw in ssim is as good; a refusal is not


def test_the_worst_are_named_first() -> None:
    rows = [row("p01", dE00=3.0), row("p02", dE00=20.0, ssim=0.2), row("p03", dE00=9.0)]
    assert worst(rows, 2) == [1, 2]


def test_a_seam_is_seen_where_neither_plate_nor_truth_has_an_edge(people: Path) -> None:
    truth = read_truth(people / "plates" / "s01" / "truth_p04")
    rows, columns = np.nonzero(truth.mask)
    pasted = truth.plate.copy()
    box = (slice(rows.min() - 30, rows.max() + 30), slice(columns.min() - 30, columns.max() + 30))
    pasted[box] = np.clip(pasted[box] + 0.1, 0, 1)
    assert measure(truth.plate, truth)["seam"] == 0
    assert measure(pasted, truth)["seam"] > 0.5


def test_a_folder_without_people_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(tmp_path, tmp_path / "out")
    assert "captures/" in caught.value.remedy
