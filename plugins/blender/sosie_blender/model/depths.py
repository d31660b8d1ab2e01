"""What stands before a face although it is the same object: a hand, a strand, a collar. By the depths Blender writes.

A mask of the object cannot tell a hand from the face behind it; its distance can. Needs no Blender.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .._sosie.messages import FaceInfo

Array = NDArray[np.float32]
#: A nose stands three centimetres before the middle of its face; what is further before it, in metres, is not the face.
BEFORE = 0.045
#: Over so many metres it fades.
SOFT = 0.005


def uncovered(mask: Array, depths: Array, faces: Sequence[FaceInfo]) -> Array:
    """`mask` (H, W) without what stands before the face in it; bottom row first, as `depths` (H, W), in metres.

    The face is the largest of `faces` (pixels, y down) whose middle is in the mask; without one the mask is as it was.
    """
    height = len(mask)
    best, near = 0.0, None
    for face in faces:
        x0, y0, x1, y1 = (max(0, round(value)) for value in face.box)
        part = (slice(max(0, height - y1), max(0, height - y0)), slice(x0, x1))
        inside = mask[part] > 0.5
        if inside.mean() > 0.2 if inside.size else False:
            area = float((x1 - x0) * (y1 - y0))
            if area > best:
                best, near = area, float(np.median(depths[part][inside]))
    if near is None:
        return mask
    return np.asarray(mask * np.clip((depths - (near - BEFORE)) / SOFT, 0, 1), np.float32)
