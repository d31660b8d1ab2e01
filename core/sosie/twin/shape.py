"""The neutral 3D shape from all neutral views: a bundle over the face mesh.

Alternate (1) each view's scaled orthographic camera, (2) each vertex by weighted least squares over the views that see
it, and (3) the face of the basis that is likeliest for the whole of them, which is their prior. Where hair or a hand lies
before a face its landmark is a guess and has little say. Expression views take no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face
from sosie.faces.shown import shown_of
from sosie.twin.basis import Basis, Camera, fit_camera, fit_face, visibility
from sosie.twin.raster import vertex_normals

ROUNDS = 6
#: Weight of the prior against one view seen frontally, and one standard deviation of a vertex from it in eye distances.
PRIOR, NOISE = 1.0, 0.05
#: What so many frontal views' weight has seen is known; and the least weight of a landmark that is covered.
KNOWN, LEAST = 3.0, 0.05


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
    bare = [np.clip(shown_of(view.shown, view.crop, view.landmarks[:468]), LEAST, 1) for view in views]
    points = [view.landmarks[:468, :2].astype(np.float64) for view in views]
    cameras: list[Camera] = []
    for _ in range(ROUNDS):
        normals = vertex_normals(shape.astype(np.float32), triangles)
        cameras = []
        lhs = np.tile(np.eye(3) * PRIOR, (468, 1, 1))
        rhs = prior * PRIOR
        weight = np.zeros(468)
        for xy, shown in zip(points, bare, strict=True):
            camera = fit_camera(shape, xy, shown)
            seen = visibility(camera, normals).astype(np.float64) ** 2 * shown
            camera = fit_camera(shape, xy, seen)
            cameras.append(camera)
            weight += seen
            rows = camera.rotation[:2]
            lhs += seen[:, None, None] * (rows.T @ rows)
            rhs += seen[:, None] * (((xy - camera.shift) / camera.scale) @ rows)
        shape = np.asarray(np.linalg.solve(lhs, rhs[..., None])[..., 0], np.float64)
        prior = likeliest(shape, np.sqrt(np.minimum(weight / KNOWN, 1)), basis)
    errors = [
        (visibility(camera, normals) * shown)[:, None] * (camera.project(shape)[:, :2] - xy) / camera.scale
        for camera, xy, shown in zip(cameras, points, bare, strict=True)
    ]
    return Neutral(shape.astype(np.float32), tuple(cameras), float(np.sqrt(np.mean(np.square(errors)))))


def likeliest(shape: NDArray[np.float64], known: NDArray[np.float64], basis: Basis) -> NDArray[np.float64]:
    """(468, 3): the face of `basis` that `shape` (468, 3) most likely is, each vertex `known` (468,) 0 to 1."""
    modes = basis.identity.reshape(len(basis.identity), -1).astype(np.float64)
    weighted = modes * np.repeat(known, 3) / NOISE**2
    target = (shape - basis.mean).ravel()
    found = np.linalg.solve(weighted @ modes.T + np.eye(len(modes)), weighted @ target)
    return np.asarray(basis.mean + np.tensordot(found, basis.identity, 1), np.float64)
