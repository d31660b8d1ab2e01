"""Skin beyond the face: neck, ears, chest, hands. Where it is, and what another person's tone makes of it.

The colour of the plate's own face, in the plate's own light, is the model. A pixel is skin when its hue is one that the
face shows and its brightness one that the face's skin could have there; it must hang together with the face or be
large, and lie inside the person. Shade and edges are the plate's: only the ratio of the two tones is multiplied in.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.render.field import guided
from sosie.render.light import Light
from sosie.render.regions import OVAL, polygon
from sosie.render.tone import GLOSS, LUMA

#: Eye distance (px) at which the matte is found; larger pictures are reduced first.
SPAN = 70
FLOOR = 2.0**-11
#: A pixel whose colour is further than this from the face's own colours (in their sigmas) is not skin.
LIMIT = 2.6


def skin_matte(
    plate: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    person: NDArray[np.float32],
    light: Light,
) -> NDArray[np.float32]:
    """(H, W) float32, 0 to 1: skin of this person, face included.

    `plate` (H, W, 3) linear; `landmarks` (468 or 478, 3) plate pixels; `person` (H, W) 0 to 1, outside which the matte
    is 0 exactly; `light` from `estimate_light` on the same plate (its `valid` says which pixels are certainly skin).
    """
    size = plate.shape[:2]
    span = float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2]))
    height = float(np.linalg.norm(landmarks[10, :2] - landmarks[152, :2]))
    scale = min(1.0, SPAN / max(span, 0.6 * height, 1e-3))
    small_size = (max(2, round(size[1] * scale)), max(2, round(size[0] * scale)))
    reduce = cv2.INTER_AREA
    small = cv2.resize(plate, small_size, interpolation=reduce) if scale < 1 else plate
    body = cv2.resize(person.astype(np.float32), small_size, interpolation=reduce) if scale < 1 else person
    certain = np.zeros(size, np.float32)
    certain[light.box[1] : light.box[3], light.box[0] : light.box[2]] = light.valid
    seeds = cv2.resize(certain, small_size, interpolation=reduce) > 0.95
    if seeds.sum() < 32:
        return np.zeros(size, np.float32)
    code = _code(small)
    likely = _likeness(code, seeds) * (body > 0.5)
    face = polygon(small_size[::-1], cv2.convexHull(landmarks[list(OVAL), :2] * np.float32(scale))[:, 0])
    grown = _connected(likely, seeds, span * scale, face)
    soft = _refined(grown, small, body)
    if scale < 1:
        soft = cv2.resize(soft, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(person > 0.02, np.clip(soft, 0, 1), 0), np.float32)


def skin_gain(tone_a: NDArray[np.float32], tone_b: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3,): what B's skin shows over what A's does in the same light; both tones are mean albedos."""
    return np.asarray((tone_b + GLOSS) / (tone_a + GLOSS), np.float32)


def retone(
    plate: NDArray[np.float32], matte: NDArray[np.float32], gain: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`plate` (H, W, 3) linear with `gain` (3,) where `matte` (H, W) is 1; the very same value where it is 0."""
    return np.asarray(plate * (1 + matte[..., None] * (gain - 1)), np.float32)


def _code(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """log2 red over green, log2 blue over green, log2 luminance."""
    log = np.log2(np.maximum(linear, FLOOR))
    luma = np.log2(np.maximum(linear @ LUMA, FLOOR))
    return np.stack([log[..., 0] - log[..., 1], log[..., 2] - log[..., 1], luma], -1)


def _likeness(code: NDArray[np.float32], seeds: NDArray[np.bool_]) -> NDArray[np.float32]:
    """0 to 1: how well a pixel's hue and brightness fit those of the face.

    Hue on a face changes with brightness (lamp and sky are of two colours, dark parts are redder), so the face's hues
    are learned in steps of brightness; between and beyond the steps the nearest counts.
    """
    sample = code[seeds]
    edges = np.quantile(sample[:, 2], np.linspace(0, 1, 6))
    smooth = cv2.GaussianBlur(code, (0, 0), 0.8)
    best = np.full(code.shape[:2], np.inf, np.float32)
    for low, high in itertools.pairwise(edges):
        part = sample[(sample[:, 2] >= low) & (sample[:, 2] <= high)]
        if len(part) < 8:
            continue
        centre = np.median(part[:, :2], 0)
        spread = 1.4826 * np.median(np.abs(part[:, :2] - centre), 0) + 0.07
        # The neck lies in the chin's shadow: darker than the face is more likely skin than brighter.
        outside = (
            np.maximum(low - 0.6 - smooth[..., 2], 0) / 0.6 + np.maximum(smooth[..., 2] - high - 0.3, 0) / 0.3
        )
        distance = np.sqrt((((smooth[..., :2] - centre) / spread) ** 2).sum(-1) + outside**2)
        best = np.minimum(best, distance)
    return np.asarray(np.clip((LIMIT + 0.8 - best) / 0.8, 0, 1), np.float32)


def _connected(
    likely: NDArray[np.float32], seeds: NDArray[np.bool_], span: float, face: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """What hangs together with the face; separate pieces only when they are as large as an ear."""
    binary = ((likely > 0.5) | seeds).astype(np.uint8)
    side = max(3, round(0.04 * span) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    opened = cv2.morphologyEx(binary, cv2.MORPH_OPEN, kernel) | seeds.astype(np.uint8)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    keep = np.zeros(len(stats), bool)
    keep[np.unique(labels[seeds])] = True
    keep |= stats[:, cv2.CC_STAT_AREA] > 0.12 * span**2
    keep[0] = False
    return np.asarray(keep[labels] | (seeds & (face > 0)), np.float32)


def _refined(
    mask: NDArray[np.float32], small: NDArray[np.float32], body: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Soft edges where the picture has them (guided filter on brightness)."""
    guide = np.log2(np.maximum(small @ LUMA, 2.0**-7))
    a, b = guided(mask[..., None], guide, np.ones_like(mask), 3, 0.02)
    soft = (a * guide[..., None] + b)[..., 0]
    near = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    return np.asarray(np.clip((soft - 0.15) / 0.7, 0, 1) * near * np.clip(body * 2, 0, 1), np.float32)
