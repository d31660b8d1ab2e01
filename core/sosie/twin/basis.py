"""The face basis, and fitting it to landmarks.

A face is `mean + identity . a + expression . w` (468, 3), seen by a scaled orthographic camera. The basis is built
by `graphs/basis.py` from CC0 data; its frame is there: x right, y down, z away from the viewer, one unit between the
outer eye corners. Fits are alternating least squares with the basis's own priors (ridge).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sosie.faces import EXPRESSIONS
from sosie.models.graphs import graph_arrays

FILE = "face_basis.npz"
#: One standard deviation of a landmark, in units of the eye distance; errors of neighbours go together, so it is wide.
NOISE = 0.05
#: How far a coefficient may be from what the network says (one standard deviation): it reads mouths and jaws well,
#: brows and lids less so.
TRUST_MOUTH, TRUST_REST = 0.1, 0.4
ROUNDS = 5


@dataclass(frozen=True, eq=False)
class Camera:
    """Scaled orthographic: picture = scale * (rotation[:2] @ X) + shift."""

    scale: float
    rotation: NDArray[np.float64]  # (3, 3)
    shift: NDArray[np.float64]  # (2,)

    def project(self, shape: NDArray[np.floating]) -> NDArray[np.float32]:
        """(n, 3) in picture pixels: x, y, and depth in the same scale, growing away from the viewer."""
        turned = self.scale * shape.astype(np.float64) @ self.rotation.T
        turned[:, :2] += self.shift
        return turned.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Basis:
    """See the module. All float32."""

    mean: NDArray[np.float32]  # (468, 3)
    identity: NDArray[np.float32]  # (k, 468, 3), one standard deviation each
    expression: NDArray[np.float32]  # (52, 468, 3), order of faces.EXPRESSIONS


@lru_cache(maxsize=2)
def load_basis(root: Path | None = None) -> Basis:
    """The basis in the model store's folder `graphs`.

    Raises:
        ModelError: models_missing.
    """
    return Basis(**graph_arrays(FILE, root))


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted face: the camera, the shape without expression, the coefficients, and how well it fits."""

    camera: Camera
    neutral: NDArray[np.float32]  # (468, 3)
    expression: NDArray[np.float32]  # (52,)
    residual: float  # RMS in units of the eye distance


def fit_camera(
    shape: NDArray[np.floating], points: NDArray[np.floating], weights: NDArray[np.floating]
) -> Camera:
    """The camera that best shows `shape` (n, 3) at `points` (n, 2), weighted (n,)."""
    w = weights.astype(np.float64) / weights.sum()
    centre, middle = w @ shape, w @ points
    x, y = shape - centre, points - middle
    covariance = (x * w[:, None]).T @ x
    affine = np.linalg.solve(covariance + 1e-9 * np.eye(3), (x * w[:, None]).T @ y).T  # (2, 3)
    u, s, vt = np.linalg.svd(affine, full_matrices=False)
    rows = u @ vt
    scale = float(s.mean())
    rotation = np.vstack([rows, np.cross(rows[0], rows[1])])
    return Camera(scale, rotation, middle - scale * rows @ centre)


def visibility(camera: Camera, normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,) 0 to 1: how much each vertex faces the camera."""
    towards = -(normals @ camera.rotation[2].astype(np.float32))
    return np.asarray(np.clip(towards + 0.25, 0.02, 1.0), np.float32)


def fit_face(
    basis: Basis,
    points: NDArray[np.floating],
    normals: NDArray[np.float32],
    coefficients: NDArray[np.float32],
    *,
    neutral: NDArray[np.float32] | None = None,
) -> Fit:
    """Camera, identity and expression for the landmarks `points` (468, 2 or more) of one picture.

    `coefficients` (52,) are the network's and serve as the prior of the expression. With `neutral` (468, 3) the
    identity is known and only camera and expression are fitted.
    """
    xy = points[:468, :2].astype(np.float64)
    shape = (basis.mean if neutral is None else neutral).astype(np.float64)
    rest, w = shape, coefficients.astype(np.float64)
    shape = rest + np.tensordot(w, basis.expression, 1)
    camera = fit_camera(shape, xy, np.ones(468))
    modes = basis.expression if neutral is not None else np.concatenate([basis.identity, basis.expression])
    n_identity = len(modes) - len(basis.expression)
    prior = np.concatenate([np.zeros(n_identity), w])
    sigma = np.concatenate([np.ones(n_identity), _trust()])
    start = rest
    residual = 0.0
    for _ in range(ROUNDS):
        seen = visibility(camera, normals)
        flat = camera.rotation[:2]
        design = (modes.astype(np.float64) @ flat.T).reshape(len(modes), -1)  # (m, 468*2)
        target = ((xy - camera.shift) / camera.scale - start @ flat.T).ravel()
        root = np.repeat(seen, 2)
        lhs = (design * root) @ design.T / NOISE**2 + np.diag(1 / sigma**2)
        rhs = (design * root) @ target / NOISE**2 + prior / sigma**2
        x = np.linalg.solve(lhs, rhs)
        x[n_identity:] = np.clip(x[n_identity:], -0.1, 1.2)
        rest = start + np.tensordot(x[:n_identity], basis.identity, 1) if n_identity else start
        w = x[n_identity:]
        shape = rest + np.tensordot(w, basis.expression, 1)
        camera = fit_camera(shape, xy, seen)
        error = (camera.project(shape)[:, :2] - xy) / camera.scale
        residual = float(np.sqrt((seen[:, None] * error**2).sum() / seen.sum()))
    return Fit(camera, rest.astype(np.float32), w.astype(np.float32), residual)


def _trust() -> NDArray[np.float64]:
    read_well = [name.startswith(("mouth", "jaw")) for name in EXPRESSIONS]
    return np.where(read_well, TRUST_MOUTH, TRUST_REST)


def moved(fit: Fit, basis: Basis) -> NDArray[np.float32]:
    """The fitted shape with its expression, (468, 3)."""
    return fit.neutral + np.tensordot(fit.expression, basis.expression, 1).astype(np.float32)


def rescaled(camera: Camera, scale: float, shift: NDArray[np.float64]) -> Camera:
    """The same view after a scaling and a shift in the picture."""
    return replace(camera, scale=camera.scale * scale, shift=camera.shift * scale + shift)
