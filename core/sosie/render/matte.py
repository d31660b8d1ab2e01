"""The likeness's matte: the twin's face, feathered, less eyes and mouth, less what stands in front of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.field import mixed, three
from sosie.render.fit import Placed
from sosie.render.flow import Flow
from sosie.render.light import Light

#: Width of the soft edge, in face sizes.
FEATHER = 0.035


def face_matte(flow: Flow, placed: Placed, visible: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) 0 to 1. `visible`: where the (moved) plate shows bare skin rather than hair or hands."""
    size = float(np.ptp(placed.points[:, :2], axis=0).max())
    inside = np.pad((flow.inside > 0).astype(np.uint8), 1)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
    t = np.clip((depth - 1) / max(FEATHER * size, 1.0), 0, 1)
    edge = t * t * (3 - 2 * t)
    openings = cv2.GaussianBlur(flow.openings, (0, 0), max(size / 300, 0.7))
    return np.asarray(edge * visible * (1 - openings), np.float32)


def held_to_skin(
    light: Light, ground: NDArray[np.float32], share: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shading and gloss (H, W, 3) of `light` where `share` (H, W; 0 to 1) says skin; elsewhere they make the `ground`.

    The blend's low bands reach further than the matte. Over background and hair they then find no difference to spread:
    the face neither glows beyond its outline nor lightens the hair that frames it.
    """
    return light.shading * three(share), mixed(light.specular, ground, share)
