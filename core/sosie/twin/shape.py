"""The neutral 3D shape from all neutral views: a bundle over the face mesh.

Alternate (1) each view's scaled orthographic camera and (2) each vertex by weighted least squares over the views
that see it, with the fitted face basis as prior. Expression views take no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face
from sosie.twin.basis import Basis, Camera, fit_camera, fit_face, visibility
from sosie.twin.raster import vertex_normals

ROUNDS = 6
#: Weight of the prior against one view seen frontally.
PRIOR = 0.3


@dataclass(frozen=True, eq=False)
class Neutral:
    """`shape` (468, 3) in the basis's frame, one camera a view, and the RMS misfit in units of the eye distance."""

    shape: NDArray[np.float32]
    cameras: tuple[Camera, ...]
    residual: float


def bundle(views: Sequence[Face], basis: Basis, triangles: NDArray[np.int32]) -> Neutral:
    """The shape that explains the landmarks of all `views` (at least one; the first is the frontal one)."""
    mean_normals = vertex_normals(basis.mean, triangles)
    still = np.zeros(len(basis.expression), np.float32)
    prior = fit_face(basis, views[0].landmarks, mean_normals, still).neutral.astype(np.float64)
    shape = prior.copy()
    points = [view.landmarks[:468, :2].astype(np.float64) for view in views]
    cameras: list[Camera] = []
    for _ in range(ROUNDS):
        normals = vertex_normals(shape.astype(np.float32), triangles)
        cameras = []
        lhs = np.tile(np.eye(3) * PRIOR, (468, 1, 1))
        rhs = prior * PRIOR
        for xy in points:
            camera = fit_camera(shape, xy, np.ones(468))
            seen = visibility(camera, normals).astype(np.float64) ** 2
            camera = fit_camera(shape, xy, seen)
            cameras.append(camera)
            rows = camera.rotation[:2]
            lhs += seen[:, None, None] * (rows.T @ rows)
            rhs += seen[:, None] * (((xy - camera.shift) / camera.scale) @ rows)
        shape = np.asarray(np.linalg.solve(lhs, rhs[..., None])[..., 0], np.float64)
    errors = [
        visibility(camera, normals)[:, None] * (camera.project(shape)[:, :2] - xy) / camera.scale
        for camera, xy in zip(cameras, points, strict=True)
    ]
    return Neutral(shape.astype(np.float32), tuple(cameras), float(np.sqrt(np.mean(np.square(errors)))))
