"""Where the landmark network is wrong, taken off: its points brought onto the skin they name.

The network places many points beside the skin they stand for, the outline's above all. On rendered heads, whose surface
is known, how far can be told from what the network saw (the last but one layer's map of the crop) and from the shape
that its own points make, both linearly; `graphs/landmark_bias.py` fits it, on invented people who are in no test. Pose,
expression and identity keep the network's own points: the networks behind them were trained on those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sosie.faces.face import Face
from sosie.faces.landmarks import EYES
from sosie.models.graphs import graph_arrays

FILE = "landmark_bias.npz"


@dataclass(frozen=True, eq=False)
class Bias:
    """What is seen is told in k numbers, each within what was met when this was fitted; they make the offsets."""

    features: NDArray[np.float32]  # (2048, k)
    shape: NDArray[np.float32]  # (1404, k)
    limits: NDArray[np.float32]  # (2, k) the least and the greatest
    offsets: NDArray[np.float32]  # (k, 468, 2) eye distances, the eyes level
    mean: NDArray[np.float32]  # (468, 2)


@lru_cache(maxsize=2)
def load_bias(root: Path | None = None) -> Bias:
    """The bias in the model store's folder `graphs`.

    Raises:
        ModelError: models_missing.
    """
    return Bias(**{name: values.astype(np.float32) for name, values in graph_arrays(FILE, root).items()})


def on_the_skin(face: Face, bias: Bias) -> Face:
    """`face` with its 468 surface landmarks corrected; depth, irises and everything else stay."""
    level, span = frame_of(face.landmarks)
    told = face.features.astype(np.float32) @ bias.features + shape_of(face.landmarks) @ bias.shape
    offset = bias.mean + np.tensordot(np.clip(told, *bias.limits), bias.offsets, 1)
    landmarks = face.landmarks.copy()
    landmarks[:468, :2] += span * offset @ level
    return replace(face, landmarks=landmarks.astype(np.float32))


def shape_of(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """(1404,): the surface's points and depths about their middle, eyes level, in eye distances."""
    level, span = frame_of(landmarks)
    points = landmarks[:468] - landmarks[:468].mean(0)
    points[:, :2] = points[:, :2] @ level.T
    return np.asarray(points / max(span, np.float32(1e-6)), np.float32).ravel()


def frame_of(landmarks: NDArray[np.float32]) -> tuple[NDArray[np.float32], np.float32]:
    """The (2, 2) rotation that levels the eyes, and their outer corners' distance in pixels."""
    across = landmarks[EYES[1], :2] - landmarks[EYES[0], :2]
    span = np.float32(np.linalg.norm(across))
    cos, sin = across / max(span, np.float32(1e-6))
    return np.array([[cos, sin], [-sin, cos]], np.float32), span
