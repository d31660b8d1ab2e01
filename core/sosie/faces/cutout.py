"""A hand or an accessory before the face: where it ends.

The landmark network tells a hand to a fortieth of the face (faces/shown.py), an accessory to an eightieth
(faces/accessories.py). A hand's colour is the face's own, a rim is as fine as a hair; but light, shade and colour part the
two: what lies between surely there and surely not is cut where that costs least (GrabCut: Rother, Kolmogorov, Blake, 2004),
and the cut follows the picture (guided filter, He et al. 2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.box import place_of
from sosie.pictures.colour import LUMA
from sosie.pictures.field import guided, resized, weighed

Array = NDArray[np.float32]
#: Below this it is surely not there.
NOT = 0.08
#: The cut looks so far beyond what may be there, in pixels: what is none has to have a colour too.
BESIDE = 8
#: The edge is looked for as faint as this, in squares of sRGB-like brightness.
FAINT = 1e-3
#: The share of a pixel from which on it is some of it, and up to which it is not yet all.
EDGE = (0.1, 0.9)
#: An accessory hangs together with surely one of this side, and lies on the face or so near it, in face sizes; it ends so
#: near what rather is one.
LEAST, NEAR, AROUND = 0.07, 0.06, 0.04


@dataclass(frozen=True)
class Kind:
    """How finely a thing is cut out."""

    looked: int  # as if the face had so many pixels
    sure: float  # above this it is there
    rather: float  # and from here on rather there than not
    reach: float  # its edge is looked for so far, in face sizes


HAND = Kind(128, 0.85, 0.5, 0.012)
ACCESSORY = Kind(320, 0.8, 0.4, 0.006)


def hand_matte(plate: Array, told: Array, size: float) -> Array:
    """(H, W) 0 to 1: the hand. `plate` (H, W, 3) linear; `told` (H, W) 0 to 1 by the network; `size` of the face in its pixels."""
    return _cut_out(plate, told, size, HAND)


def accessory_matte(plate: Array, told: Array, inside: NDArray[np.bool_], size: float) -> Array:
    """(H, W) 0 to 1: accessories before the face, whose mesh lies `inside` (H, W); see `hand_matte`."""
    if told[inside].max(initial=0) <= ACCESSORY.sure:
        return np.zeros_like(told)
    rather = _grown(told > ACCESSORY.rather, AROUND * size)
    may_be = told * (_grown(inside, NEAR * size) & rather)
    count, labels = cv2.connectedComponents((may_be > NOT).astype(np.uint8), connectivity=8)
    large = np.bincount(labels[may_be > ACCESSORY.sure], minlength=count) >= (LEAST * size) ** 2
    return _cut_out(plate, np.asarray(may_be * large[labels], np.float32), size, ACCESSORY)


def _grown(where: NDArray[np.bool_], by: float) -> NDArray[np.uint8]:
    """(H, W) 0 or 1: `where`, and `by` pixels around it."""
    side = 2 * max(round(by), 1) + 1
    return np.asarray(cv2.dilate(where.astype(np.uint8), np.ones((side, side), np.uint8)), np.uint8)


def _cut_out(plate: Array, told: Array, size: float, kind: Kind) -> Array:
    found = np.zeros(told.shape, np.float32)
    if told.max(initial=0) <= kind.sure:
        return found
    by = min(1.0, kind.looked / size)
    here = place_of(told > NOT, round(BESIDE / by))
    height, width = told[here].shape
    few = (max(round(width * by), 2), max(round(height * by), 2))
    cut = _cut(resized(plate[here], *few), resized(told[here], *few), kind)
    coarse = resized(cut, width, height)
    guide = np.asarray(cv2.sqrt(np.clip(weighed(plate[here], LUMA), 0, 1)), np.float32)
    a, b = guided(coarse[..., None], guide, np.ones_like(coarse), max(round(kind.reach * size), 1), FAINT)
    soft = (a * guide[..., None] + b)[..., 0]
    found[here] = np.clip((soft - EDGE[0]) / (EDGE[1] - EDGE[0]), 0, 1)
    return found


def _cut(plate: Array, told: Array, kind: Kind) -> Array:
    """(h, w) 0 or 1, of both in small: the thing."""
    marks = np.full(told.shape, cv2.GC_PR_BGD, np.uint8)
    marks[told > kind.rather] = cv2.GC_PR_FGD
    marks[told < NOT], marks[told > kind.sure] = cv2.GC_BGD, cv2.GC_FGD
    if (told > kind.rather).all():
        return np.ones(told.shape, np.float32)
    shades = np.rint(255 * np.sqrt(np.clip(plate, 0, 1))).astype(np.uint8)
    cv2.setRNGSeed(7)  # the same picture must give the same matte
    none, models = (0, 0, 0, 0), (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(shades, marks, none, *models, 1, cv2.GC_INIT_WITH_MASK)
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
