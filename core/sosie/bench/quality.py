"""`sosie bench quality`: every other person onto every plate, scored against the truth.

For a folder in the layout of the synthetic people (`captures/<person>/*.jpg`, `plates/<scene>/plate_*.webp`,
`truth_*.webp` with maps): twins come from the captures alone; pictures go to `OUT/<scene>/<person>.png`, the figures
to `OUT/scores.json`, all pairs side by side to `OUT/contact_sheet.jpg`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.bench.metrics import Truth, coded, measure, read_truth
from sosie.errors import InputError, SosieError
from sosie.faces import Face, Faces, choose
from sosie.messages import FaceChoice, RenderOptions
from sosie.models import ModelStore
from sosie.pictures import Picture, read_picture, write_picture
from sosie.render import render
from sosie.render.kernel import Kernel, KernelPlugin
from sosie.studio import photographs_in
from sosie.twin import Twin
from sosie.twin.capture import capture

METRICS = ("dE00", "ssim", "hf", "id", "lm", "outside")
TILE = 240
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Pair:
    """One plate and one person to put there; `truth` without suffix, with the plate's hair where that exists."""

    scene: str
    person: str
    plate: Path
    truth: Path


def scores(picture: Picture, truth_stem: Path, *, faces: Faces | None = None) -> dict[str, float]:
    """Scores of `picture` against `<scene>/truth_...` (a path without suffix); see bench/metrics.py.

    `id` is the likeness to the truth by the face embedder, 1 - distance / 2 (1 is the same picture, 0.7 the
    embedder's limit for one person); `lm` the mean landmark distance in percent of the eye distance.
    """
    truth = read_truth(truth_stem)
    return _scores(coded(picture.pixels, picture.colour), truth, faces or Faces(ModelStore.default()))


def run(people: Path, out: Path, *, progress: Progress = lambda *_: None) -> dict[str, Any]:
    """Score every pair of `people`; see the module.

    Raises:
        InputError: no pair in `people`.
    """
    pairs = list(find_pairs(people))
    if not pairs:
        raise InputError(
            f"{people} has no plate with a truth.", remedy="Give a folder with captures/ and plates/."
        )
    faces, kernel = Faces(ModelStore.default()), KernelPlugin().sosie_kernels()[0]
    names = sorted({pair.person for pair in pairs})
    twins: dict[str, Twin] = {}
    for number, name in enumerate(names):
        progress(0.2 * number / len(names), f"Building {name}")
        twins[name] = capture(photographs_in(people / "captures" / name), faces=faces).twin
    rows, tiles = [], []
    for number, pair in enumerate(pairs):
        progress(0.2 + 0.8 * number / len(pairs), f"{pair.scene} {pair.person}")
        row, tile = _score_pair(pair, twins[pair.person], faces, kernel, out)
        rows.append(row)
        tiles.append(tile)
    result = {"pairs": len(rows), "mean": _means(rows), "people": _by_person(rows), "rows": rows}
    out.mkdir(parents=True, exist_ok=True)
    (out / "scores.json").write_text(json.dumps(result, indent=1))
    cv2.imwrite(str(out / "contact_sheet.jpg"), _sheet(tiles)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    return result


def report(result: dict[str, Any]) -> str:
    """The figures as a table."""
    head = f"{'':14}" + "".join(f"{name:>9}" for name in METRICS)
    lines = [head]
    for label, values in (("no-op", result["mean"]["plate"]), ("sosie", result["mean"]["sosie"])):
        lines.append(f"{label:14}" + "".join(f"{values[name]:9.3f}" for name in METRICS))
    for person, values in result["people"].items():
        lines.append(f"  {person:12}" + "".join(f"{values[name]:9.3f}" for name in METRICS))
    failed = [row for row in result["rows"] if "error" in row]
    lines.append(
        f"{result['pairs']} pairs, {len(failed)} refused, better than the plate in {_better(result):.0%}"
    )
    return "\n".join([*lines, *(f"  {row['scene']} {row['person']}: {row['error']}" for row in failed)])


def find_pairs(people: Path) -> Iterator[Pair]:
    """Every plate with every other person whose captures and truth exist."""
    for plate in sorted((people / "plates").glob("*/plate_*.webp")):
        found: dict[str, Path] = {}
        for truth in sorted(plate.parent.glob("truth_*.webp")):  # "_hair_" sorts after the plain name
            found[truth.stem.split("_")[1]] = truth.with_suffix("")
        for person, truth in sorted(found.items()):
            if (people / "captures" / person).is_dir():
                yield Pair(plate.parent.name, person, plate, truth)


def _score_pair(
    pair: Pair, twin: Twin, faces: Faces, kernel: Kernel, out: Path
) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    plate, truth = read_picture(pair.plate), read_truth(pair.truth)
    row: dict[str, Any] = {"scene": pair.scene, "person": pair.person}
    row["plate"] = _scores(coded(plate.pixels, plate.colour), truth, faces)
    started = time.perf_counter()
    try:
        layers = render(plate, twin, faces=faces, kernel=kernel, choice=FaceChoice(), options=RenderOptions())
    except SosieError as error:
        row["error"] = str(error)
        return row, _tile(truth, coded(plate.pixels, plate.colour), faces)
    row["seconds"] = time.perf_counter() - started
    row["confidence"] = layers.confidence
    folder = out / pair.scene
    folder.mkdir(parents=True, exist_ok=True)
    made = Picture(layers.composite, plate.colour, plate.icc)
    write_picture(folder / f"{pair.person}.png", made)
    picture = coded(made.pixels, made.colour)
    row["sosie"] = _scores(picture, truth, faces)
    return row, _tile(truth, picture, faces)


def _scores(picture: NDArray[np.float32], truth: Truth, faces: Faces) -> dict[str, float]:
    found = measure(picture, truth)
    ours, theirs = _largest(picture, faces), _largest(truth.picture, faces)
    if ours is None or theirs is None:
        return {**found, "id": 0.0, "lm": 100.0}
    a, b = faces.embed(_bytes(picture), ours), faces.embed(_bytes(truth.picture), theirs)
    span = float(np.linalg.norm(theirs.landmarks[33, :2] - theirs.landmarks[263, :2]))
    apart = np.linalg.norm(ours.landmarks[:468, :2] - theirs.landmarks[:468, :2], axis=1).mean()
    return {**found, "id": float(1 - np.linalg.norm(a - b) / 2), "lm": float(100 * apart / span)}


def _largest(picture: NDArray[np.float32], faces: Faces) -> Face | None:
    found = faces.find(_bytes(picture))
    return choose(found, FaceChoice()) if found else None


def _bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)


