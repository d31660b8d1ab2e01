"""Plates that are measured: a frame of a usual size with a face of a given height in its middle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sosie.faces import Faces
from sosie.pictures import Picture, read_picture


@dataclass(frozen=True)
class Case:
    """A frame and the face in it, in pixels; `times` it is measured."""

    plate: str
    width: int
    height: int
    face_px: int
    times: int
    dtype: type[np.unsignedinteger[Any]] = np.uint8


CASES = (
    Case("1080p", 1920, 1080, 256, 9),
    Case("1080p", 1920, 1080, 512, 9),
    Case("4K", 3840, 2160, 256, 5),
    Case("4K", 3840, 2160, 512, 5),
    Case("4K", 3840, 2160, 1024, 5),
    Case("45MP", 8192, 5464, 2400, 3, np.uint16),
)


def plate_of(case: Case, path: Path, faces: Faces) -> Picture:
    """The plate's face in the middle of a frame; where the photograph ends, its edge goes on."""
    photograph = read_picture(path)
    rgb = np.ascontiguousarray(photograph.pixels[..., :3])
    face = max(faces.find(rgb), key=lambda one: one.size)
    scale = case.face_px / face.size
    x, y = face.centre
    move = np.array([[scale, 0, case.width / 2 - scale * x], [0, scale, case.height / 2 - scale * y]])
    large = cv2.warpAffine(
        rgb, move, (case.width, case.height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    top = np.iinfo(case.dtype).max // 255
    return Picture(large.astype(case.dtype) * case.dtype(top), photograph.colour, None)
