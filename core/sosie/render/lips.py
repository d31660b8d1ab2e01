"""Lips: whether a plate's mouth is open, and the dark line between lips that are closed.

An open mouth shows the stand-in's teeth, which stay. Closed lips are the twin's, whole; but her texture holds no more than
a thread of the line between them, which a picture of 200 pixels a face would lose: the plate's own is the measure. Half of it,
in stops, is put on: with the thread that is there, or beside it, the whole would look like lips that are open. Where an open
mouth closes, at its corners, the line goes on: without it a smile is narrower than it is.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.landmarks import INNER_LIPS
from sosie.faces.regions import LIPS, polygon
from sosie.pictures.box import place_of
from sosie.pictures.colour import LUMA
from sosie.pictures.field import softened, weighed
from sosie.render.light import Light

#: Between the lips, in eye distances: up to the first they are closed, from the second on they are open.
CLOSED, OPEN = 0.035, 0.07
MIDDLE, CORNERS = (13, 14), (33, 263)
#: The line lies this near to the lips' inner edge, and lips are as bright as what of them is so near (eye distances).
REACH, AROUND = 0.03, 0.15
#: The corners of an open mouth, in the lips' outer and inner edges; the line is theirs so far from them (eye distances).
ENDS, END = ((61, 78), (291, 308)), 0.12
#: Darker than this share of the lips' brightness is the line.
DIM = 0.6
#: Everything here is found this far around the lips (eye distances).
WINDOW = 0.5
Array = NDArray[np.float32]


def parted(points: Array) -> float:
    """0 where the lips of mesh points (n, 3) lie on each other, 1 where they show what is between them."""
    gap, span = (float(np.linalg.norm(points[a] - points[b])) for a, b in (MIDDLE, CORNERS))
    t = min(max((gap / max(span, 1e-3) - CLOSED) / (OPEN - CLOSED), 0.0), 1.0)
    return t * t * (3 - 2 * t)


def lip_line(plate: Array, points: Array) -> Array:
    """(H, W) 0 to 1: what the line between closed lips leaves of the light; 1 beside it.

    `plate` (H, W, 3) is linear, `points` (n, 3) are its mesh points. Lips that are parted have such a line at their ends.
    """
    span = float(np.linalg.norm(points[CORNERS[0], :2] - points[CORNERS[1], :2]))
    lips = polygon(plate.shape[:2], np.asarray(points[list(LIPS), :2], np.float32))
    here = place_of(lips, round(WINDOW * span) + 2)
    left = np.ones(plate.shape[:2], np.float32)
    corner = np.array([here[1].start, here[0].start, 0], np.float32)
    left[here] = _lip_line(plate[here], points - corner, span)
    return left


def _lip_line(plate: Array, points: Array, span: float) -> Array:
    """`lip_line` of a window around the lips."""
    size, xy = plate.shape[:2], np.asarray(points[:, :2], np.float32)
    side = 2 * max(round(REACH * span), 1) + 1
    inner, shown = polygon(size, xy[list(INNER_LIPS)]), parted(points)
    near = cv2.dilate(inner, np.ones((side, side), np.uint8))
    ends = np.zeros(size, np.uint8)
    for outer, end in np.round(xy[list(ENDS)] - 0.5).astype(int).tolist():
        cv2.line(near, outer, end, 1, side)
        for corner in (outer, end):
            cv2.circle(ends, corner, round(END * span), 1, -1)
    luma, lips = weighed(plate, LUMA), polygon(size, xy[list(LIPS)]).astype(np.float32)
    lips *= 1 - np.float32(shown) * cv2.dilate(inner, np.ones((3, 3), np.uint8))
    level = softened(luma * lips, AROUND * span) / (softened(lips, AROUND * span) + np.float32(1e-3))
    left = np.minimum(luma / np.maximum(np.float32(DIM) * level, np.float32(1e-6)), 1)
    closed = 1 - np.float32(shown) * (1 - softened(ends.astype(np.float32), END / 4 * span))
    share = cv2.GaussianBlur(near.astype(np.float32), (0, 0), 0.7) * closed
    return np.asarray(1 - (1 - np.sqrt(left)) * share, np.float32)


def shaded(light: Light, left: Array) -> Light:
    """`light` of which `left` (H, W; 0 to 1) is left."""
    here = place_of(left != 1)
    shading, specular, share = light.shading.copy(), light.specular.copy(), left[here][..., None]
    shading[here] *= share
    specular[here] *= share
    return replace(light, shading=shading, specular=specular)
