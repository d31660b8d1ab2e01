"""Parts of the face as masks, drawn from landmarks (MediaPipe's numbering; left and right as the viewer sees them)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.twin.features import UNDERSIDE

EYES = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
#: (upper row, lower row) of the skin under each eye
LOWER_LIDS = (
    ((130, 25, 110, 24, 23, 22, 26, 112, 243), (226, 31, 228, 229, 230, 231, 232, 233, 244)),
    ((359, 255, 339, 254, 253, 252, 256, 341, 463), (446, 261, 448, 449, 450, 451, 452, 453, 464)),
)
BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


def polygon(size: tuple[int, int], points: NDArray[np.float32], scale: float = 1.0) -> NDArray[np.uint8]:
    """(H, W) 0 or 1: the polygon `points` (n, 2), scaled about its centre."""
    mask = np.zeros(size, np.uint8)
    centre = points.mean(0)
    drawn = centre + (points - centre) * scale
    cv2.fillPoly(mask, [np.round((drawn - 0.5) * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return mask


def hull_of(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(m, 2): the convex hull of `points` (n, 2)."""
    return np.asarray(cv2.convexHull(points)[:, 0], np.float32)


def face_skin(
    size: tuple[int, int], landmarks: NDArray[np.float32], margin: float = 0.025
) -> NDArray[np.float32]:
    """(H, W) 0 or 1: the face's hull less eyes, brows, lips and nostrils, grown by `margin` of the eye distance."""
    xy = np.asarray(landmarks[:, :2], np.float32)
    span = float(np.linalg.norm(xy[263] - xy[33]))
    hull = hull_of(xy[list(OVAL)])
    features = np.zeros(size, np.uint8)
    for eye in EYES:
        features |= polygon(size, xy[list(eye)], 1.2)
    for brow in BROWS:
        features |= polygon(size, hull_of(xy[list(brow)]), 1.1)
    features |= polygon(size, xy[list(LIPS)], 1.05)
    for hole in UNDERSIDE:
        features |= polygon(size, hull_of(xy[list(hole)]), 0.7)
    side = max(1, round(margin * span))
    features = np.asarray(cv2.dilate(features, np.ones((side, side), np.uint8)), np.uint8)
    return (polygon(size, hull, 0.97) & (1 - features)).astype(np.float32)
