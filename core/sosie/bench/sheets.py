"""Contact sheets: plate, result and truth side by side, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.bench.metrics import Truth
from sosie.faces import Face

#: Side of one picture in a sheet, and of those of the worst ten.
TILE, LARGE = 240, 400
Picture = NDArray[np.uint8]


def tile(truth: Truth, picture: Picture, face: Face | None, side: int = TILE) -> Picture:
    """Plate, `picture`, truth in a row, around the plate's face."""
    height, width = truth.plate.shape[:2]
    (x, y), half = (face.centre, 0.8 * face.size) if face else ((width / 2, height / 2), height / 2)
    scale = side / (2 * half)
    matrix = np.array([[scale, 0, side / 2 - scale * x], [0, scale, side / 2 - scale * y]])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    shown = [cv2.warpAffine(p, matrix, (side, side), flags=way) for p in (_bytes(truth.plate), picture)]
    return np.hstack([*shown, cv2.warpAffine(_bytes(truth.picture), matrix, (side, side), flags=way)])


def write_sheet(path: Path, tiles: Sequence[Picture], labels: Sequence[str]) -> None:
    """All `tiles`, two in a row, each with its label, as a JPEG."""
    marked = [_labelled(one, label) for one, label in zip(tiles, labels, strict=True)]
    padded = [*marked, *[np.zeros_like(marked[0])] * (-len(marked) % 2)]
    sheet = np.vstack([np.hstack(padded[i : i + 2]) for i in range(0, len(padded), 2)])
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def _labelled(picture: Picture, label: str) -> Picture:
    drawn = picture.copy()
    place = (6, len(drawn) - 8)
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(drawn, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, thickness, cv2.LINE_AA)
    return drawn


def _bytes(picture: NDArray[np.float32]) -> Picture:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)
