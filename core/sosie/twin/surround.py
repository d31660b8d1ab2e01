"""What lies around the face mesh: jaw, ears, temples and neck of a fitted face.

No landmark stands there. The shape is the likeliest one for this face: the invented people of `graphs/surround.py` say
how ears and neck go with a face's identity components, and what the components miss at the rim is carried outwards.
Same frame as the face basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sosie.models.graphs import graph_arrays
from sosie.twin.basis import Basis

FILE = "face_surround.npz"
FACE = 468
#: One standard deviation of a vertex of a twin's shape, in units of the eye distance.
NOISE = 0.03
#: What is missed at the rim is shared among its vertices within `NEAR`, and fades over `FAR` units.
NEAR, FAR = 0.2, 1.0


@dataclass(frozen=True, eq=False)
class Surround:
    """n vertices, numbered from 468 on, so that they follow the face's."""

    mean: NDArray[np.float32]  # (n, 3)
    identity: NDArray[np.float32]  # (60, n, 3), by the face basis's own coefficients
    expression: NDArray[np.float32]  # (52, n, 3), order of faces.EXPRESSIONS
    polygons: NDArray[np.int32]  # (m, 4) over 468 + n vertices, -1 last in a triangle
    uv: NDArray[np.float32]  # (m, 4, 2) in a rectangle of their own, 0 to 1, v down

    @property
    def rim(self) -> NDArray[np.int32]:
        """The vertices of the face mesh that its polygons touch."""
        found = np.unique(self.polygons)
        return np.asarray(found[(found >= 0) & (found < FACE)], np.int32)


@lru_cache(maxsize=2)
def load_surround(root: Path | None = None) -> Surround:
    """The surround in the model store's folder `graphs`.

    Raises:
        ModelError: models_missing.
    """
    return Surround(**graph_arrays(FILE, root))


def surround_of(shape: NDArray[np.float32], basis: Basis, surround: Surround) -> NDArray[np.float32]:
    """(n, 3): the surround of the neutral face `shape` (468, 3)."""
    modes = basis.identity.reshape(len(basis.identity), -1).astype(np.float64)
    target = (shape - basis.mean).ravel().astype(np.float64)
    system = modes @ modes.T / NOISE**2 + np.eye(len(modes))
    coefficients = np.linalg.solve(system, modes @ target / NOISE**2)
    guess = surround.mean + np.tensordot(coefficients, surround.identity, 1)
    rim = surround.rim
    missed = (shape - basis.mean - np.tensordot(coefficients, basis.identity, 1))[rim]
    apart = np.linalg.norm(guess[:, None] - shape[rim][None], axis=2)
    nearest = apart.min(1, keepdims=True)
    share = np.exp(-(((apart - nearest) / NEAR) ** 2))
    carried = share @ missed / share.sum(1, keepdims=True)
    return np.asarray(guess + carried * np.exp(-((nearest / FAR) ** 2)), np.float32)
