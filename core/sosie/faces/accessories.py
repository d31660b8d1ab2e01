"""Where an accessory lies before a face: glasses, a microphone, a strap, whatever is worn or held there.

It is told from what the landmark network saw, as hair and hands are (faces/shown.py), but in 128 x 128 cells, for a rim is
thin, and by units of its own. `graphs/accessories_fit.py` fits them on rendered heads of invented people who wear or hold
one (graphs/accessories.py), and on others who do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.crop import Crop, for_warp
from sosie.faces.shown import Weights, weigh

FILE = "accessories.npz"
#: Cells along a crop's side.
SIDE = 128
Array = NDArray[np.float32]


def accessories(maps: Sequence[Array], crop: Array, weights: Weights) -> NDArray[np.float16]:
    """(128, 128) 0 to 1: what of a `crop` (S, S, 3), 0 to 1 sRGB, is one; `maps` (1, s, s, c) is what was seen of it."""
    return weigh(maps, crop, weights, SIDE)[..., 0].astype(np.float16)


def accessory_at(cells: NDArray[np.float16], crop: Crop, size: tuple[int, int]) -> Array:
    """(H, W) of `size`, 0 to 1: an accessory by its `cells`, in the pixels that `crop` is told in; 0 beyond it."""
    matrix = for_warp(crop.matrix(SIDE))
    found = cv2.warpAffine(cells.astype(np.float32), matrix, size[::-1], flags=cv2.INTER_LINEAR)
    return np.asarray(found, np.float32)
