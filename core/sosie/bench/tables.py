"""Means, groups and tables of the quality bench's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

METRICS = ("dE00", "ssim", "hf", "id", "id_rel", "lm", "seam", "outside")
#: Rows of the table: key in the figures, and what it is called.
METHODS = {
    "plate": "no-op: the plate itself",
    "classical": "classical: affine warp + seamlessClone",
    "best128": "best case of a 128 px network",
    "best256": "best case of a 256 px network",
    "best512": "best case of a 512 px network",
    "sosie": "Sosie",
}
#: Where more is better; hf is best at 1, and of all others less is better.
MORE = frozenset({"ssim", "id", "id_rel"})
Row = dict[str, Any]


def summary(rows: Sequence[Row], tones: Mapping[str, str], ceilings: Mapping[str, float]) -> dict[str, Any]:
    """`mean` of every method, `people` and `tones` of ours, and how often we are better than whom.

    A refused pair counts as the plate itself: refusing must not flatter the mean. `id_rel` is `id` over the embedder's
    likeness of two pictures of that person, `ceilings`.
    """
    for row in rows:
        for method in METHODS.keys() & row.keys():
            row[method]["id_rel"] = row[method]["id"] / max(ceilings.get(row["person"], 1.0), 1e-6)
    ours = [(row, _ours(row)) for row in rows]
    present = [name for name in METHODS if any(name in row for row in rows)]
    mean = {name: _mean([row[name if name in row else "plate"] for row in rows]) for name in present}
    people = sorted({row["person"] for row in rows})
    return {
        "mean": mean,
        "people": {p: _mean([values for row, values in ours if row["person"] == p]) for p in people},
        "tones": {
            tone: _mean([values for row, values in ours if tones.get(row["person"]) == tone])
            for tone in sorted({tones[p] for p in people if p in tones})
        },
        "ceiling": dict(ceilings),
        "worst_over_mean": _spread(people, ours, mean.get("sosie", {})),
        "better_than_plate": _share(rows, "plate", ("dE00", "ssim")),
        "better_than_classical": _share(rows, "classical", METRICS),
        "better_than_classical_by": {m: _share(rows, "classical", (m,)) for m in METRICS},
    }


def worst(rows: Sequence[Row], count: int = 10) -> list[int]:
    """Numbers of the worst pairs: by rank in dE00 and in ssim together."""
    ours = [_ours(row) for row in rows]
    ranks = np.zeros(len(ours))
    for metric in ("dE00", "ssim"):
        losses = [loss(metric, values[metric]) for values in ours]
        ranks += np.argsort(np.argsort(losses))
    return [int(number) for number in np.argsort(-ranks, kind="stable")[:count]]


def loss(metric: str, value: float) -> float:
    """How bad `value` is."""
    if metric == "hf":
        return abs(float(np.log(max(value, 1e-6))))
    return -value if metric in MORE else value


def report(result: Mapping[str, Any]) -> str:
    """The figures as text tables in Markdown."""
    rows = result["rows"]
    parts = [
        _table("", {name: result["mean"][key] for key, name in METHODS.items() if key in result["mean"]}),
        _table("person", result["people"]),
        _table("skin", result["tones"]),
    ]
    failed = [row for row in rows if "error" in row]
    whole = (
        f"{result['pairs']} pairs, {len(failed)} refused; better than the plate in dE00 and ssim in "
        f"{result['better_than_plate']:.0%}, than the classical way on every metric in "
        f"{result['better_than_classical']:.0%}."
    )
    lines = [whole, *(f"- {row['scene']} {row['person']}: {row['error']}" for row in failed)]
    if large := result.get("large"):
        lines.append(
            f"Faces of {large['face_px']} px ({large['pairs']} pairs): ssim {large['sosie']['ssim']:.3f} against "
            f"{large['best128']['ssim']:.3f} and hf {large['sosie']['hf']:.2f} against {large['best128']['hf']:.2f} of "
            "the best case of a 128 px network."
        )
    if moving := result.get("jitter"):
        lines += [
            f"Landmarks of {what} frames: {figures['rest']:.2f} px from frame to frame at rest, {figures['moving']:.2f} "
            f"moving, {figures['off']:.2f} px off."
            for what, figures in moving.items()
        ]
    return "\n\n".join([*parts, "\n".join(lines)])


def _ours(row: Row) -> Row:
    found: Row = row["sosie" if "sosie" in row else "plate"]
    return found


def _table(head: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    lines = [f"| {head} | " + " | ".join(METRICS) + " |", "| --- |" + " ---: |" * len(METRICS)]
    lines += [
        f"| {name} | " + " | ".join(_words(m, values[m]) for m in METRICS) + " |"
        for name, values in rows.items()
    ]
    return "\n".join(lines)


def _words(metric: str, value: float) -> str:
    digits = {"dE00": 2, "lm": 2, "hf": 2, "seam": 2, "outside": 0}.get(metric, 3)
    return f"{value:.{digits}f}"


def _mean(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([value[name] for value in values])) for name in METRICS}


def _spread(
    people: Sequence[str], ours: Sequence[tuple[Row, Row]], mean: Mapping[str, float]
) -> dict[str, float]:
    """How far the worst person is from the mean, as a share of it; for hf of 1."""
    found = {}
    for metric in ("dE00", "ssim", "id", "lm") if mean else ():
        each = [np.mean([v[metric] for row, v in ours if row["person"] == p]) for p in people]
        bad = max(each, key=lambda value: loss(metric, float(value)))
        found[metric] = float(abs(bad - mean[metric]) / max(abs(mean[metric]), 1e-6))
    return found


def _share(rows: Sequence[Row], other: str, metrics: Sequence[str]) -> float:
    """The share of all pairs in which ours is rendered and as good or better in all `metrics`."""
    if not rows or not any(other in row for row in rows):
        return 0.0
    wins = [
        "sosie" in row
        and other in row
        and all(loss(m, row["sosie"][m]) <= loss(m, row[other][m]) for m in metrics)
        for row in rows
    ]
    return float(np.mean(wins))
