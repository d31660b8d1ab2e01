"""A hand before the face: where it ends.

The landmark network tells a hand to a fortieth of the face (faces/shown.py). Its colour is the face's own, but light and
shade part the two: what lies between surely hand and surely none is cut where that costs least (GrabCut: Rother,
Kolmogorov, Blake, 2004), and the cut follows the picture (guided filter, He et al. 2010).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.box import place_of
from sosie.pictures.field import guided, resized, weighed
from sosie.render.tone import LUMA

Array = NDArray[np.float32]
#: The cut is made as if the face had so many pixels.
LOOKED = 128
#: Below and above these it is surely no hand, and one; from the middle one on rather a hand than not.
SURE, RATHER = (0.08, 0.85), 0.5
#: The cut looks so far beyond what may be a hand, in pixels: what is none has to have a colour too.
BESIDE = 8
#: The edge is looked for within this, in face sizes, and as faint as this, in squares of sRGB-like brightness.
NEAR, FAINT = 0.012, 1e-3
#: The share of a pixel from which on it is some hand, and up to which it is not yet all.
EDGE = (0.1, 0.9)


def hand_matte(plate: Array, told: Array, size: float) -> Array:
    """(H, W) 0 to 1: the hand. `plate` (H, W, 3) linear; `told` (H, W) 0 to 1 by the network; `size` of the face in its pixels."""
    found = np.zeros(told.shape, np.float32)
    if told.max(initial=0) <= SURE[1]:
        return found
    by = min(1.0, LOOKED / size)
    here = place_of(told > SURE[0], round(BESIDE / by))
    height, width = told[here].shape
    few = (max(round(width * by), 2), max(round(height * by), 2))
    coarse = resized(_cut(resized(plate[here], *few), resized(told[here], *few)), width, height)
    guide = np.asarray(cv2.sqrt(np.clip(weighed(plate[here], LUMA), 0, 1)), np.float32)
    a, b = guided(coarse[..., None], guide, np.ones_like(coarse), max(round(NEAR * size), 1), FAINT)
    soft = (a * guide[..., None] + b)[..., 0]
    found[here] = np.clip((soft - EDGE[0]) / (EDGE[1] - EDGE[0]), 0, 1)
    return found


def _cut(plate: Array, told: Array) -> Array:
    """(h, w) 0 or 1, of both in small: the hand."""
    marks = np.full(told.shape, cv2.GC_PR_BGD, np.uint8)
    marks[told > RATHER] = cv2.GC_PR_FGD
    marks[told < SURE[0]], marks[told > SURE[1]] = cv2.GC_BGD, cv2.GC_FGD
    if (told > RATHER).all():
        return np.ones(told.shape, np.float32)
    shades = np.rint(255 * np.sqrt(np.clip(plate, 0, 1))).astype(np.uint8)
    cv2.setRNGSeed(7)  # the same picture must give the same matte
    none, models = (0, 0, 0, 0), (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(shades, marks, none, *models, 1, cv2.GC_INIT_WITH_MASK)
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
