"""The person matte: MediaPipe's selfie segmentation, run on the picture and again close around a face.

What that network saw on its way tells skin from hair, cloth and room, although it was never asked: a few sums of its
maps' channels are given out as hints, for whoever knows the skin's colour too (render/odds.py, which says how both were fitted).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.crop import Crop, for_warp, sample
from sosie.models import ModelStore
from sosie.models.graphs import graph_arrays

SIDE = 256
#: The close pass sees this many face sizes, and fades into the wide pass over its outer eighth.
REACH = 3.0
FADE = SIDE // 8
#: The weights of the hints, beside those of what is told from them, in pictures in colour and in black-and-white.
FILES = COLOUR, GREY = "skin.npz", "skin_grey.npz"
#: Hints are told in so many cells along a crop's side.
CELLS = 128
MAPS = tuple(f"seen_{number}" for number in range(7))
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Person:
    """Who was found around a face: `matte` (H, W), 0 to 1, is where people are; `hints` (128, 128, k) lie in `crop`, those of
    one of `FILES` after those of the other.
    """

    matte: Array
    hints: Array
    crop: Crop

    def hinting(self, file: str) -> Person:
        """The same with the hints of one of `FILES` alone."""
        return replace(self, hints=np.split(self.hints, len(FILES), -1)[FILES.index(file)])

    def scaled(self, by: float, size: tuple[int, int]) -> Person:
        """The same in a picture of `size` (height, width), `by` times as large."""
        large = np.asarray(cv2.resize(self.matte, size[::-1]), np.float32)
        return replace(self, matte=large, crop=self.crop.scaled(by))

    def within(self, x0: int, y0: int, x1: int, y1: int) -> Person:
        """The same in that window of the picture."""
        return replace(self, matte=self.matte[y0:y1, x0:x1], crop=self.crop.moved(-x0, -y0))

    def hints_at(self, size: tuple[int, int], scale: tuple[float, float]) -> Array:
        """(h, w, k) of `size`: the hints in this picture reduced by `scale` (down, across); beyond the crop its edge goes on."""
        matrix = for_warp(self.crop.matrix(CELLS) * np.array([[scale[1]], [scale[0]]]))
        border = cv2.BORDER_REPLICATE
        # OpenCV warps no more than four at once.
        fours = [self.hints[..., k : k + 4] for k in range(0, self.hints.shape[2], 4)]
        return np.dstack([cv2.warpAffine(four, matrix, size[::-1], borderMode=border) for four in fours])


class PersonMask:
    """Where people are."""

    def __init__(self, models: ModelStore) -> None:
        self._session = models.session("person_mask")
        stored = [graph_arrays(file, models.root) for file in FILES]
        self._weights = [np.hstack([one[f"hints_{number}"] for one in stored]) for number in range(len(MAPS))]

    def wide(self, picture: NDArray[np.uint8]) -> Array:
        """(H, W) float32, 0 to 1, of the whole picture, squeezed into the network's square."""
        height, width = picture.shape[:2]
        seen = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        matte = _unit(self._run(np.asarray(seen, np.uint8), ["activation_10"])[0])
        return np.asarray(cv2.resize(matte, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    def close(self, picture: NDArray[np.uint8], centre: tuple[float, float], size: float) -> Person:
        """A finer matte around a face of `size` pixels, the wide one elsewhere; and the hints."""
        crop = Crop(*centre, size * REACH)
        near, *maps = self.seen(picture, crop)
        hints = hints_of(maps, self._weights)
        return Person(_joined(self.wide(picture), _unit(near), crop.matrix(SIDE)), hints, crop)

    def seen(self, picture: NDArray[np.uint8], crop: Crop) -> list[Array]:
        """What the network makes of a `crop`: its own matte (1, 256, 256, 1), then its maps (1, s, s, c)."""
        return self._run(sample(picture, crop.matrix(SIDE), SIDE), ["activation_10", *MAPS])

    def _run(self, seen: NDArray[np.uint8], outputs: list[str]) -> list[Array]:
        found = self._session.run(outputs, {"input_1": seen[None].astype(np.float32) / 255})
        return [np.asarray(one, np.float32) for one in found]


def hints_of(maps: Sequence[Array], weights: Sequence[Array]) -> Array:
    """(128, 128, k): the sums of the channels of `maps` (1, s, s, c) that `weights` (c, k) say."""
    total = np.zeros((CELLS, CELLS, weights[0].shape[1]), np.float32)
    for seen, weight in zip(maps, weights, strict=True):
        total += cv2.resize(seen[0] @ weight, (CELLS, CELLS), interpolation=cv2.INTER_LINEAR)
    return total


def _unit(matte: Array) -> Array:
    return np.clip(matte.reshape(SIDE, SIDE), 0, 1)


def _joined(matte: Array, near: Array, matrix: NDArray[np.float64]) -> Array:
    """`matte` (H, W), changed in place: what is `near`, in the crop of `matrix`, fades into it."""
    ramp = np.clip((np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1]) + 0.5) / FADE, 0, 1)
    trust = np.minimum(ramp[:, None], ramp[None]).astype(np.float32)
    x0, y0, x1, y1 = _inside(matrix, matte.shape)
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


def _inside(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The plate pixels under an upright crop: x0, y0, x1, y1."""
    low, high = matrix[:, 2], matrix[:, 2] + matrix[:, :2] @ np.full(2, SIDE)
    x0, y0 = np.maximum(np.floor(low), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(high), shape[1::-1]).astype(int)
    return int(x0), int(y0), int(x1), int(y1)
