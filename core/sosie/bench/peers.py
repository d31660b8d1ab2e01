"""What others do with a face, for comparison: written from published descriptions, on 8-bit pictures as theirs are.

`clone` is OpenCV's gradient-domain clone (Perez et al., Poisson Image Editing, 2003). `paste_back` is the usual end of a
face swapper: a small square crop is warped into a frame-sized picture, a frame-sized mask is eroded and blurred by a
share of the face's size, and the two frames are blended in float32. `Standin` has the layers of the common 128 px
swapping network (349 GFLOP a face) with random weights: its time is the network's, its picture means nothing.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import SetupError

#: Side of the crop that such a network returns.
CROP = 128
#: What counts as white in the warped mask, of 255.
WHITE = 20
Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of a picture: `mask` (h, w), 255 where it is, with its upper left `corner` at x, y."""

    corner: tuple[int, int]
    mask: NDArray[np.uint8]

    def less(self, pixels: int) -> Patch:
        """Without so many of its last rows and columns."""
        height, width = self.mask.shape
        return Patch(self.corner, np.ascontiguousarray(self.mask[: height - pixels, : width - pixels]))


def patch_within(oval: NDArray[np.float32]) -> Patch:
    """What the convex `oval` (n, 2) encloses."""
    x, y, width, height = cv2.boundingRect(np.round(oval).astype(np.int32))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, np.round(oval - (x, y)).astype(np.int32), 255)
    return Patch((x, y), mask)


def patch_changed(before: NDArray[Any], after: NDArray[Any]) -> Patch:
    """Where the colours of two pictures (H, W, C) differ."""
    mask = 255 * (before[..., :3] != after[..., :3]).any(2).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(mask)
    return Patch((x, y), np.ascontiguousarray(mask[y : y + height, x : x + width]))


def clone(plate: Picture, face: Picture, patch: Patch) -> Picture:
    """`face` (H, W, 3) cloned into `plate` (H, W, 3) within `patch`, all in the plate's pixels."""
    (x, y), (height, width) = patch.corner, patch.mask.shape
    part = face[y : y + height, x : x + width]
    centre = (x + width // 2, y + height // 2)
    return np.asarray(cv2.seamlessClone(part, plate, patch.mask, centre, cv2.NORMAL_CLONE), np.uint8)


def paste_back(plate: Picture, crop: Picture, matrix: NDArray[np.float64]) -> Picture:
    """`crop` (CROP, CROP, 3) into `plate` (H, W, 3); `matrix` (2, 3) takes plate pixels to the crop's."""
    size = (plate.shape[1], plate.shape[0])
    back = cv2.invertAffineTransform(matrix)
    pasted = cv2.warpAffine(crop, back, size)
    white = cv2.warpAffine(np.full(crop.shape[:2], 255, np.uint8), back, size)
    white[white > WHITE] = 255
    rows, columns = np.nonzero(white == 255)
    side = int(np.sqrt(np.ptp(rows) * np.ptp(columns)))
    shrink, soften = max(side // 10, 10), max(side // 20, 5)
    white = np.asarray(cv2.erode(white, np.ones((shrink, shrink), np.uint8)), np.uint8)
    white = np.asarray(cv2.GaussianBlur(white, (2 * soften + 1,) * 2, 0), np.uint8)
    mask = white[..., None].astype(np.float32) / 255
    return np.asarray(mask * pasted + (1 - mask) * plate.astype(np.float32), np.uint8)


class Standin:
    """The 349 GFLOP stand-in, built into `folder` by graphs/standin.py (in another process: build time only).

    Raises:
        SetupError: `onnx`, of the development tools, is not installed.
    """

    def __init__(self, folder: Path, provider: str) -> None:
        import onnxruntime

        command = [sys.executable, "-m", "sosie.graphs.standin", str(folder)]
        built = subprocess.run(command, check=False)  # noqa: S603 - our own command
        if built.returncode:
            raise SetupError("The stand-in could not be built.", remedy="Install sosie[dev]; see above.")
        options = onnxruntime.SessionOptions()
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / "standin.onnx"), options, providers=[provider]
        )
        random = np.random.default_rng(0)
        self._feeds = {
            "target": random.random((1, 3, CROP, CROP), np.float32),
            "source": random.standard_normal((1, 512), np.float32),
        }

    def run(self) -> None:
        """One face."""
        self._session.run(None, self._feeds)
