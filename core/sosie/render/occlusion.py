"""What stands in front of the face: hair, fringe, glasses, hands.

There is no face-parsing model with a clean licence, so this is colour statistics: pixels of the plate's face are
compared with surely bare skin near them (nose, cheeks, chin), in log brightness and two log ratios, with a tolerance
for shading that colour ratios do not get. Eyes, nose and mouth are taken as visible, but for a half of them that hair
hides with the skin around it. The edge follows the picture (guided filter, He et al. 2010). The person mask cuts the
background off.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.field import weighed
from sosie.render.regions import BROWS, hull_of, polygon
from sosie.twin.bare import SEEDS
from sosie.twin.features import FEATURES, MORE, SHOWN

MEAN = np.full(3, 1 / 3, np.float32)  # of the channels
#: From logarithms of red, green and blue: brightness, and two ratios.
CODE = np.array([MEAN, [1, -1, 0], [0, 1, -1]], np.float32)
#: A dark piece of the face is a brow when this share of it lies within so many face sizes of a brow's landmarks.
BROW, AROUND_BROW = 0.75, 0.02
#: How far around the face mesh is looked, in face sizes: further than any filter here reaches.
NEAR = 0.12
#: Inner face that is taken as visible: eyes with lids, nose, mouth.
ALWAYS = ("right_eye", "left_eye", "mouth", "nostrils")
#: The face's outermost points.
CHEEKS = {"right": 234, "left": 454}
#: Seeds with more detail than this, in log brightness, may be hair; so many others are enough; and so many pixels.
ROUGH, ENOUGH, FEW = 0.04, 4, 20


def visible_skin(
    plate: NDArray[np.float32], landmarks: NDArray[np.float32], inside: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(H, W) 0 to 1 where the plate shows bare face. `plate` (H, W, 3) linear, `landmarks` in its pixels,
    `inside` (H, W) where the face mesh lies; 0 further than `NEAR` from it.
    """
    size = float(np.ptp(landmarks[:468, :2], axis=0).max())
    x, y, width, height = cv2.boundingRect((inside > 0).view(np.uint8))
    reach = max(int(NEAR * size), 4)
    x0, y0 = max(x - reach, 0), max(y - reach, 0)
    here = slice(y0, y + height + reach), slice(x0, x + width + reach)
    found = np.zeros(inside.shape, np.float32)
    found[here] = _visible(plate[here], landmarks - np.array([x0, y0, 0], np.float32), inside[here])
    return found


