"""YuNet: where faces are, with five points each.

Decoding follows `libfacedetection` (Wu, Peng, Yu: YuNet, 2023): three grids with strides 8, 16 and 32; a score is
the root of class times objectness; offsets are in cells, sizes are exponentials.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.models import ModelStore

STRIDES = (8, 16, 32)
#: Height and width must be multiples of the coarsest stride.
GRID = 32
MIN_SCORE = 0.6
#: Two boxes that share this much of their union show one face.
SAME_FACE = 0.3


@dataclass(frozen=True, eq=False)
class Detection:
    """A face's place: box (4,) x0, y0, x1, y1 and points (5, 2): the eyes (picture's left first), nose, mouth."""

    score: float
    box: NDArray[np.float64]
    points: NDArray[np.float64]


class Detector:
    """Searches a picture at a given size."""

    def __init__(self, models: ModelStore) -> None:
        self._session = models.session("yunet", threads=2)
        self._names = [f"{part}_{stride}" for stride in STRIDES for part in ("cls", "obj", "bbox", "kps")]

    def search(self, picture: NDArray[np.uint8], side: int) -> list[Detection]:
        """Faces in `picture` (H, W, 3) RGB seen with its longer side shrunk or enlarged to `side` pixels."""
        height, width = picture.shape[:2]
        scale = side / max(height, width)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        seen = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        canvas = np.zeros((3, -(-size[1] // GRID) * GRID, -(-size[0] // GRID) * GRID), np.float32)
        for plane, channel in zip(canvas, reversed(cv2.split(seen)), strict=True):  # trained on BGR
            plane[: size[1], : size[0]] = channel
        outputs = self._session.run(self._names, {"input": canvas[None]})
        back = np.array([width / size[0], height / size[1]])
        found = itertools.chain.from_iterable(
            _decode(
                stride,
                canvas.shape[2] // stride,
                [part[0] for part in outputs[4 * level : 4 * level + 4]],
                back,
            )
            for level, stride in enumerate(STRIDES)
        )
        return distinct(found)


def distinct(detections: Iterable[Detection]) -> list[Detection]:
    """The best detection of each face, best first."""
    kept: list[Detection] = []
    for candidate in sorted(detections, key=lambda detection: -detection.score):
        if all(_shared(candidate.box, other.box) < SAME_FACE for other in kept):
            kept.append(candidate)
    return kept


def _decode(
    stride: int, columns: int, outputs: list[NDArray[Any]], back: NDArray[np.float64]
) -> Iterable[Detection]:
    classes, objects, boxes, points = outputs
    scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
    for index in np.flatnonzero(scores > MIN_SCORE):
        cell = np.array([index % columns, index // columns])
        centre = (cell + boxes[index, :2]) * stride
        half = np.exp(boxes[index, 2:]) * stride / 2
        yield Detection(
            float(scores[index]),
            np.concatenate([(centre - half) * back, (centre + half) * back]),
            (cell + points[index].reshape(5, 2)) * stride * back,
        )


def _shared(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    sides = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    shared = sides.prod()
    return float(shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared))
