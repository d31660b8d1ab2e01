"""Parts of the face as masks, drawn from landmarks (MediaPipe's numbering; left and right as the viewer sees them)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

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
#: Rings around what is no plain skin: eyes with lids, brows, mouth, nostrils.
FEATURES = {
    "right_eye": (226, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25),
    "left_eye": (446, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255),
    "right_brow": BROWS[0],
    "left_brow": BROWS[1],
    "mouth": (57, 186, 92, 165, 167, 164, 393, 391, 322, 410, 287, 273, 335, 406, 313, 18, 83, 182, 106, 43),
    "nostrils": (98, 97, 2, 326, 327, 279, 360, 363, 281, 5, 51, 134, 131, 49),
}
#: The nose from below, its halves.
UNDERSIDE = ((98, 97, 2, 19, 44, 45, 64), (327, 326, 2, 19, 274, 275, 294))
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