def _means(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """A refused pair counts as the plate itself: refusing must not flatter the mean."""
    ours = [row.get("sosie", row["plate"]) for row in rows]
    plates = [row["plate"] for row in rows]
    return {"plate": _mean(plates), "sosie": _mean(ours)}


def _mean(values: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([value[name] for value in values])) for name in METRICS}


def _by_person(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    people = sorted({row["person"] for row in rows})
    return {p: _mean([r.get("sosie", r["plate"]) for r in rows if r["person"] == p]) for p in people}


def _better(result: dict[str, Any]) -> float:
    wins = [
        "sosie" in row
        and row["sosie"]["dE00"] < row["plate"]["dE00"]
        and row["sosie"]["ssim"] > row["plate"]["ssim"]
        for row in result["rows"]
    ]
    return float(np.mean(wins))


def _tile(truth: Truth, picture: NDArray[np.float32], faces: Faces) -> NDArray[np.uint8]:
    """Plate, result, truth around the plate's face."""
    face = _largest(truth.plate, faces)
    (x, y), half = (
        (face.centre, 0.8 * face.size)
        if face
        else ((truth.plate.shape[1] / 2, truth.plate.shape[0] / 2), truth.plate.shape[0] / 2)
    )
    scale = TILE / (2 * half)
    matrix = np.array([[scale, 0, TILE / 2 - scale * x], [0, scale, TILE / 2 - scale * y]])
    shown = [cv2.warpAffine(_bytes(p), matrix, (TILE, TILE)) for p in (truth.plate, picture, truth.picture)]
    return np.hstack(shown)


def _sheet(tiles: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    padded = [*tiles, *[np.zeros_like(tiles[0])] * (-len(tiles) % 2)]
    return np.vstack([np.hstack(padded[i : i + 2]) for i in range(0, len(padded), 2)])
