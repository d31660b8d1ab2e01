"""Where the twin's texture leaps from pixel to pixel: a nose hides a cheek, a fold what lies in it.

Between two places that lie side by side in the picture, and nowhere near each other in the texture, everything that lies between them
there would show as a line, or as specks. So the likeness is led over from both sides. Between lips there is a line, and it stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.landmarks import INNER_LIPS
from sosie.faces.regions import polygon
from sosie.pictures.field import fill, mixed, three
from sosie.render.texture import Texture, places, reflectance_of

#: The texture leaps where it is further than so many usual steps; what is so near, in face sizes, shows it too.
LEAP, BREAK = 6.0, 0.002
#: The line between lips lies so near to their inner edges, in face sizes.
LIP_LINE = 0.015
#: Less of a break is none; it is led over from what is so near, in its own widths.
SURE, AROUND = 0.05, 3
Array = NDArray[np.float32]
Value = TypeVar("Value", bound=np.generic)


def breaks_of(uv: Array, points: Array, scale: float, face: float) -> Array:
    """(H, W) 0 to 1: where `uv` (H, W, 2) leaps, of mesh points (n, 2); `scale` is its usual step, `face` the face's size."""
    leaps = np.zeros(uv.shape[:2], np.uint8)
    for plane in cv2.split(uv):
        for (one, other), sides in zip(_neighbours(np.asarray(plane)), _neighbours(leaps), strict=True):
            far = (cv2.absdiff(one, other) > LEAP * scale).view(np.uint8)
            for side in sides:
                np.bitwise_or(side, far, out=side)
    leaps *= 1 - _lip_line(points, leaps.shape, face)
    width = _width(face)
    wide = cv2.dilate(leaps, np.ones((width, width), np.uint8)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), max(BREAK * face / 2, 0.7)), np.float32)


def lead_over(shading: Array, gloss: Array, texture: Texture, uv: Array, breaks: Array, face: float) -> None:
    """Change `shading` and `gloss` (H, W, 3) of a likeness so that in its `breaks` (H, W; 0 to 1) it goes on as around them."""
    side = 2 * AROUND * _width(face) + 1
    near = cv2.dilate((breaks >= SURE).view(np.uint8), np.ones((side, side), np.uint8))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(near)
    for label, (x, y, width, height, _) in enumerate(boxes.tolist()[1:], start=1):
        here = slice(y, y + height), slice(x, x + width)
        likeness = _sampled(texture, uv[here]) * shading[here] + gloss[here]
        around = fill(likeness, np.asarray(breaks[here] < SURE, np.float32))
        share = breaks[here] * (labels[here] == label)
        shading[here] *= three(1 - share)
        gloss[here] = mixed(around, gloss[here], share)


def _sampled(texture: Texture, uv: Array) -> Array:
    """(h, w, 3): the reflectance at `uv` (h, w, 2)."""
    found = cv2.remap(texture, *places(texture, uv), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return reflectance_of(np.asarray(found, np.uint16))


def _neighbours(field: NDArray[Value]) -> Iterator[tuple[NDArray[Value], NDArray[Value]]]:
    """Views of `field` (H, W) and of what lies one pixel below and right of it."""
    yield field[:-1], field[1:]
    yield field[:, :-1], field[:, 1:]


def _width(face: float) -> int:
    """Of a break, in pixels."""
    return 2 * round(BREAK * face) + 1


def _lip_line(points: Array, size: tuple[int, ...], face: float) -> NDArray[np.uint8]:
    """(H, W) 0 or 1: where upper and lower lip of mesh points (n, 2) meet."""
    ring = np.asarray(points[list(INNER_LIPS)], np.float32)
    around = polygon((size[0], size[1]), ring)
    cv2.polylines(around, [np.round(ring - 0.5).astype(np.int32)], True, 1, 2 * round(LIP_LINE * face) + 1)
    return around
