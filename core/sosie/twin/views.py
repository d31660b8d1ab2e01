"""Which view each photograph is, by pose and expression alone; file names mean nothing.

The expression network errs where hair hides half a mouth or a beard its edge, so that its word on the mouth counts only
with what the landmarks say of it. Both are read against the same face's photographs: nobody's rest is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sosie.faces import EXPRESSIONS, Face

if TYPE_CHECKING:
    from sosie.twin.checks import Photograph

#: How far above rest a coefficient is an expression; a smile is one from the second number on if the mouth is wide.
EXPRESSIVE, SMILING = 0.45, 0.3
#: Against the width at rest: a smile's mouth is at least this wide, that of pursed lips at most so.
WIDE, NARROW = 1.08, 0.85
#: Lips this far apart beyond rest, in eye distances, are an open mouth whatever the network says.
PARTED = 0.12
#: An expression's view is one whose head is not turned further than this (degrees).
FACING = 20.0
#: From here on a head is turned, raised or lowered (degrees; pitch against the level views').
TURNED, NODDED = 12.0, 8.0


@dataclass(frozen=True, eq=False)
class Rest:
    """A face at rest, the median over its photographs: `expression` (52,); lips' gap and mouth's width in eye distances."""

    expression: NDArray[np.float32]
    gap: float
    width: float


def name_views(photographs: Sequence[Photograph]) -> list[str]:
    """The view of each photograph, relative to this person's rest and to the level of those that look ahead."""
    faces = [item.face for item in photographs]
    rest = Rest(
        resting(photographs),
        float(np.median([_gap(face) for face in faces])),
        float(np.median([_width(face) for face in faces])),
    )
    ahead = [face.pose.pitch for face in faces if abs(face.pose.yaw) < TURNED]
    level = float(np.median(ahead)) if ahead else 0.0
    return [_view(face, rest, level) for face in faces]


def resting(photographs: Sequence[Photograph]) -> NDArray[np.float32]:
    """(52,) what the network says of this face at rest: the median over all photographs."""
    return np.asarray(np.median([item.face.expression for item in photographs], 0), np.float32)


def _view(face: Face, rest: Rest, level: float) -> str:
    yaw, pitch = face.pose.yaw, face.pose.pitch - level
    if abs(yaw) < FACING and (acted := _acted(face, rest)):
        return acted
    if abs(yaw) > 40:
        return "right_profile" if yaw > 0 else "left_profile"
    if abs(yaw) > TURNED:
        return "right" if yaw > 0 else "left"
    if abs(pitch) > NODDED:
        return "up" if pitch > 0 else "down"
    return "frontal"


def _acted(face: Face, rest: Rest) -> str:
    """`open`, `smile`, `expression`, or "" for a face at rest."""
    acted = dict(zip(EXPRESSIONS, face.expression - rest.expression, strict=True))
    width = _width(face) / rest.width
    smile = max(acted["mouthSmileLeft"], acted["mouthSmileRight"])
    if acted["jawOpen"] > EXPRESSIVE or _gap(face) - rest.gap > PARTED:
        return "open"
    if smile > EXPRESSIVE or (smile > SMILING and width > WIDE):
        return "smile"
    pursed = max(acted["mouthPucker"], acted["mouthFunnel"]) > EXPRESSIVE and width < NARROW
    return "expression" if pursed or acted["browInnerUp"] > EXPRESSIVE else ""


def _gap(face: Face) -> float:
    """Between the lips, in eye distances."""
    return _distance(face, 13, 14) / _distance(face, 33, 263)


def _width(face: Face) -> float:
    """Of the mouth, in eye distances."""
    return _distance(face, 61, 291) / _distance(face, 33, 263)


def _distance(face: Face, first: int, second: int) -> float:
    return float(np.linalg.norm(face.landmarks[first] - face.landmarks[second]))
