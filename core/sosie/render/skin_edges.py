"""Where skin ends inside the person: before hair, cloth or its own deep shade.

A tone is multiplied in, so that the matte is the share of a pixel's light that is skin's, not of its area: of fair skin half
a pixel before dark hair is most of what is seen. And an edge where the picture has none, as on a cropped head or in
stubble, would be one that we drew: there the matte fades.
"""

from __future__ import annotations

import cv2
import numpy as np

from sosie.pictures.field import Field, ramp, softened

#: In face heights: how far beside an edge the two sides' colours are told, and how wide (sigma) it fades.
CLOSE, WIDE = 0.03, 0.05
#: Two sides that differ by the first many stops are alike, by the second not at all; no light is told from more than the third.
ALIKE, MOST = (0.5, 0.9), 3.0
#: Both sides have this share of what is close to an edge, of what is beside it, and of what is near it.
ON_EDGE, BESIDE, NEAR = (0.3, 0.5), (0.02, 0.1), (0.01, 0.03)
#: What is the person's, and no room, for certain: before a wall skin has an edge, however alike they are.
HERS = (0.5, 0.9)
LEAST = np.float32(1e-4)


def edged(matte: Field, code: Field, body: Field, height: float) -> Field:
    """`matte` (H, W; 0 to 1), by area, with its edges inside the person's `body` (H, W; 0 to 1) by light, and as soft as the
    picture's are faint.

    `code` (H, W, 3) are the picture's colours in stops, brightness last; `height` is the face's in pixels.
    """
    hers, surely = body > HERS[1], ramp(body, *HERS)
    within, beyond = ((hers & side).astype(np.float32) for side in (matte > 0.5, matte <= 0.5))
    (here, skin), (there, other) = (_close(side, code, CLOSE * height) for side in (within, beyond))
    both, apart = np.minimum(here, there), skin - other
    unlike = ramp(np.asarray(cv2.sqrt(np.square(apart).sum(-1)), np.float32), *ALIKE)
    lighter = np.clip(apart[..., 2], -MOST, MOST) * ramp(both, *BESIDE) * unlike * surely
    share = _faint(both, unlike, WIDE * height) * surely
    return np.asarray(
        _by_light(matte, lighter) + share * (softened(matte, WIDE * height) - matte), np.float32
    )


def _by_light(matte: Field, lighter: Field) -> Field:
    """The share of a pixel's light of what has the share `matte` of its area and is so many stops `lighter`."""
    light = matte * np.exp2(lighter)
    return np.asarray(light / np.maximum(light + 1 - matte, LEAST), np.float32)


def _faint(both: Field, unlike: Field, sigma: float) -> Field:
    """(H, W), 0 to 1: how little `unlike` the sides of the edges near by are; `both` is the lesser side's share there (all H, W)."""
    edge = ramp(both, *ON_EDGE)
    near, alike = softened(edge, sigma), softened(edge * (1 - unlike), sigma)
    return np.asarray(alike / np.maximum(near, LEAST) * ramp(near, *NEAR), np.float32)


def _close(side: Field, code: Field, sigma: float) -> tuple[Field, Field]:
    """(H, W), what share of the pixels close by lie on a `side` (H, W), and their mean `code` (H, W, 3)."""
    share = np.asarray(cv2.GaussianBlur(side, (0, 0), sigma), np.float32)
    total = np.asarray(cv2.GaussianBlur(code * side[..., None], (0, 0), sigma), np.float32)
    return share, np.asarray(total / np.maximum(share, LEAST)[..., None], np.float32)
