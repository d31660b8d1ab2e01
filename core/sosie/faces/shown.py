"""Where a face is bare, and where a hand lies before it: told from what the landmark network saw of it.

The network's maps know hair and hands from face, although it was never asked: a small layer weighs every channel of each
map, the crop's own colours and places, and says which of 64 x 64 cells show face, which a hand, and which hair, collar or
room. `graphs/shown_fit.py` fits it on rendered heads of invented people, many of them with a hand, or with hair, bars,
blocks or glasses drawn, before the face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.crop import Crop, for_warp
from sosie.models.graphs import graph_arrays

FILE = "shown.npz"
#: Cells along a crop's side.
CELLS = 64
#: A cell begins to be surely covered at this probability of being no face, and is.
COVERED = (0.7, 0.95)
#: The same for a bare one.
BARE = (0.85, 0.98)
#: A hand is so many cells that hang together and are as sure as this; what is near them may be some of it, in cells.
HAND, SURE, RATHER, NEAR = 30, 0.95, 0.5, 3
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Weights:
    """Of `channels` (d, n), of their units for skin and hand (n, 2), and what is added to each."""

    first: Array
    first_bias: Array
    last: Array
    last_bias: Array


@lru_cache(maxsize=4)
def load_weights(root: Path | None = None, file: str = FILE) -> Weights:
    """Those of a `file` in the model store's folder `graphs`.

    Raises:
        ModelError: models_missing.
    """
    stored = graph_arrays(file, root)
    return Weights(**{name: stored[name] for name in Weights.__dataclass_fields__})


def shown(maps: Sequence[Array], crop: Array, weights: Weights) -> NDArray[np.float16]:
    """(64, 64, 2) 0 to 1: what of a `crop` (S, S, 3), 0 to 1 sRGB, is bare face or a hand, and what is a hand; `maps` (1, s, s, c)
    is what was seen of it.
    """
    cells = weigh(maps, crop, weights)
    cells[..., 1] *= _hands(cells[..., 1])
    return np.asarray(cells, np.float16)


def weigh(maps: Sequence[Array], crop: Array, weights: Weights, side: int = CELLS) -> Array:
    """(side, side, n) 0 to 1: what the `weights` tell of a `crop` and its `maps`, in 64 cells along a side or in 128."""
    coarse, fine = np.tile(weights.first_bias, (CELLS, CELLS, 1)), np.zeros(1, np.float32)
    start = 0
    for part in channels(maps, crop):
        stop = start + part.shape[-1]
        first = weights.first[start:stop]  # both are linear: the one that leaves less comes first
        if len(part) > CELLS:
            fine = fine + to_cells(part, side) @ first
        else:
            coarse += to_cells(part @ first)
        start = stop
    odds = np.maximum(to_cells(coarse, side) + fine, 0) @ weights.last + weights.last_bias
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * odds), np.float32)  # the logistic function


def _hands(cells: Array) -> NDArray[np.uint8]:
    """(64, 64) 0 or 1: in and around what is as large as a hand: single cells are a lock of hair, or an ear."""
    count, labels = cv2.connectedComponents((cells > RATHER).astype(np.uint8), connectivity=4)
    large = np.bincount(labels[cells > SURE], minlength=count) >= HAND
    near = np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)
    return np.asarray(cv2.dilate(large[labels].astype(np.uint8), near), np.uint8)


def channels(maps: Sequence[Array], crop: Array) -> list[Array]:
    """Everything that has a weight, (s, s, c) each: 1 and the place, the crop's colours, the maps."""
    y, x = np.mgrid[:CELLS, :CELLS].astype(np.float32) / CELLS - np.float32(0.5)
    place = np.stack([np.ones_like(x), y, x, y * y, x * x, y * x], -1)
    return [place, crop, *(seen[0] for seen in maps)]


def shown_at(cells: NDArray[np.float16], crop: Crop, size: tuple[int, int]) -> Array:
    """(H, W) of `size`, 0 to 1: bare face, or a hand before it, by its `cells`, in the pixels that `crop` is told in; beyond it
    its edge goes on.
    """
    return _spread(_plane(cells, 0), crop, size, cv2.BORDER_REPLICATE)


def hand_at(cells: NDArray[np.float16], crop: Crop, size: tuple[int, int]) -> Array:
    """(H, W) of `size`, 0 to 1: a hand before the face; 0 beyond the crop, of which nothing is known."""
    return _spread(_plane(cells, 1), crop, size, cv2.BORDER_CONSTANT)


def shown_of(cells: NDArray[np.float16], crop: Crop, points: Array) -> Array:
    """(n,), 0 to 1: how bare the face is, by its `cells`, at `points` (n, 2 or more) in the pixels that `crop` is told in."""
    matrix = cv2.invertAffineTransform(crop.matrix(CELLS))
    x, y = (points[:, :2] @ matrix[:, :2].T + matrix[:, 2] - 0.5).astype(np.float32).T[:, :, None]
    bare = _plane(cells, 0) * (1 - _plane(cells, 1))
    found = cv2.remap(bare, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found[:, 0], np.float32)


def covered_at(cells: NDArray[np.float16], crop: Crop, size: tuple[int, int]) -> Array:
    """(H, W) of `size`: where the `cells` are surely neither face nor hand; 0 beyond the crop, of which nothing is known."""
    covered = np.clip((1 - _plane(cells, 0) - COVERED[0]) / (COVERED[1] - COVERED[0]), 0, 1)
    return _spread(covered, crop, size, cv2.BORDER_CONSTANT)


def bare_at(cells: NDArray[np.float16], crop: Crop, size: tuple[int, int]) -> Array:
    """(H, W) of `size`: where the `cells` are surely bare face or hand; 0 beyond the crop, of which nothing is known."""
    bare = np.clip((_plane(cells, 0) - BARE[0]) / (BARE[1] - BARE[0]), 0, 1)
    return _spread(bare, crop, size, cv2.BORDER_CONSTANT)


def _spread(cells: Array, crop: Crop, size: tuple[int, int], border: int) -> Array:
    matrix = for_warp(crop.matrix(CELLS))
    found = cv2.warpAffine(cells, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(found, np.float32)


def _plane(cells: NDArray[np.float16], kind: int) -> Array:
    """(64, 64): bare face and hands, or hands alone."""
    return np.ascontiguousarray(cells[..., kind], np.float32)


def to_cells(field: Array, side: int = CELLS) -> Array:
    """A `field` (s, s[, c]) of a crop in `side` x `side` cells."""
    if len(field) == side:
        return field
    way = cv2.INTER_AREA if len(field) > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(field, (side, side), interpolation=way), np.float32)
