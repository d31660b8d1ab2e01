"""What no photograph shows of a texture: from the mirrored half of the face where that shows it, else from around.

Whatever is put in has the colour of a neighbourhood, the wider the further it is from what is known. The rim of that lies in the
shadow of the hair that hides the rest: what is coarse is led over from one to the other far within it, what is fine at
once, so that no line is seen and no detail is lost.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.field import Field, blurred, ramp, smoothstep, softened
from sosie.twin.bare import disc, log_colour

#: The finest neighbourhood that is read, as a part of the texture's height; each next one is twice as wide and counts
#: for this much less.
NEAREST, WIDER = 1 / 40, 0.35
STEPS = 5
#: Where the two halves differ by more than this, in log colour, something was measured without ground.
MOST = 0.25
#: What is finer than the first is led over at once, what is coarser within the second: parts of the texture's height. The
#: rim that is left out is as wide as the third.
FINE, LED, RIM = 1 / 100, 1 / 10, 1 / 40
LEAST = np.float32(0.02)
#: What differs from the median skin by more than these, in log brightness and in log ratios, begins to be shadow, or the
#: hair's reflection, and is: nothing is made up of it.
LIGHT, HUE = (0.2, 0.5), (0.15, 0.375)
#: What is led over lies between the two, or beyond either by no more than this.
BEYOND = np.float32(1.05)


def fill(albedo: Field, valid: Field) -> Field:
    """`albedo` (T, W, 3) with what is not `valid` (T, W; 0 to 1) made up; the face's UV is symmetric."""
    mirrored, usual = valid[:, ::-1], _usual(albedo, valid)
    read, there = _readable(valid), _readable(mirrored)
    other = _led(np.ascontiguousarray(albedo[:, ::-1]), albedo, read * there)
    known = other + (albedo - other) * read[..., None]
    around = continued(known, np.maximum(read * usual, there * usual[:, ::-1]))
    return _laid(albedo, valid, _laid(other, mirrored, around))


def _usual(albedo: Field, valid: Field) -> Field:
    """(T, W) 0 to 1: how near `albedo` (T, W, 3) is to the median of what is `valid` (T, W; 0 to 1)."""
    codes = log_colour(albedo)
    off = np.abs(codes - np.median(codes[valid >= min(0.9, float(valid.max()))], 0))
    return np.asarray((1 - ramp(off[..., 0], *LIGHT)) * (1 - ramp(off[..., 1:].max(-1), *HUE)), np.float32)


def _laid(over: Field, valid: Field, under: Field) -> Field:
    """(T, W, 3): `over` where it is `valid` (T, W; 0 to 1), led over to `under` within its rim."""
    kept = _kept(valid)
    inner = np.pad(kept, 1, mode="edge")  # the picture's own edge is no rim
    deep = cv2.distanceTransform(inner, cv2.DIST_L2, 5)[1:-1, 1:-1]
    t = np.clip(deep / (LED * len(valid)), 0, 1)
    share, sigma = _soft(valid, kept), FINE * len(valid)
    off = (over - under) * share[..., None]
    coarse = softened(off, sigma) / np.maximum(softened(share, sigma), LEAST)[..., None]
    wide = share * (smoothstep(t) - 1)
    low, high = np.minimum(under, over) / BEYOND, np.maximum(under, over) * BEYOND
    return np.asarray(np.clip(under + off + coarse * wide[..., None], low, high), np.float32)


def continued(values: Field, weight: Field) -> Field:
    """(H, W, k): `values` read where `weight` (H, W; 0 to 1) is, ever more widely the further away that is."""
    top, mass = np.zeros_like(values), np.full(weight.shape, np.float32(1e-9))
    weighed = values * weight[..., None]
    for step in range(STEPS):
        sigma, share = NEAREST * 2**step * len(weight), np.float32(WIDER**step)
        top += share * softened(weighed, sigma)
        mass += share * softened(weight, sigma)
    mean = weighed.sum((0, 1)) / max(float(weight.sum()), 1e-6)
    far = np.float32(WIDER**STEPS)
    return np.asarray((top + far * mean) / (mass + far)[..., None], np.float32)


def _led(filler: Field, albedo: Field, both: Field) -> Field:
    """`filler` in the colours of `albedo`, as they differ where `both` (T, W) are known."""
    sigma = FINE * len(both)
    ratio = np.log((blurred(albedo, both, sigma) + 0.01) / (blurred(filler, both, sigma) + 0.01))
    led = continued(np.asarray(np.clip(ratio, -MOST, MOST), np.float32), both)
    return np.asarray(filler * np.exp(led), np.float32)


def _whole(valid: Field) -> NDArray[np.uint8]:
    """(T, W) 0 or 1: `valid` with its holes, which are nostrils and the like."""
    found = cv2.morphologyEx((valid > 0.5).view(np.uint8), cv2.MORPH_CLOSE, disc(len(valid) // 16))
    return np.asarray(found, np.uint8)


def _readable(valid: Field) -> Field:
    """`valid` (T, W) without specks, and without its rim, which lies in the shadow of what hides the rest."""
    wide, narrow = (disc(len(valid) // part) for part in (16, 26))
    return np.asarray(cv2.erode(cv2.morphologyEx(valid, cv2.MORPH_OPEN, wide), narrow), np.float32)


def _kept(valid: Field) -> NDArray[np.uint8]:
    """(T, W) 0 or 1: the whole without its rim, where what hides the rest shows through."""
    return np.asarray(cv2.erode(_whole(valid), disc(round(RIM * len(valid)))), np.uint8)


def _soft(valid: Field, kept: NDArray[np.uint8]) -> Field:
    """(T, W) 0 to 1: what is `kept` of `valid`, with a soft edge within."""
    inner = cv2.erode(valid, np.ones((9, 9), np.uint8)) * kept
    return np.asarray(cv2.GaussianBlur(inner, (0, 0), 3) * np.clip(4 * valid, 0, 1), np.float32)
