"""The plate's grain on the likeness: measured on the plate, made anew with a fixed seed.

Skin detail and grain are told apart by scale: grain is what differs between neighbouring pixels of the smoothest
blocks (Immerkær 1996's Laplacian mask cancels edges and gradients).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
SEED = 20261123
#: Relative grain below this is not worth drawing.
LEAST = 0.004


def grain_of(plate: NDArray[np.float32], matte: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) float32 to multiply with (1 + grain), as strong as in `plate` (H, W, 3) linear around the face."""
    level = noise_level(plate)
    if level < LEAST:
        return np.zeros_like(matte)
    random = np.random.default_rng(SEED)
    return np.asarray(random.standard_normal(matte.shape, np.float32) * level, np.float32)


def noise_level(plate: NDArray[np.float32]) -> float:
    """Standard deviation of the plate's grain, relative to its brightness: the quietest tenth of 16 px blocks."""
    luma = np.log(np.maximum(plate, 1e-3)).mean(-1)
    response = np.abs(cv2.filter2D(np.asarray(luma, np.float32), -1, MASK))
    blocks = cv2.resize(response, None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA)
    return float(np.quantile(blocks, 0.1) * np.sqrt(np.pi / 2) / 6)
