"""Where the landmark network is wrong by habit, taken off: its points brought onto the skin they name.

The network places some points beside the skin they stand for, the more so the further the head is turned. On rendered
heads, whose surface is known, that error is a smooth function of yaw and pitch, the same for everybody and mirrored
between left and right; `graphs/landmark_bias.py` fits it. Pose, expression and identity keep the network's own points:
the networks behind them were trained on those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sosie.errors import ModelError
from sosie.faces.face import Face
from sosie.faces.landmarks import EYES
from sosie.models import ModelStore

FILE = "graphs/landmark_bias.npz"
#: Degrees that one unit of the fit's variables stands for.
UNIT = 45.0


@dataclass(frozen=True, eq=False)
class Bias:
    """`terms` (6, 468, 2): offsets in eye distances, the eyes level, of 1, yaw, pitch, yaw2, yaw pitch, pitch2.

    `limits` (2,): yaw and pitch in `UNIT`s up to which it was fitted; beyond, the offset at the limit is used.
    """

    terms: NDArray[np.float32]
    limits: NDArray[np.float32]


@lru_cache(maxsize=2)
def load_bias(root: Path | None = None) -> Bias:
    """The bias in the model store's folder `graphs`.

    Raises:
        ModelError: models_missing.
    """
    path = (root or ModelStore.default().root) / FILE
    if not path.is_file():
        raise ModelError(
            "The landmarks' bias is missing.", remedy="Install Sosie again: the file belongs to it."
        )
    with np.load(path, allow_pickle=False) as data:
        return Bias(data["terms"].astype(np.float32), data["limits"].astype(np.float32))


def on_the_skin(face: Face, bias: Bias) -> Face:
    """`face` with its 468 surface landmarks corrected; depth, irises and everything else stay."""
    level, span = frame_of(face.landmarks)
    offset = np.tensordot(variables(face.pose.yaw, face.pose.pitch, bias.limits), bias.terms, 1)
    landmarks = face.landmarks.copy()
    landmarks[:468, :2] += span * offset @ level
    return replace(face, landmarks=landmarks.astype(np.float32))


def frame_of(landmarks: NDArray[np.float32]) -> tuple[NDArray[np.float32], np.float32]:
    """The (2, 2) rotation that levels the eyes, and their outer corners' distance in pixels."""
    across = landmarks[EYES[1], :2] - landmarks[EYES[0], :2]
    span = np.float32(np.linalg.norm(across))
    cos, sin = across / max(span, np.float32(1e-6))
    return np.array([[cos, sin], [-sin, cos]], np.float32), span


def variables(yaw: float, pitch: float, limits: NDArray[np.float32]) -> NDArray[np.float32]:
    """(6,): what the terms are multiplied with, for a pose in degrees."""
    y, p = np.clip(np.array([yaw, pitch], np.float32) / np.float32(UNIT), -limits, limits)
    return np.array([1, y, p, y * y, y * p, p * p], np.float32)
