"""What is known of a face, and how one is chosen among several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sosie.errors import FaceNotFoundError
from sosie.messages import FaceChoice

_NAMES = """
    _neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff
    cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight
    eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft
    eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft
    mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel mouthLeft mouthLowerDownLeft
    mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight mouthRollLower mouthRollUpper
    mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight mouthStretchLeft mouthStretchRight
    mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight
"""
#: ARKit's names, in the order of `Face.expression`; "Left" is the person's own left.
EXPRESSIONS: tuple[str, ...] = tuple(_NAMES.split())


@dataclass(frozen=True)
class Pose:
    """Where the head points, in degrees, as the viewer sees it.

    yaw + turns the face to the picture's right, pitch + looks up, roll + tilts to the picture's right (clockwise).
    Yaw and pitch are those of the upright face: turning the picture in its plane changes roll alone.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, eq=False)
class Face:
    """One face of a picture."""

    #: x0, y0, x1, y1 around all landmarks, plate pixels.
    box: tuple[float, float, float, float]
    #: The detector's confidence, 0 to 1.
    score: float
    #: The landmark network's best confidence that its crop shows a face, 0.5 to 1.
    presence: float
    #: (478, 3) float32: plate pixels and depth; 468 to 472 the iris on the picture's left, 473 to 477 the other.
    landmarks: NDArray[np.float32]
    #: (52,) float32, 0 to 1, in the order of `EXPRESSIONS`.
    expression: NDArray[np.float32]
    pose: Pose

    @property
    def size(self) -> float:
        """The longer side of the box, in plate pixels."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2


def choose(faces: Sequence[Face], choice: FaceChoice) -> Face:
    """The face that `choice` means: by index, by box, by point; without any, the largest.

    A point may lie a little outside the face (half its size), because people click hair and hats.

    Raises:
        FaceNotFoundError: no face at all, or none where the choice says.
    """
    if not faces:
        raise FaceNotFoundError(
            "No face was found in the picture.",
            remedy="Use a picture whose face is at least 20 pixels high in a 1280 pixel view and not covered.",
        )
    if choice.index is not None:
        return _by_index(faces, choice.index)
    if choice.box is not None:
        return _by_box(faces, choice.box)
    if choice.point is not None:
        return _by_point(faces, choice.point)
    return max(faces, key=lambda face: face.size)


def _by_index(faces: Sequence[Face], index: int) -> Face:
    if 0 <= index < len(faces):
        return faces[index]
    raise FaceNotFoundError(
        f"There is no face number {index}: {_count(faces)}.",
        remedy=f"Choose 0 to {len(faces) - 1}, counted from the left, or click the face.",
    )


def _by_box(faces: Sequence[Face], box: tuple[float, float, float, float]) -> Face:
    best = max(faces, key=lambda face: _overlap(face.box, box))
    if _overlap(best.box, box) > 0:
        return best
    corners = ", ".join(f"{value:.0f}" for value in box)
    raise FaceNotFoundError(
        f"No face inside the box {corners}: {_count(faces)}.", remedy=f"Draw the box around {_places(faces)}."
    )


def _by_point(faces: Sequence[Face], point: tuple[float, float]) -> Face:
    best = min(faces, key=lambda face: _distance(face, point))
    if _distance(best, point) <= best.size:
        return best
    raise FaceNotFoundError(
        f"No face at {point[0]:.0f}, {point[1]:.0f}: {_count(faces)}.", remedy=f"Click {_places(faces)}."
    )


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Shared area of two boxes over the area of both together."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _distance(face: Face, point: tuple[float, float]) -> float:
    return float(np.hypot(face.centre[0] - point[0], face.centre[1] - point[1]))


def _count(faces: Sequence[Face]) -> str:
    return "one face was found" if len(faces) == 1 else f"{len(faces)} faces were found"


def _places(faces: Sequence[Face]) -> str:
    return " or ".join(f"{face.centre[0]:.0f}, {face.centre[1]:.0f}" for face in faces[:4])
