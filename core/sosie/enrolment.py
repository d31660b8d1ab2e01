"""Looks at enrolment proofs: is the face before the camera the one in the pack? The registry asks, the faces answer."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import PictureError
from sosie.faces import Face, Faces
from sosie.pictures import from_linear, read_picture, to_linear
from sosie.registry.matching import Captured, Matcher, Seen

#: A face of less than this share of the largest is somebody in the background.
BESIDE = 0.4
#: White around a portrait, as a share of its side: it is cropped to the face, and a face is found with some room.
MARGIN = 0.25
#: More than any two faces are apart.
FARTHEST = 2.0


def matcher(faces: Faces) -> Matcher:
    """A registry's `Matcher` over this perception pipeline."""

    def look(picture: Path, captured: Captured) -> Seen:
        read = read_picture(picture)
        linear = to_linear(read.pixels, read.colour)[..., :3]
        rgb = np.asarray(from_linear(linear, np.uint8, "srgb"), np.uint8)
        found = _people(faces.find(rgb))
        if len(found) != 1:
            return Seen(len(found))
        embedding = faces.embed(rgb, found[0])
        distance = max(
            float(np.linalg.norm(embedding - other))
            for other in (captured.identity, _portrait(faces, captured.portrait))
        )
        return Seen(1, min(distance, FARTHEST), found[0].pose.yaw, found[0].pose.pitch)

    return look


def _portrait(faces: Faces, jpeg: bytes) -> NDArray[np.float32]:
    """The embedding of a pack's portrait; one without a face is like nobody."""
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise PictureError("The pack's portrait is no picture.", remedy="Capture again.")
    room = round(MARGIN * max(bgr.shape[:2]))
    wide = cv2.copyMakeBorder(bgr, room, room, room, room, cv2.BORDER_REPLICATE)
    rgb = np.asarray(wide[..., ::-1], np.uint8)
    found = _people(faces.find(rgb))
    return faces.embed(rgb, found[0]) if found else np.full(128, np.inf, np.float32)


def _people(found: list[Face]) -> list[Face]:
    largest = max((face.size for face in found), default=0.0)
    return [face for face in found if face.size >= BESIDE * largest]
