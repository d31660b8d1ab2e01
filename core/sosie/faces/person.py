"""The person matte: MediaPipe's selfie segmentation, run on the picture and again close around a face."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.crop import Crop, for_warp, sample
from sosie.models import ModelStore

SIDE = 256
#: The close pass sees this many face sizes, and fades into the wide pass over its outer eighth.
REACH = 3.0
FADE = SIDE // 8


class PersonMask:
    """Where people are."""

    def __init__(self, models: ModelStore) -> None:
        self._session = models.session("person_mask")

    def wide(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W) float32, 0 to 1, of the whole picture, squeezed into the network's square."""
        height, width = picture.shape[:2]
        seen = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        matte = cv2.resize(
            self._run(np.asarray(seen, np.uint8)), (width, height), interpolation=cv2.INTER_LINEAR
        )
        return np.asarray(matte, np.float32)

    def close(
        self, picture: NDArray[np.uint8], centre: tuple[float, float], size: float
    ) -> NDArray[np.float32]:
        """(H, W) float32: a finer matte around a face of `size` pixels, the wide one elsewhere."""
        matte = self.wide(picture)
        matrix = Crop(*centre, size * REACH).matrix(SIDE)
        near = self._run(sample(picture, matrix, SIDE))
        ramp = np.clip((np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1]) + 0.5) / FADE, 0, 1)
        trust = np.minimum(ramp[:, None], ramp[None]).astype(np.float32)
        x0, y0, x1, y1 = _inside(matrix, picture.shape)
        if x0 >= x1 or y0 >= y1:
            return matte
        placed = matrix.copy()
        placed[:, 2] -= (x0, y0)
        centred = for_warp(placed)
        near, trust = (
            np.asarray(cv2.warpAffine(layer, centred, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR), np.float32)
            for layer in (near, trust)
        )
        part = matte[y0:y1, x0:x1]
        part += trust * (near - part)
        return matte

    def _run(self, seen: NDArray[np.uint8]) -> NDArray[np.float32]:
        matte = self._session.run(None, {"input_1": seen[None].astype(np.float32) / 255})[0]
        return np.clip(np.asarray(matte, np.float32).reshape(SIDE, SIDE), 0, 1)


def _inside(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The plate pixels under an upright crop: x0, y0, x1, y1."""
    low, high = matrix[:, 2], matrix[:, 2] + matrix[:, :2] @ np.full(2, SIDE)
    x0, y0 = np.maximum(np.floor(low), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(high), shape[1::-1]).astype(int)
    return int(x0), int(y0), int(x1), int(y1)
