"""The features of a face in its texture: what must come from one view, so that nothing is doubled.

Hair may lie over one half of a face in every photograph. A feature's half that is under it is left out here, and
filled from the other half like skin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.faces.regions import FEATURES, UNDERSIDE

#: Her own sides; the picture shows her right on its left.
SIDES = ("right", "left")
#: Where a brow's end may lie beyond its landmarks.
BROW_ENDS = ((46, 70, 63, 156, 124), (276, 300, 293, 383, 353))
#: Half a feature can be hidden when less than this share of the skin around it shows, and this much more of it
#: around the other half.
SHOWN, MORE = 0.4, 0.3


def feature_mask(mesh: Mesh, side: int, hidden: Collection[str] = ()) -> NDArray[np.float32]:
    """(side, side) float32: 1 in eyes, brows, mouth and nostrils, soft edges; halves in `hidden` are left out."""
    shapes = [shape for name, shape in _halves(mesh, side).items() if name not in hidden]
    return _soft(shapes, side)


def brow_ends(mesh: Mesh, side: int) -> NDArray[np.float32]:
    """(side, side) float32: 1 where a brow may go on beyond its landmarks, soft edges."""
    return _soft([_hull(mesh, ring, side) for ring in BROW_ENDS], side)


def nostrils(mesh: Mesh, side: int) -> NDArray[np.float32]:
    """(side, side) float32: 1 on nostrils and the nose's underside, soft edges."""
    return _soft([_hull(mesh, FEATURES["nostrils"], side)], side)


def underside(mesh: Mesh, side: int) -> NDArray[np.float32]:
    """(side, side) float32: 1 on what of the nose looks down, soft edges."""
    return _soft([_hull(mesh, ring, side) for ring in UNDERSIDE], side)


def hidden_halves(mesh: Mesh, skin: NDArray[np.float32]) -> frozenset[str]:
    """What hair hides, as `left_eye` or `right_mouth`: the skin around it is gone, that around the other half is there.

    Args:
        mesh: the face.
        skin: (T, T) 0 to 1, where one view of the texture shows bare skin.
    """
    shapes = _halves(mesh, len(skin))
    shown = {name: _shown_around(shape, skin) for name, shape in shapes.items()}
    return frozenset(
        name for name in shapes if shown[name] < SHOWN and shown[_other(name)] > shown[name] + MORE
    )


def _other(half: str) -> str:
    side, _, feature = half.partition("_")
    return f"{SIDES[1 - SIDES.index(side)]}_{feature}"


def _halves(mesh: Mesh, side: int) -> dict[str, NDArray[np.uint8]]:
    """(side, side) each, 0 or 255: eyes and brows, and the halves of what has one on either side."""
    halves = {}
    for name, ring in FEATURES.items():
        hull = _hull(mesh, ring, side)
        if name.startswith(SIDES):
            halves[name] = hull
            continue
        for half, columns in zip(SIDES, (slice(side // 2, None), slice(side // 2)), strict=True):
            halves[f"{half}_{name}"] = hull.copy()
            halves[f"{half}_{name}"][:, columns] = 0
    return halves


def _soft(shapes: Iterable[NDArray[np.uint8]], side: int) -> NDArray[np.float32]:
    """(side, side), 0 to 1: all `shapes`, grown a little, with soft edges."""
    mask = np.zeros((side, side), np.uint8)
    for shape in shapes:
        mask |= shape
    grown = cv2.dilate(mask, np.ones((side // 64, side // 64), np.uint8))
    return np.asarray(cv2.GaussianBlur(grown, (0, 0), side / 128) / np.float32(255), np.float32)


def _hull(mesh: Mesh, ring: Sequence[int], side: int) -> NDArray[np.uint8]:
    """(side, side), 0 or 255."""
    one = np.zeros((side, side), np.uint8)
    hull = cv2.convexHull(np.round(mesh.uv[list(ring)] * side).astype(np.int32))
    cv2.fillConvexPoly(one, hull, 255)
    return one


def _shown_around(shape: NDArray[np.uint8], skin: NDArray[np.float32]) -> float:
    width = len(shape) // 20
    around = (cv2.dilate(shape, np.ones((width, width), np.uint8)) > 0) & (shape == 0)
    return float(skin[around].mean())
