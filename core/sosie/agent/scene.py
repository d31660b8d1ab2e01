"""What one render is made of, read into memory; and the same scene in small, for a preview."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture

if TYPE_CHECKING:
    from sosie.twin.twin import Twin

#: Longest side of a preview, in pixels.
PREVIEW_SIDE = 512


@dataclass(frozen=True, eq=False)
class Scene:
    """Arguments of `sosie.render.render`, by their names there."""

    plate: Picture
    twin: Twin
    choice: FaceChoice
    options: RenderOptions
    mask: NDArray[np.float32] | None  # (H, W) 0 to 1: where the host allows the likeness
    face_mask: NDArray[np.float32] | None  # (H, W) 0 to 1: on the face to choose
    like: NDArray[np.float32] | None  # (128,): the person to choose


def smaller(scene: Scene) -> Scene:
    """The scene with its longest side at most `PREVIEW_SIDE`."""
    plate = scene.plate
    scale = min(1.0, PREVIEW_SIDE / max(plate.width, plate.height))
    point, box = scene.choice.point, scene.choice.box
    return replace(
        scene,
        plate=replace(plate, pixels=_smaller(plate.pixels, scale)),
        choice=replace(
            scene.choice,
            point=point and (point[0] * scale, point[1] * scale),
            box=box and (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale),
        ),
        mask=None if scene.mask is None else _smaller(scene.mask, scale),
        face_mask=None if scene.face_mask is None else _smaller(scene.face_mask, scale),
    )


def _smaller(pixels: NDArray[Any], scale: float) -> NDArray[Any]:
    """(H, W) or (H, W, C) scaled down by area; half floats go through float32, the only ones OpenCV knows."""
    size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
    known = pixels.astype(np.float32) if pixels.dtype == np.float16 else pixels
    return np.ascontiguousarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA).astype(pixels.dtype))
