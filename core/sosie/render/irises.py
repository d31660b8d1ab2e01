"""Where the irises are in the picture: the landmark network's circles, moved to the edges that the picture has.

The network is off by a tenth of an iris and more, on turned heads by half of one; in a large picture what it leaves of the
stand-in's iris would show. Between iris and eye white brightness steps up all around, but for the lids (Daugman 1993), and a
blue or green iris, which may be as bright, is of another hue: of all circles near the network's those with the steepest steps
to their left and right say where it is, as far as they are steep.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.landmarks import IRISES
from sosie.pictures.colour import LUMA

#: How far off, in radii, a centre may be, and what share of the network's radius is looked at; steps of both.
OFF, RADII, STEP = 0.6, (0.85, 1.2), 0.05
#: Left and right of an iris: angles from the eye's axis, in degrees, at which lids seldom are; as many on each side.
SIDES, ANGLES = 40, 9
#: A step is what lies so much further out less what lies so much further in, in radii.
APART = 0.12
#: Stops by which a circle as far off as a radius must be steeper, and how many times as many as far up or down, where no
#: side tells, or as much larger; from how much steeper than that on it begins to be taken, and is: a sequence must not leap from
#: one to the other.
AWAY, UPRIGHT, LARGER, STEEP = 1.2, 2.0, 2.0, (0.2, 0.4)
#: A stop of red over green and blue, stepping the same way on both sides, counts as so many of brightness; so much of the open
#: eyes' own colour is added first: in the dark a hue is noise.
HUE, PALER = 3.0, 0.3
#: Circles that are worth so many stops less than the best say a third as much where the iris is.
ALIKE = 0.05
#: More stops count as so many: lashes are darker than any iris.
MOST = 1.5
#: Darker than this, in linear light, is noise.
FLOOR = 2.0**-10
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Iris:
    """A circle, in the picture's pixels."""

    x: float
    y: float
    radius: float


def irises_of(picture: Array, landmarks: Array, open_eyes: Array) -> tuple[Iris, Iris]:
    """Both irises in `picture` (H, W, 3; linear) of the face with `landmarks` (478, 3); `open_eyes` (H, W) 0 to 1."""
    across = landmarks[263, :2] - landmarks[33, :2]
    tilt = float(np.arctan2(across[1], across[0]))
    one, other = (_found(picture, landmarks[first : first + 5, :2], open_eyes, tilt) for first in IRISES)
    return one, other


def _found(picture: Array, points: Array, open_eyes: Array, tilt: float) -> Iris:
    """The iris near the network's `points` (5, 2): centre and edge."""
    r = max(float(np.linalg.norm(points[1:] - points[0], axis=1).mean()), 1.0)
    told = Iris(float(points[0, 0]), float(points[0, 1]), r)
    near = (RADII[1] + OFF + APART + 0.2) * r
    (x0, x1), (y0, y1) = ((max(int(v - near), 0), max(int(v + near) + 2, 0)) for v in (told.x, told.y))
    window = np.s_[y0:y1, x0:x1]
    if min(picture[window].shape) < 3:
        return told
    soft = max(0.06 * r, 0.5)
    bright = cv2.GaussianBlur(np.log2(np.maximum(picture[window] @ LUMA, FLOOR)), (0, 0), soft)
    fields = [np.asarray(bright, np.float32), _hue(picture[window], open_eyes[window], soft)]
    shifts = np.arange(-OFF, OFF + STEP / 2, STEP)
    radii = np.arange(RADII[0], RADII[1] + STEP / 2, STEP)
    right, down, size = (v.ravel() for v in np.meshgrid(shifts, shifts, radii, indexing="ij"))
    circles = np.stack([right, down, size], -1)
    brighter, redder = _steps(fields, open_eyes[window], told, (x0, y0), tilt, circles)
    # on both sides the same way, redder or bluer
    other = np.maximum(np.maximum(redder.min(1), -redder.max(1)), 0)
    away = np.hypot(right, UPRIGHT * down) + LARGER * np.abs(size - 1)
    worth = brighter.mean(1) + HUE * other - AWAY * away
    share = np.exp((worth - worth.max()) / ALIKE)
    sure = float(np.interp(worth.max(), STEEP, (0, 1))) / share.sum()
    x, y, larger = (sure * float(share @ v) for v in (right, down, size - 1))
    return Iris(told.x + x * r, told.y + y * r, (1 + larger) * r)


def _hue(picture: Array, open_eyes: Array, soft: float) -> Array:
    """(h, w): stops of red over green and blue in `picture` (h, w, 3)."""
    seen = open_eyes > 0.5
    usual = float(np.median(picture[seen])) if seen.any() else 0.0
    colour = cv2.GaussianBlur(picture, (0, 0), soft) + np.float32(max(PALER * usual, FLOOR))
    return np.asarray(np.log2(colour[..., 0]) - np.log2(colour[..., 1:].mean(-1)), np.float32)


def _steps(
    values: list[Array],
    open_eyes: Array,
    told: Iris,
    corner: tuple[int, int],
    tilt: float,
    circles: NDArray[np.float64],
) -> list[NDArray[np.float64]]:
    """Of each of the `values` (h, w), (n, 2): how many stops it steps up at both sides of `circles` (n, 3: right, down and radius,
    in `told`'s radii); a side that does not show in the `open_eyes` (h, w) is no step. The window's first pixel is at `corner`.
    """
    side = np.radians(np.linspace(-SIDES, SIDES, ANGLES))
    angles = np.stack([tilt + side, tilt + np.pi + side])[None]  # (1, 2, k)
    centre = circles[:, None, None, :2]
    sampled = []
    for beyond in (APART, -APART):
        length = circles[:, 2, None, None] + beyond
        x = told.x - corner[0] - 0.5 + told.radius * (centre[..., 0] + length * np.cos(angles))
        y = told.y - corner[1] - 0.5 + told.radius * (centre[..., 1] + length * np.sin(angles))
        across, down = (v.reshape(len(circles), -1).astype(np.float32) for v in (x, y))
        fields = (cv2.remap(field, across, down, cv2.INTER_LINEAR) for field in (open_eyes, *values))
        sampled.append([np.asarray(field, np.float32).reshape(x.shape) for field in fields])
    (outer_open, *outer), (inner_open, *inner) = sampled
    weight = np.minimum(outer_open, inner_open)
    seen = np.maximum(weight.sum(-1), ANGLES / 2)
    return [
        np.asarray((np.clip(beyond - within, -MOST, MOST) * weight).sum(-1) / seen)
        for beyond, within in zip(outer, inner, strict=True)
    ]
