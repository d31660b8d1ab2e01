"""Triangles to pixels: which triangle covers a pixel, and interpolated values there.

Coordinates are continuous: the centre of pixel (row 0, column 0) is (0.5, 0.5). Triangles are painted from the
farthest to the nearest, so that the nearest wins; a pixel outside every triangle has the id -1.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SHIFT = 6  # fractional bits of cv2's fixed-point polygons


@dataclass(frozen=True, eq=False)
class Raster:
    """A picture of a mesh: `triangle` (H, W) int32, -1 outside; `points` (n, 2) and `triangles` as they were drawn."""

    triangle: NDArray[np.int32]
    points: NDArray[np.float32]
    triangles: NDArray[np.int32]

    @property
    def covered(self) -> NDArray[np.bool_]:
        """(H, W): where the mesh is."""
        return self.triangle >= 0

    def interpolate(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W, k) float32: `values` (n, k) of the vertices, linear in each triangle; 0 outside.

        A pixel on a triangle's edge may have its centre just outside: it takes no value beyond the corners'.
        """
        height, width = self.triangle.shape
        pixels = np.flatnonzero(self.covered)
        ids = np.take(self.triangle, pixels)
        y, x = (axis.astype(np.float32)[:, None] + np.float32(0.5) for axis in np.divmod(pixels, width))
        across, down, start = affine_of_triangles(self.points, values, self.triangles).transpose(1, 0, 2)
        corners = values[self.triangles].astype(np.float32)

        def each(of_triangles: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.take(of_triangles, ids, axis=0)

        found = each(across) * x + each(down) * y + each(start)
        out = np.zeros((height * width, values.shape[1]), np.float32)
        out[pixels] = np.clip(found, each(corners.min(1)), each(corners.max(1)))
        return out.reshape(height, width, -1)


def rasterise(
    points: NDArray[np.float32],
    triangles: NDArray[np.int32],
    size: tuple[int, int],
    *,
    depth: NDArray[np.float32] | None = None,
    facing: bool = True,
) -> Raster:
    """Draw `triangles` with corners `points` (n, 2) into a picture of `size` (height, width).

    `depth` (n,) grows away from the viewer; without it the order is the list's. `facing` leaves out triangles seen
    from behind (those that are clockwise where the face mesh seen from the front is not).
    """
    points = points.astype(np.float32)
    corners = points[triangles]
    order = np.arange(len(triangles))
    if depth is not None:
        order = np.argsort(-depth[triangles].mean(1), kind="stable")
    if facing:
        edge1, edge2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        area = edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0]
        order = order[area[order] < 0]
    canvas = np.full(size, -1, np.int32)
    fixed = np.round((corners - 0.5) * (1 << SHIFT)).astype(np.int32)
    for index in order:
        cv2.fillConvexPoly(canvas, fixed[index], int(index), cv2.LINE_8, SHIFT)
    return Raster(canvas, points, triangles)


def affine_of_triangles(
    points: NDArray[np.float32], values: NDArray[np.float32], triangles: NDArray[np.int32]
) -> NDArray[np.float32]:
    """(m, 3, k): for each triangle the matrix that takes (x, y, 1) to its values; 0 for degenerate triangles."""
    corners = np.concatenate([points[triangles], np.ones((len(triangles), 3, 1), np.float32)], 2).astype(
        np.float64
    )
    flat = np.abs(np.linalg.det(corners)) < 1e-9
    corners[flat] = np.eye(3)
    solved = np.linalg.solve(corners, values[triangles].astype(np.float64))
    solved[flat] = 0
    return np.asarray(solved, np.float32)


def faced(points: NDArray[np.float32], triangles: NDArray[np.int32]) -> NDArray[np.float32]:
    """(m,): cosine between each triangle of `points` (n, 3; z grows away) and the viewer; below 0 seen from behind."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    return np.asarray(-normal[:, 2] / np.maximum(np.linalg.norm(normal, axis=1), 1e-12), np.float32)


def vertex_normals(vertices: NDArray[np.float32], triangles: NDArray[np.int32]) -> NDArray[np.float32]:
    """(n, 3) unit normals, towards the viewer (z < 0) where the frontal face is; picture axes (y down, z away)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices, dtype=np.float64)
    for k in range(3):
        np.add.at(normals, triangles[:, k], face)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-12), np.float32)
