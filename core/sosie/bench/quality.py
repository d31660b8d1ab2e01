"""`sosie bench quality`: every other person onto every plate, scored against the truth, beside other ways to do it.

For a folder in the layout of the synthetic people (`captures/<person>/*.jpg`, `plates/<scene>/plate_*.webp`,
`truth_*.webp` with maps; nothing else is needed): twins come from the captures alone; pictures go to
`OUT/<scene>/<person>.png`, the figures to `OUT/scores.json`, the tables to `OUT/tables.md`, all pairs side by side to
`OUT/contact_sheet.jpg`, the ten worst to `OUT/worst.jpg`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sosie.bench import baselines, tables
from sosie.bench.jitter import jitter
from sosie.bench.metrics import Truth, coded, enlarged, measure, read_truth
from sosie.bench.sheets import LARGE, tile, write_sheet
from sosie.errors import InputError, SosieError
from sosie.faces import Face, Faces, choose, face_mesh
from sosie.messages import FaceChoice, RenderOptions
from sosie.models import ModelStore
from sosie.pictures import Picture, read_picture, write_picture
from sosie.render import render
from sosie.render.kernel import Kernel, KernelPlugin
from sosie.studio import photographs_in
from sosie.twin import Twin
from sosie.twin.capture import capture

#: Height of an enlarged face, and how many pairs are enlarged.
LARGE_FACE, LARGE_PAIRS = 1000, 6
#: Individual typology angles (degrees) above which a skin is called so (Chardon et al. 1991; Del Bino 2013).
TONES = ((55, "very light"), (41, "light"), (28, "intermediate"), (10, "tan"), (-30, "brown"), (-91, "dark"))
Progress = Callable[[float, str], None]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Pair:
    """One plate and one person to put there; `truth` without suffix, with the plate's hair where that exists."""

    scene: str
    person: str
    plate: Path
    truth: Path


@dataclass(frozen=True, eq=False)
class Person:
    """Who is put there: the twin, and the most frontal photograph with its face."""

    twin: Twin
    frontal: Bytes
    face: Face


@dataclass(frozen=True, eq=False)
class Bench:
    """What all pairs are made with."""

    faces: Faces
    kernel: Kernel
    people: Mapping[str, Person]
    out: Path


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
    faces, kernel = Faces(ModelStore.default()), KernelPlugin().sosie_kernels(frozenset())[0]
    names = sorted({pair.person for pair in pairs})
    cast: dict[str, Person] = {}
    for number, name in enumerate(names):
        progress(0.15 * number / len(names), f"Building {name}")
        cast[name] = _person(people / "captures" / name, faces)
    bench = Bench(faces, kernel, cast, out)
    rows, tiles = [], []
    for number, pair in enumerate(pairs):
        progress(0.15 + 0.7 * number / len(pairs), f"{pair.scene} {pair.person}")
        row, shown = _score_pair(pair, bench)
        rows.append(row)
        tiles.append(shown)
    progress(0.85, "Likeness of each person to herself")
    ceilings = {name: _ceiling(people, name, faces) for name in names}
    tones = {name: _tone(person.twin) for name, person in cast.items()}
    result = {"pairs": len(rows), **tables.summary(rows, tones, ceilings)}
    progress(0.9, f"Faces of {LARGE_FACE} px")
    result["large"] = _large(pairs, bench)
    progress(0.95, "Sequences")
    result["jitter"] = jitter(people, faces)
    result["rows"] = rows
    labels = [_label(row) for row in rows]
    write_sheet(out / "contact_sheet.jpg", tiles, labels)
    bad = tables.worst(rows)
    again = [_shown(pairs[number], bench, LARGE) for number in bad]
    write_sheet(out / "worst.jpg", again, [labels[number] for number in bad])
    (out / "scores.json").write_text(json.dumps(result, indent=1))
    (out / "tables.md").write_text(tables.report(result) + "\n")
    return result


def find_pairs(people: Path) -> Iterator[Pair]:
    """Every plate with every other person whose captures and truth exist."""
    for plate in sorted((people / "plates").glob("*/plate_*.webp")):
        found: dict[str, Path] = {}
        for truth in sorted(plate.parent.glob("truth_*.webp")):  # "_hair_" sorts after the plain name
            found[truth.stem.split("_")[1]] = truth.with_suffix("")
        for person, truth in sorted(found.items()):
            if (people / "captures" / person).is_dir():
                yield Pair(plate.parent.name, person, plate, truth)


def _person(captures: Path, faces: Faces) -> Person:
    photographs = photographs_in(captures)
    shown = []
    for path in photographs:
        rgb = np.ascontiguousarray(read_picture(path).pixels[..., :3])
        if found := faces.find(rgb):
            shown.append((rgb, choose(found, FaceChoice())))
    rgb, face = min(
        shown,
        key=lambda one: abs(one[1].pose.yaw) + abs(one[1].pose.pitch) + 20 * one[1].expression[1:].max(),
    )
    return Person(capture(photographs, faces=faces).twin, rgb, face)


