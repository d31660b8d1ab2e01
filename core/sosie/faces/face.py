"""What is known of a face."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sosie.faces.crop import Crop

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
    #: What the landmark network looked at last, plate pixels; what follows is told of it.
    crop: Crop
    #: (2048,) float16: what the network saw (faces/landmarks.py).
    features: NDArray[np.float16]
    #: (64, 64, 2) float16, 0 to 1: which cells of the crop show bare face or a hand before it, and which a hand.
    shown: NDArray[np.float16]
    #: (128, 128) float16, 0 to 1: which finer cells show an accessory, as glasses.
    accessories: NDArray[np.float16]

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

    def scaled(self, by: float) -> Face:
        """The same face in a picture `by` times as large."""
        x0, y0, x1, y1 = self.box
        landmarks = np.asarray(self.landmarks * np.float32(by), np.float32)
        box = (x0 * by, y0 * by, x1 * by, y1 * by)
        return replace(self, box=box, landmarks=landmarks, crop=self.crop.scaled(by))

    def moved(self, x: float, y: float) -> Face:
        """The same face in a picture with `x` columns and `y` rows more before it."""
        x0, y0, x1, y1 = self.box
        landmarks = np.asarray(self.landmarks + np.array([x, y, 0], np.float32), np.float32)
        box = (x0 + x, y0 + y, x1 + x, y1 + y)
        return replace(self, box=box, landmarks=landmarks, crop=self.crop.moved(x, y))
