"""Frames of one sequence: landmarks, light and mattes that do not tremble, and let go at a cut.

Landmarks are split into where the head is (centre, size, turn in the picture) and its shape in itself; each goes through
a One Euro filter (Casiez, Roussel, Vogel: 1 EURO Filter, CHI 2012), which smooths what rests and follows what moves.
Time is counted in frames. The stand-in's tone and the grain are one for the whole sequence, so they are averaged;
mattes are brought to the new place and mixed in, and replaced where they changed for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face
from sosie.faces.crop import apply, for_warp, similarity
from sosie.render.grain import Grain
from sosie.render.light import Light
from sosie.render.tone import Locus

#: One Euro: cutoff at rest (cycles a frame) and its growth with speed (in face sizes, radians or e-folds a frame).
PLACE_REST, PLACE_GAIN = 0.05, 80.0
SHAPE_REST, SHAPE_GAIN = 0.04, 8.0
#: Cutoff of the speed itself.
SPEED = 0.2
#: Another shot: the centre jumps by this many face sizes, the size by this factor, the head's turn by these degrees,
#: or the shape in itself by this share of the face.
JUMP, GROWTH, TURN, MORPH = 0.35, 1.3, 25.0, 0.06
#: Share of a new frame in a matte at rest; a change of `CHANGED` is taken whole.
FRESH, CHANGED = 0.35, 0.6
#: Frames that tone and grain are averaged over.
LONG = 24
Array = NDArray[np.float32]
Wide = NDArray[np.float64]


class OneEuro:
    """The filter, on an array of any shape; the first value is taken as it is."""

    def __init__(self, rest: float, gain: float) -> None:
        self._rest, self._gain = rest, gain
        self._value: Wide | None = None
        self._speed: Wide | None = None

    def __call__(self, value: Wide) -> Wide:
        """The next value, smoothed."""
        if self._value is None or self._speed is None:
            self._value, self._speed = value.copy(), np.zeros_like(value)
            return value
        self._speed = self._speed + _share(SPEED) * (value - self._value - self._speed)
        cutoff = self._rest + self._gain * np.abs(self._speed)
        self._value = self._value + _share(cutoff) * (value - self._value)
        return self._value


@dataclass(frozen=True, eq=False)
class _Seen:
    """A matte of the last frame: `values` (H, W), and where the face (n, 2) was in it."""

    values: NDArray[np.float16]
    points: Array


@dataclass(eq=False)
class Memory:
    """What is kept from frame to frame. Frames come in order; a new memory knows nothing."""

    last: Face | None = None  # as it was found, before smoothing
    _place: OneEuro = field(default_factory=lambda: OneEuro(PLACE_REST, PLACE_GAIN))
    _shape: OneEuro = field(default_factory=lambda: OneEuro(SHAPE_REST, SHAPE_GAIN))
    _unit: float = 0.0  # the face's size when the shot began, in which places are told
    _angle: float = 0.0
    _means: dict[str, tuple[Array, int]] = field(default_factory=dict)
    _mattes: dict[str, _Seen] = field(default_factory=dict)
    _toned: bool = False

    def follow(self, faces: Sequence[Face]) -> Face | None:
        """The one of `faces` that is the last frame's, if it is still there."""
        if self.last is None or not faces:
            return None
        nearest = min(faces, key=lambda face: _apart(face, self.last))
        return nearest if _apart(nearest, self.last) < JUMP else None

    def face(self, face: Face) -> Face:
        """`face` with steady landmarks; after a cut, as it is, and everything before is forgotten."""
        if self.last is None or _is_cut(self.last, face):
            vars(self).update(vars(Memory()))
        self.last = face
        centre, size, angle = _frame(face.landmarks)
        self._unit = self._unit or size
        self._angle += float(np.angle(np.exp(1j * (angle - self._angle))))  # goes on beyond half a turn
        place = self._place(np.array([*(centre / self._unit), np.log(size), self._angle]))
        shape = self._shape(_local(face.landmarks, centre, size, angle))
        landmarks = _global(shape, place[:2] * self._unit, float(np.exp(place[2])), float(place[3]))
        (x0, y0), (x1, y1) = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
        return replace(face, landmarks=landmarks, box=(float(x0), float(y0), float(x1), float(y1)))

    def toning(self, toning: Locus | None) -> Locus | None:
        """The mean `toning` so far; where colours go or come, the skin's tone is another one from then on."""
        if self._toned != (toning is not None):
            self._toned = not self._toned
            self._means = {name: kept for name, kept in self._means.items() if name not in ("tone", "toning")}
        if toning is None:
            return None
        return Locus(*self.mean("toning", np.array(astuple(toning), np.float32)).tolist())

    def grain(self, grain: Grain) -> Grain:
        """`grain` as strong and as large as in the frames so far."""
        level, size = self.mean("grain", np.array([grain.level, grain.size], np.float32)).tolist()
        return replace(grain, level=level, size=size)

    def light(self, light: Light) -> Light:
        """`light` told with the sequence's tone: what the skin is thought to be darker, the light is brighter."""
        tone = np.exp(self.mean("tone", np.log(np.maximum(light.tone, 1e-4)).astype(np.float32)))
        tone = np.asarray(tone, np.float32)
        return replace(light, tone=tone, shading=np.asarray(light.shading * (light.tone / tone), np.float32))

    def mean(self, name: str, value: Array) -> Array:
        """The mean of `value` under `name` so far; over the last `LONG` frames where there are more."""
        mean, count = self._means.get(name, (value, 0))
        count = min(count + 1, LONG)
        mean = np.asarray(mean + (value - mean) / count, np.float32)
        self._means[name] = (mean, count)
        return mean

    def matte(self, name: str, values: Array, points: Array) -> Array:
        """`values` (H, W; 0 to 1) with the trembling taken out; `points` (n, 2 or more) is the face in its pixels.

        What is 0 stays 0: nothing leaks beyond the person.
        """
        before = self._mattes.get(name)
        if before is not None:
            moved = cv2.warpAffine(
                before.values.astype(np.float32),
                for_warp(similarity(before.points, points[:, :2])),
                values.shape[1::-1],
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            change = values - moved
            share = np.clip(FRESH + (1 - FRESH) * np.abs(change) / CHANGED, 0, 1)
            values = np.where(values > 0, moved + share * change, 0).astype(np.float32)
        self._mattes[name] = _Seen(values.astype(np.float16), np.array(points[:, :2], np.float32))
        return values


def _share(cutoff: Wide | float) -> Wide:
    """How much of a new value a low-pass of this cutoff (cycles a frame) takes."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff))))


def _apart(one: Face, other: Face | None) -> float:
    """How far two faces' centres are, in sizes of the larger."""
    assert other is not None
    away = np.hypot(one.centre[0] - other.centre[0], one.centre[1] - other.centre[1])
    return float(away / max(one.size, other.size))


def _is_cut(before: Face, now: Face) -> bool:
    grown = max(before.size, now.size) / max(min(before.size, now.size), 1e-6)
    turned = max(abs(before.pose.yaw - now.pose.yaw), abs(before.pose.pitch - now.pose.pitch))
    if _apart(before, now) > JUMP or grown > GROWTH or turned > TURN:
        return True
    matrix = similarity(before.landmarks[:, :2], now.landmarks[:, :2])
    off = apply(matrix, before.landmarks[:, :2]) - now.landmarks[:, :2]
    return bool(np.linalg.norm(off, axis=1).mean() > MORPH * now.size)


def _frame(landmarks: Array) -> tuple[Wide, float, float]:
    """Centre, size (root mean square distance from it) and angle (of the line between the eyes' corners)."""
    flat = landmarks[:468, :2].astype(np.float64)
    centre = flat.mean(0)
    size = float(np.sqrt(((flat - centre) ** 2).sum(1).mean()))
    across = flat[263] - flat[33]
    return centre, max(size, 1e-6), float(np.arctan2(across[1], across[0]))


def _local(landmarks: Array, centre: Wide, size: float, angle: float) -> Wide:
    local = landmarks.astype(np.float64)
    local[:, :2] = (local[:, :2] - centre) @ _turn(-angle).T
    return np.asarray(local / size)


def _global(shape: Wide, centre: Wide, size: float, angle: float) -> Array:
    out = shape * size
    out[:, :2] = out[:, :2] @ _turn(angle).T + centre
    return np.asarray(out, np.float32)


def _turn(angle: float) -> Wide:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])
