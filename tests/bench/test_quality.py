"""The measure itself, and the scores of this checkout's own people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie.bench.metrics import measure, read_truth
from sosie.bench.quality import find_pairs, report, run, scores
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


def test_it_writes_pictures_figures_and_a_sheet(scored: tuple[Path, dict[str, Any]]) -> None:
    out, result = scored
    assert (out / "s01" / "p04.png").is_file()
    assert (out / "contact_sheet.jpg").is_file()
    assert json.loads((out / "scores.json").read_text("utf-8"))["pairs"] == result["pairs"] == 4
    assert "no-op" in report(result)


def test_a_folder_without_people_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(tmp_path, tmp_path / "out")
    assert "captures/" in caught.value.remedy