def _score_pair(pair: Pair, bench: Bench) -> tuple[dict[str, Any], Bytes]:
    plate, truth, faces = read_picture(pair.plate), read_truth(pair.truth), bench.faces
    before = _bytes(truth.plate)
    face = _largest(before, faces)
    row: dict[str, Any] = {"scene": pair.scene, "person": pair.person}
    row["plate"] = _scores(truth.plate, truth, faces)
    for method, other in _others(before, face, truth, bench.people[pair.person]):
        row[method] = _scores(coded(other, "srgb"), truth, faces)
    started = time.perf_counter()
    try:
        layers = _render(plate, pair, bench)
    except SosieError as error:
        row["error"] = str(error)
        return row, tile(truth, before, face)
    row["seconds"] = time.perf_counter() - started
    row["confidence"], row["reasons"] = layers.confidence, list(layers.reasons)
    made = Picture(layers.composite, plate.colour, plate.icc)
    path = bench.out / pair.scene / f"{pair.person}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(path, made)
    picture = coded(made.pixels, made.colour)
    row["sosie"] = _scores(picture, truth, faces)
    return row, tile(truth, _bytes(picture), face)


def _others(plate: Bytes, face: Face | None, truth: Truth, person: Person) -> Iterator[tuple[str, Bytes]]:
    if face is not None:
        yield "classical", baselines.classical(plate, face, person.frontal, person.face, face_mesh())
    for side in baselines.SIDES:
        yield f"best{side}", baselines.best_case(plate, truth, side)


def _large(pairs: Sequence[Pair], bench: Bench) -> dict[str, Any]:
    """Plates enlarged until the face is `LARGE_FACE` px high, one pair for each person: ours, and a peer's best case."""
    chosen: dict[str, Pair] = {}
    for pair in pairs:
        if pair.person not in chosen and pair.scene not in {one.scene for one in chosen.values()}:
            chosen[pair.person] = pair
    found: dict[str, list[dict[str, float]]] = {"sosie": [], "best128": []}
    for pair in list(chosen.values())[:LARGE_PAIRS]:
        truth = read_truth(pair.truth)
        face = _largest(_bytes(truth.plate), bench.faces)
        if face is None:
            continue
        factor = LARGE_FACE / face.size
        wide = enlarged(truth, factor)
        before = _bytes(wide.plate)
        try:
            ours = coded(_render(Picture(before), pair, bench).composite, "srgb")
        except SosieError:
            ours = wide.plate
        found["sosie"].append(measure(ours, wide, band=factor))
        theirs = baselines.best_case(before, wide, 128)
        found["best128"].append(measure(coded(theirs, "srgb"), wide, band=factor))
    means = {
        name: {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
        for name, rows in found.items()
        if rows
    }
    return {"face_px": LARGE_FACE, "pairs": len(found["sosie"]), **means} if means else {}


def _render(plate: Picture, pair: Pair, bench: Bench) -> Any:
    return render(
        plate,
        bench.people[pair.person].twin,
        faces=bench.faces,
        kernel=bench.kernel,
        choice=FaceChoice(),
        options=RenderOptions(),
    )


def _scores(picture: NDArray[np.float32], truth: Truth, faces: Faces) -> dict[str, float]:
    found = measure(picture, truth)
    ours, theirs = _largest(_bytes(picture), faces), _largest(_bytes(truth.picture), faces)
    if ours is None or theirs is None:
        return {**found, "id": 0.0, "lm": 100.0}
    a, b = faces.embed(_bytes(picture), ours), faces.embed(_bytes(truth.picture), theirs)
    span = float(np.linalg.norm(theirs.landmarks[33, :2] - theirs.landmarks[263, :2]))
    apart = np.linalg.norm(ours.landmarks[:468, :2] - theirs.landmarks[:468, :2], axis=1).mean()
    return {**found, "id": float(1 - np.linalg.norm(a - b) / 2), "lm": float(100 * apart / span)}


def _ceiling(people: Path, name: str, faces: Faces) -> float:
    """How alike the embedder finds two pictures of this person: in different scenes, else in the captures."""
    paths = sorted((people / "plates").glob(f"*/plate_{name}.webp"))
    paths += sorted((people / "plates").glob(f"*/truth_{name}.webp"))
    if len(paths) < 2:
        paths = photographs_in(people / "captures" / name)
    known = []
    for path in paths:
        rgb = np.ascontiguousarray(read_picture(path).pixels[..., :3])
        if (face := _largest(rgb, faces)) is not None:
            known.append(faces.embed(rgb, face))
    pairs = [1 - np.linalg.norm(a - b) / 2 for i, a in enumerate(known) for b in known[:i]]
    return float(np.mean(pairs)) if pairs else 1.0


def _tone(twin: Twin) -> str:
    """The twin's skin by its individual typology angle."""
    from skimage.color import rgb2lab

    linear = twin.tone.astype(np.float32)[None, None]
    lightness, _, yellow = rgb2lab(coded(linear, "linear-srgb"))[0, 0]
    angle = float(np.degrees(np.arctan2(lightness - 50, max(yellow, 1e-3))))
    return next(name for least, name in TONES if angle > least)


def _shown(pair: Pair, bench: Bench, side: int) -> Bytes:
    """A pair's tile, from the picture that was written."""
    truth = read_truth(pair.truth)
    path = bench.out / pair.scene / f"{pair.person}.png"
    before = _bytes(truth.plate)
    picture = np.ascontiguousarray(read_picture(path).pixels[..., :3]) if path.is_file() else before
    return tile(truth, picture, _largest(before, bench.faces), side)


def _label(row: Mapping[str, Any]) -> str:
    ours = row.get("sosie")
    words = f"dE {ours['dE00']:.1f}  ssim {ours['ssim']:.2f}" if ours else "refused"
    return f"{row['scene']} {row['person']}  {words}"


def _largest(picture: Bytes, faces: Faces) -> Face | None:
    found = faces.find(picture)
    return choose(found, FaceChoice()) if found else None


def _bytes(picture: NDArray[np.float32]) -> Bytes:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)
