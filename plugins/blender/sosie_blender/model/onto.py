"""One head's surface laid onto another's by pairs of points: a similarity, then a thin-plate warp; and UV drawing.

Needs no Blender. The warp is the biharmonic spline of three dimensions (kernel r; Bookstein 1989), exact at the
points where these are as many as its kernel can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: The points an artist is asked to correct: name -> vertex of the face mesh.
LANDMARKS = {
    "forehead": 10,
    "brow right": 105,
    "brow left": 334,
    "eye right outer": 33,
    "eye right inner": 133,
    "eye left inner": 362,
    "eye left outer": 263,
    "nose tip": 1,
    "nose base": 2,
    "mouth right": 61,
    "mouth left": 291,
    "upper lip": 0,
    "lower lip": 17,
    "chin": 152,
    "jaw right": 172,
    "jaw left": 397,
    "cheek right": 234,
    "cheek left": 454,
}


@dataclass(frozen=True, eq=False)
class Similarity:
    """x -> scale * rotation @ x + shift."""

    scale: float
    rotation: Array  # (3, 3)
    shift: Array  # (3,)

    def __call__(self, points: Array) -> Array:
        """(n, 3) moved."""
        return np.asarray(self.scale * points @ self.rotation.T + self.shift)


def similarity(source: Array, target: Array) -> Similarity:
    """The best one for pairs (n, 3), n at least 3 (Umeyama 1991)."""
    a, b = source.mean(0), target.mean(0)
    x, y = source - a, target - b
    u, s, vt = np.linalg.svd(y.T @ x)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((s * sign).sum() / (x**2).sum())
    return Similarity(scale, rotation, b - scale * rotation @ a)


def warp(source: Array, target: Array, points: Array) -> Array:
    """`points` (m, 3) moved as the pairs `source`, `target` (n, 3) are: similarity, then spline of what remains."""
    rigid = similarity(source, target)
    here, moved = rigid(source), rigid(points)
    n = len(here)
    system = np.zeros((n + 4, n + 4))
    system[:n, :n] = np.linalg.norm(here[:, None] - here[None], axis=2)
    system[:n, n:] = np.c_[np.ones(n), here]
    system[n:, :n] = system[:n, n:].T
    weights = np.linalg.solve(system, np.r_[target - here, np.zeros((4, 3))])
    kernel = np.linalg.norm(moved[:, None] - here[None], axis=2)
    return np.asarray(moved + kernel @ weights[:n] + np.c_[np.ones(len(moved)), moved] @ weights[n:])


def rim(polygons: list[list[int]], count: int, rings: int = 3) -> Array:
    """(count,) 0 at the mesh's open edge, 1 from `rings` edges inside it."""
    sides: dict[tuple[int, int], int] = {}
    for polygon in polygons:
        for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            sides[min(a, b), max(a, b)] = sides.get((min(a, b), max(a, b)), 0) + 1
    pairs = np.array(list(sides))
    away = np.full(count, rings)
    away[pairs[np.array(list(sides.values())) == 1].ravel()] = 0
    for ring in range(1, rings):
        near = away == ring - 1
        for a, b in (pairs.T, pairs.T[::-1]):
            touched = b[near[a]]
            away[touched] = np.minimum(away[touched], ring)
    return away / rings


def draw(uv: Array, values: Array, side: int) -> tuple[Array, NDArray[np.bool_]]:
    """Triangles in a UV square: `uv` (m, 3, 2) v up, `values` (m, 3, k) -> (side, side, k), row 0 at the bottom.

    Also which texels a triangle covers; a triangle reaches half a texel beyond its edge, so that none is missed.
    """
    out = np.zeros((side, side, values.shape[2]))
    covered = np.zeros((side, side), bool)
    for corners, carried in zip(uv * side - 0.5, values, strict=True):
        low = np.maximum(np.floor(corners.min(0)).astype(int), 0)
        high = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, side)
        edge = corners[1:] - corners[0]
        area = edge[0, 0] * edge[1, 1] - edge[0, 1] * edge[1, 0]
        if (high <= low).any() or abs(area) < 1e-9:
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        dx, dy = x - corners[0, 0], y - corners[0, 1]
        b = (dx * edge[1, 1] - dy * edge[1, 0]) / area
        c = (dy * edge[0, 0] - dx * edge[0, 1]) / area
        share = np.stack([1 - b - c, b, c], -1)
        slack = 0.5 * np.abs(edge).max() / abs(area)
        inside = share.min(-1) >= -slack
        out[y[inside], x[inside]] = np.clip(share[inside], 0, 1) @ carried
        covered[y[inside], x[inside]] = True
    return out, covered


def sample(picture: NDArray[np.float32], uv: Array) -> NDArray[np.float32]:
    """`picture` (h, w, k), row 0 at the bottom, at `uv` (..., 2), bilinear."""
    height, width = picture.shape[:2]
    x = np.clip(uv[..., 0] * width - 0.5, 0, width - 1.001)
    y = np.clip(uv[..., 1] * height - 0.5, 0, height - 1.001)
    i, j = x.astype(int), y.astype(int)
    s, t = (x - i)[..., None], (y - j)[..., None]
    lower = picture[j, i] * (1 - s) + picture[j, i + 1] * s
    upper = picture[j + 1, i] * (1 - s) + picture[j + 1, i + 1] * s
    return np.asarray(lower * (1 - t) + upper * t, np.float32)
