"""What lies before the face: a hand, which takes the twin's tone, or an accessory, which does not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.faces.cutout import accessory_matte, hand_matte
from sosie.render.scene import Scene
from sosie.render.steady import Memory
from sosie.twin.raster import rasterise

Array = NDArray[np.float32]
#: What is so near an accessory, in face sizes, is held as it is: a rim that moved with the skin would bend.
HELD = 0.06


@dataclass(frozen=True, eq=False)
class Before:
    """Fields of the region (h, w)."""

    face: NDArray[np.bool_]  # where the mesh lies
    hand: Array  # 0 to 1
    accessory: Array  # 0 to 1
    still: (
        Array  # 0 to 1: what does not move with the face: what is no bare face, and what is near an accessory
    )


def before_of(scene: Scene, mesh: Mesh, memory: Memory | None) -> Before:
    """All of it; `memory` is that of the sequence."""
    source = scene.source
    face = rasterise(
        scene.placed.source[:, :2], mesh.triangles, scene.region.size, depth=scene.placed.source[:, 2]
    ).covered
    size = float(np.ptp(source[:468, :2], axis=0).max())
    hand, told = hand_matte(scene.linear, scene.hand, size), scene.accessory
    if memory:  # before the cut, too: it takes a rim, or leaves it
        told = memory.matte("accessory told", told, source)
    accessory = accessory_matte(scene.linear, told, face, size)
    if memory:
        hand, accessory = (
            memory.matte(name, one, source) for name, one in (("hand", hand), ("accessory", accessory))
        )
    still = np.asarray(1 - scene.shown * (1 - scene.hand), np.float32)
    if accessory.any():
        side = 2 * max(round(HELD * size), 1) + 1
        near = np.asarray(cv2.dilate(accessory, np.ones((side, side), np.uint8)), np.float32)
        still = np.maximum(still, near)
    return Before(face, hand, accessory, still)
