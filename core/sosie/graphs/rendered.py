"""Rendered pictures to learn from, as heads.py leaves them, and what the landmark network sees of one. Build time only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from sosie.faces.crop import Crop, for_warp, sample
from sosie.faces.landmarks import OUTPUTS, SIDE
from sosie.faces.shown import CELLS, channels, to_cells

#: Parts that are the face's own: skin, eyeballs, corneas, brows, lashes, teeth, tongue.
OWN = (1, 2, 3, 4, 5, 7, 8)
HAIR = 6
Array = NDArray[np.float32]
Picture = NDArray[np.uint8]


def rendered(folder: Path, every: int = 1) -> Iterator[tuple[Picture, Picture]]:
    """Each picture (H, W, 3) sRGB `<name>.png` below `folder` with what its pixels show (H, W), `<name>.part.png`, by name; of more
    every so many only.
    """
    for path in sorted(folder.rglob("*.part.png"))[::every]:
        picture = np.asarray(cv2.imread(str(path).replace(".part.png", ".png")), np.uint8)[..., ::-1]
        yield picture, np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)


def channels_of(network: InferenceSession, picture: Picture, crop: Crop, side: int = CELLS) -> Array:
    """(side * side, d): what the network sees in the cells of a `crop` of `picture`, as `weigh` comes to it (faces/shown.py)."""
    small = sample(picture, crop.matrix(SIDE), SIDE).astype(np.float32) / np.float32(255)
    maps = network.run(list(OUTPUTS[2:-1]), {"input_12": small[None]})
    fields = [one if len(one) > CELLS else to_cells(one) for one in channels(maps, small)]
    return np.dstack([to_cells(one, side) for one in fields]).reshape(side * side, -1)


def cells_of(mask: Array, crop: Crop, side: int = CELLS) -> Array:
    """(side, side): the share of each of the crop's cells that `mask` (H, W) covers."""
    large = cv2.warpAffine(
        np.ascontiguousarray(mask),
        for_warp(crop.matrix(SIDE)),
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    return to_cells(np.asarray(large, np.float32), side)


def some(cells: NDArray[np.intp], few: int, random: np.random.Generator) -> NDArray[np.intp]:
    """At most so many of the `cells`."""
    return random.choice(cells, min(few, len(cells)), replace=False)