def _visible(
    plate: NDArray[np.float32], landmarks: NDArray[np.float32], inside: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`visible_skin` of a window around the face."""
    size = float(np.ptp(landmarks[:468, :2], axis=0).max())
    coded = _codes(plate, size)
    seeds = landmarks[list(SEEDS), :2]
    sample = _around(coded, seeds, size)
    if len(sample) < FEW:
        return inside
    score = _likeness(coded, sample)
    smooth = seeds[_detail(coded[..., 0], seeds, size) < ROUGH]
    bare = _around(coded, smooth, size)
    hidden = None
    if ENOUGH <= len(smooth) < len(seeds) and len(bare) >= FEW:
        # Where half the seeds lie under hair, skin has no colour of its own; what is left of them may tell.
        surer = _likeness(coded, bare)
        hidden = _hidden(surer, landmarks, inside)
        score = surer if hidden else score
    score = np.maximum(score, _always(inside.shape, landmarks, hidden))
    score = np.maximum(score, _brows(score, landmarks, inside))
    radius = max(int(size * 0.02), 2)
    guide = weighed(np.asarray(cv2.sqrt(np.clip(plate, 0, 1)), np.float32), MEAN)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (radius | 1, radius | 1))
    closed = cv2.morphologyEx(cv2.morphologyEx(score, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
    refined = guided_filter(guide, np.asarray(closed, np.float32), radius, 1e-3)
    return np.asarray(np.clip(refined * 1.2 - 0.1, 0, 1), np.float32)


def _around(coded: NDArray[np.float32], seeds: NDArray[np.float32], size: float) -> NDArray[np.float32]:
    """(k, 3) what `coded` (H, W, 3) has around `seeds` (n, 2)."""
    near = np.zeros(coded.shape[:2], np.uint8)
    for x, y in np.round(seeds).astype(int):
        cv2.circle(near, (int(x), int(y)), max(int(size * 0.03), 1), 1, -1)
    return coded[near > 0]


def _likeness(coded: NDArray[np.float32], sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) 0 to 1: how much the log colours `coded` (H, W, 3) are those of `sample` (k, 3)."""
    centre = np.median(sample, 0)
    spread = 1.4826 * np.median(np.abs(sample - centre), 0)
    spread = spread * 1.2 + np.array([0.35, 0.09, 0.09], np.float32)
    off = cv2.split(cv2.transform(coded, np.column_stack([np.diag(1 / spread), -centre / spread])))
    distance = cv2.magnitude(cv2.magnitude(off[0], off[1]), off[2])
    return np.asarray(np.clip((4.2 - distance) / 1.4, 0, 1), np.float32)


def _detail(brightness: NDArray[np.float32], seeds: NDArray[np.float32], size: float) -> NDArray[np.floating]:
    """(n,) RMS of the finest detail around each of `seeds` (n, 2)."""
    near, wide = (2 * max(int(size * part), 1) + 1 for part in (0.015, 0.03))
    fine = brightness - cv2.blur(brightness, (near, near))
    energy = cv2.blur(fine * fine, (wide, wide))
    x, y = np.clip(np.round(seeds).astype(int), 0, np.array(brightness.shape[::-1]) - 1).T
    return np.asarray(np.sqrt(energy[y, x]))


def _hidden(
    score: NDArray[np.float32], landmarks: NDArray[np.float32], inside: NDArray[np.float32]
) -> str | None:
    """The side of the face that hair hides, if it is one: the skin around that eye is gone, around the other it is not."""
    size = float(np.ptp(landmarks[:468, :2], axis=0).max())
    reach = np.ones((2 * max(int(size * 0.04), 1) + 1,) * 2, np.uint8)
    shown = {}
    for side in CHEEKS:
        eye = _hull(score.shape, landmarks, f"{side}_eye")
        around = (cv2.dilate(eye, reach) > eye) & (inside > 0)
        shown[side] = float(score[around].mean()) if around.any() else 1.0
    less, more = sorted(shown, key=lambda side: shown[side])
    return less if shown[less] < SHOWN and shown[more] > shown[less] + MORE else None


def _always(
    shape: tuple[int, ...], landmarks: NDArray[np.float32], hidden: str | None
) -> NDArray[np.float32]:
    """(H, W) 0 or 1: eyes, nose and mouth, less what lies on the `hidden` side."""
    found = np.zeros(shape, np.uint8)
    for name in ALWAYS:
        found |= _hull(shape, landmarks, name)
    if hidden:
        found &= ~_half(shape, landmarks, hidden)
    return found.astype(np.float32)


def _hull(shape: tuple[int, ...], landmarks: NDArray[np.float32], name: str) -> NDArray[np.uint8]:
    """(H, W) 0 or 1."""
    found = np.zeros(shape, np.uint8)
    ring = np.round(landmarks[list(FEATURES[name]), :2]).astype(np.int32)
    cv2.fillConvexPoly(found, cv2.convexHull(ring), 1)
    return found


def _half(shape: tuple[int, ...], landmarks: NDArray[np.float32], side: str) -> NDArray[np.uint8]:
    """(H, W) 255 on her `side` of the line from the forehead to the chin, over the nose."""
    top, bottom, outer = (landmarks[index, :2].astype(np.float64) for index in (10, 152, CHEEKS[side]))
    y, x = np.indices(shape, dtype=np.float32)
    line = bottom - top
    across = (x + 0.5 - top[0]) * line[1] - (y + 0.5 - top[1]) * line[0]
    there = (outer[0] - top[0]) * line[1] - (outer[1] - top[1]) * line[0]
    return np.asarray((across * np.sign(there) >= 0) * np.uint8(255), np.uint8)


def _brows(
    score: NDArray[np.float32], landmarks: NDArray[np.float32], inside: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(H, W) 0 or 1: what is dark on the face and lies almost wholly in a brow is that brow, and nothing before it."""
    size = float(np.ptp(landmarks[:468, :2], axis=0).max())
    reach = 2 * max(int(size * AROUND_BROW), 1) + 1
    zone = np.zeros(score.shape[:2], np.uint8)
    for brow in BROWS:
        zone |= polygon(score.shape[:2], hull_of(np.asarray(landmarks[list(brow), :2], np.float32)))
    zone = np.asarray(cv2.dilate(zone, np.ones((reach, reach), np.uint8)), np.uint8)
    dark = ((score < 0.5) & (inside > 0)).astype(np.uint8)
    count, labels = cv2.connectedComponents(dark, connectivity=8)
    total = np.bincount(labels.ravel(), minlength=count)
    within = np.bincount(labels[zone > 0], minlength=count)
    own = within > BROW * total
    own[0] = False
    grown = cv2.dilate(own[labels].astype(np.uint8), np.ones((reach, reach), np.uint8))
    return np.asarray(grown & (zone | own[labels]), np.float32)


def guided_filter(
    guide: NDArray[np.float32], source: NDArray[np.float32], radius: int, epsilon: float
) -> NDArray[np.float32]:
    """He, Sun, Tang: Guided Image Filtering (ECCV 2010), one channel."""
    box = (2 * radius + 1, 2 * radius + 1)

    def mean(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(x, box), np.float32)

    mg, ms = mean(guide), mean(source)
    a = (mean(guide * source) - mg * ms) / (mean(guide * guide) - mg * mg + epsilon)
    return np.asarray(
        mean(np.asarray(a, np.float32)) * guide + mean(np.asarray(ms - a * mg, np.float32)), np.float32
    )


def _codes(linear: NDArray[np.float32], size: float) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(linear, (0, 0), max(size / 150, 0.6))
    return np.asarray(cv2.transform(cv2.log(np.maximum(blurred, np.float32(0.004))), CODE), np.float32)
