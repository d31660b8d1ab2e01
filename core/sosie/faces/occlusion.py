"""What of a face is seen: not what hair lies before, nor anything that looks like no skin.

What the landmark network saw tells hair from face, in cells of a fortieth of the face (faces/shown.py). Colour brings
that to the pixel: how the surely bare and the surely covered parts of this very picture look, in log brightness and two
log ratios, moves the odds. What no skin here looks like at all is covered too, whatever the network saw; hands and
accessories are told besides (faces/cutout.py). Eyes, nose, mouth and brows look like no skin and are the face's. The
edge follows the picture (guided filter, He et al. 2010); where hair and skin are both near, a pixel is as much of each
as its colour says, so that single strands stay in front.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.regions import BROWS, FEATURES, hull_of, polygon
from sosie.pictures.box import place_of
from sosie.pictures.field import ramp, softened, three, weighed

Array = NDArray[np.float32]
ONES = np.ones(3, np.float32)
MEAN = ONES / np.float32(3)  # of the channels
#: From logarithms of red, green and blue: brightness, and two ratios.
CODE = np.array([MEAN, [1, -1, 0], [0, 1, -1]], np.float32)
#: A dark piece of the face is a brow when this share of it lies within so many face sizes of a brow's landmarks.
BROW, AROUND_BROW = 0.75, 0.02
#: How far around the face mesh is looked, in face sizes: further than any filter here reaches.
NEAR = 0.12
#: What looks like no skin and is the face's own.
OWN = ("right_eye", "left_eye", "mouth", "nostrils")
#: What the network is sure of, above and below; how many pixels are enough to know their colour.
BARE, COVERED, FEW = 0.9, 0.1, 50
#: How a kind looks is told from pixels as far apart as if the face had so many.
SAMPLED = 256
#: Eyes, mouth and brows begin to be bare where it is as sure of it as this, and are, whatever their colour.
LIKELY = (0.6, 0.85)
#: Least variance of the codes: light on one thing differs by this at least.
VARIANCE = np.diag([0.03, 0.006, 0.006])
#: How much colour counts beside the network, and the most it may say (natural logarithms of odds).
SHARE, LOUDEST, FIRM = 0.5, 4.0, 0.02
#: What differs from the median by more than so many median differences is an outlier.
OUTLIER = 4.5
#: Standard deviations from bare skin at which a colour begins to be strange, and is.
STRANGE = (4.6, 6.0)
#: Below and above these a pixel is surely covered or bare; within so many filter radii it says how its kind looks.
SURE, HEREABOUTS = (0.05, 0.95), 2.0
#: Of the way from the cover's colour to the skin's: what is still all cover, and what is all skin.
MIXED = (0.15, 0.8)
#: Shares of a neighbourhood, and square distances of colours, from which on they tell the edge, and tell it alone.
NEIGHBOURS, APART = (0.01, 0.04), (0.01, 0.05)
#: So many times as bare as before may a colour make a pixel: beside skin in shadow, dark hair has the skin's.
RAISED = 2.0


def visible_skin(plate: Array, landmarks: Array, inside: Array, told: Array) -> Array:
    """(H, W) 0 to 1 where the plate shows bare face. `plate` (H, W, 3) linear, `landmarks` in its pixels,
    `inside` (H, W) where the face mesh lies, `told` (H, W) 0 to 1 what the network saw as bare; 0 further than `NEAR`
    from the mesh.
    """
    size = float(np.ptp(landmarks[:468, :2], axis=0).max())
    here = place_of(inside > 0, max(int(NEAR * size), 4))
    found = np.zeros(inside.shape, np.float32)
    points = landmarks - np.array([here[1].start, here[0].start, 0], np.float32)
    found[here] = _visible(plate[here], points, inside[here], told[here])
    return found


def _visible(plate: Array, landmarks: Array, inside: Array, told: Array) -> Array:
    """`visible_skin` of a window around the face."""
    size = float(np.ptp(landmarks[:468, :2], axis=0).max())
    coded = _codes(plate, size)
    few = (slice(None, None, max(int(size / SAMPLED), 1)),) * 2
    bare = coded[few][(told[few] > BARE) & (inside[few] > 0)]
    covered = coded[few][told[few] < COVERED]
    score, own = told, np.zeros_like(told)
    if len(bare) >= FEW:
        skin = _distance(coded, bare)
        if len(covered) >= FEW:
            score = _moved(told, skin, _distance(coded, covered))
        away = cv2.sqrt(_distance(coded, _typical(bare)).squares)
        usual, sure = 1 - ramp(np.asarray(away), *STRANGE), ramp(told, *LIKELY)
        own = np.maximum(_own(inside.shape, landmarks), _brows(usual, landmarks, inside)) * sure
        score = np.maximum(np.minimum(score, usual), own)
    radius = max(int(size * 0.02), 2)
    picture = np.asarray(cv2.sqrt(np.clip(plate, 0, 1)), np.float32)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (radius | 1, radius | 1))
    steps = cv2.convertScaleAbs(score, alpha=255)  # of 1/255: a large kernel is far faster on 8 bits
    closed = cv2.morphologyEx(cv2.morphologyEx(steps, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
    refined = guided_filter(
        weighed(picture, MEAN), np.asarray(closed, np.float32) / np.float32(255), radius, 1e-3
    )
    return _strands(
        picture, np.clip(refined * np.float32(1.2) - np.float32(0.1), 0, 1), own, HEREABOUTS * radius
    )


def _strands(picture: Array, bare: Array, own: Array, reach: float) -> Array:
    """`bare` with its edges as the `picture` has them, but for the face's `own`: how far a pixel's colour lies from that of
    what covers the face within `reach` pixels to that of the skin there (linear mixing, Porter and Duff, 1984).
    """
    covers, cover = _hereabouts(picture, bare < SURE[0], reach)
    skins, skin = _hereabouts(picture, bare > SURE[1], reach)
    both = np.minimum(covers, skins)
    edge = np.flatnonzero((both > NEIGHBOURS[0]) & (own < 1))
    colours, start, end = (field.reshape(-1, 3).take(edge, 0) for field in (picture, cover, skin))
    start /= covers.take(edge)[:, None]
    line = end / skins.take(edge)[:, None] - start
    apart = np.einsum("ij,ij->i", line, line)
    way = np.einsum("ij,ij->i", colours - start, line) / np.maximum(apart, np.float32(1e-6))
    trust = np.interp(both.take(edge), NEIGHBOURS, (0, 1)) * np.interp(apart, APART, (0, 1))
    before, found = bare.take(edge), bare.copy()
    after = before + trust * (1 - own.take(edge)) * (np.interp(way, MIXED, (0, 1)) - before)
    np.put(found, edge, np.minimum(after, RAISED * before))
    return found


def _hereabouts(picture: Array, where: NDArray[np.bool_], reach: float) -> tuple[Array, Array]:
    """(H, W), the share of the pixels within `reach` that lie `where`; (H, W, 3), their colours times that share."""
    weight = where.astype(np.float32)
    return softened(weight, reach), softened(picture * three(weight), reach)


@dataclass(frozen=True, eq=False)
class _Distance:
    """`squares` (H, W): of the Mahalanobis distance from a normal distribution with covariance of `log_volume`."""

    squares: Array
    log_volume: float

    @property
    def log_likelihood(self) -> Array:
        """(H, W), but for a constant."""
        return np.asarray(-0.5 * (self.squares + np.float32(self.log_volume)), np.float32)


def _distance(coded: Array, sample: Array) -> _Distance:
    """How far the log colours `coded` (H, W, 3) are from those of `sample` (k, 3)."""
    centre = np.median(sample, 0)
    off = sample - centre
    covariance = off.T @ off / len(sample) + VARIANCE
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    white = np.asarray(cv2.transform(coded, np.column_stack([whiten, -whiten @ centre])), np.float32)
    squares = weighed(np.asarray(cv2.multiply(white, white, dst=white)), ONES)
    return _Distance(squares, float(np.linalg.slogdet(covariance)[1]))


def _typical(sample: Array) -> Array:
    """`sample` (k, 3) without its outliers: deep shadow and highlights would make every colour usual."""
    off = np.abs(sample - np.median(sample, 0))
    return np.asarray(sample[(off <= OUTLIER * np.median(off, 0)).all(-1)], np.float32)


def _moved(told: Array, skin: _Distance, other: _Distance) -> Array:
    """The probability `told`, moved by what colour says."""
    sure = np.clip(told, FIRM, 1 - FIRM)
    said = np.clip(skin.log_likelihood - other.log_likelihood, -LOUDEST, LOUDEST)
    return np.asarray(1 / (1 + (1 / sure - 1) * np.exp(-SHARE * said)), np.float32)


def _own(shape: tuple[int, ...], landmarks: Array) -> Array:
    """(H, W) 0 or 1: eyes, nose and mouth."""
    found = np.zeros(shape, np.uint8)
    for name in OWN:
        ring = np.round(landmarks[list(FEATURES[name]), :2]).astype(np.int32)
        cv2.fillConvexPoly(found, cv2.convexHull(ring), 1)
    return found.astype(np.float32)


def _brows(score: Array, landmarks: Array, inside: Array) -> Array:
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


def guided_filter(guide: Array, source: Array, radius: int, epsilon: float) -> Array:
    """He, Sun, Tang: Guided Image Filtering (ECCV 2010), one channel."""
    box = (2 * radius + 1, 2 * radius + 1)

    def mean(x: Array) -> Array:
        return np.asarray(cv2.blur(x, box), np.float32)

    mg, ms = mean(guide), mean(source)
    a = (mean(guide * source) - mg * ms) / (mean(guide * guide) - mg * mg + epsilon)
    return np.asarray(
        mean(np.asarray(a, np.float32)) * guide + mean(np.asarray(ms - a * mg, np.float32)), np.float32
    )


def _codes(linear: Array, size: float) -> Array:
    blurred = cv2.GaussianBlur(linear, (0, 0), max(size / 150, 0.6))
    return np.asarray(cv2.transform(cv2.log(np.maximum(blurred, np.float32(0.004))), CODE), np.float32)
