"""The canonical face mesh: MediaPipe's topology with UV coordinates, shared by capture and render."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sosie.models import ModelStore


@dataclass(frozen=True, eq=False)
class Mesh:
    """A face of average shape; vertex i is landmark i."""

    #: (468, 3) float32, centimetres: x to the picture's right, y up, z towards the viewer.
    vertices: NDArray[np.float32]
    #: (468, 2) float32, 0 to 1, v down.
    uv: NDArray[np.float32]
    #: (898, 3) int32.
    triangles: NDArray[np.int32]
    #: (468,) float32: how much each vertex counts in a rigid fit; 0 for those that expressions move.
    rigidity: NDArray[np.float32]


def face_mesh(models: ModelStore | None = None) -> Mesh:
    """The mesh of `models`, or of this installation."""
    with np.load((models or ModelStore.default()).path("face_mesh"), allow_pickle=False) as data:
        vertices = data["V"]
        return Mesh(vertices[:, :3].copy(), vertices[:, 3:].copy(), data["F"], data["W"])
