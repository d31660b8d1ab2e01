"""Where skin ends in what looks like skin, its matte fades: on a cropped head, in deep shade, in a beard's stubble.

A tone is multiplied in. An edge of the matte where the picture has none would be one that we drew.
"""

from __future__ import annotations

import cv2
import numpy as np

from sosie.pictures.field import Field, ramp, softened

#: In face heights: how far beside an edge the two sides' colours are told, and how wide (sigma) it fades.
CLOSE, WIDE = 0.03, 0.05
#: Two sides that differ by the first many stops are alike, by the second not at all.
ALIKE = (0.5, 0.9)
#: Both sides have this share of what is close to an edge, and that share of what is near it.
ON_EDGE, NEAR_EDGE = (0.3, 0.5), (0.01, 0.03)
#: What is the person's, and no room, for certain: before a wall skin has an edge, however alike they are.
HERS = (0.5, 0.9)
LEAST = np.float32(1e-4)


def faded(matte: Field, code: Field, body: Field, height: float) -> Field:
    """`matte` (H, W; 0 to 1) with its edges inside the person's `body` (H, W; 0 to 1) as soft as the picture's are faint.

    `code` (H, W, 3) are the picture's colours in stops, `height` is the face's in pixels.
    """
    hers = body > HERS[1]
    within, beyond = ((hers & side).astype(np.float32) for side in (matte > 0.5, matte <= 0.5))
    (here, skin), (there, other) = (_close(side, code, CLOSE * height) for side in (within, beyond))
    edge = ramp(np.minimum(here, there), *ON_EDGE)
    apart = cv2.sqrt(np.square(skin - other).sum(-1))
    alike = edge * (1 - ramp(np.asarray(apart, np.float32), *ALIKE))
    near, faint = softened(edge, WIDE * height), softened(alike, WIDE * height)
    share = faint / np.maximum(near, LEAST) * ramp(near, *NEAR_EDGE) * ramp(body, *HERS)
    return np.asarray(matte + share * (softened(matte, WIDE * height) - matte), np.float32)


def _close(side: Field, code: Field, sigma: float) -> tuple[Field, Field]:
    """(H, W), what share of the pixels close by lie on a `side` (H, W), and their mean `code` (H, W, 3)."""
    share = np.asarray(cv2.GaussianBlur(side, (0, 0), sigma), np.float32)
    total = np.asarray(cv2.GaussianBlur(code * side[..., None], (0, 0), sigma), np.float32)
    return share, np.asarray(total / np.maximum(share, LEAST)[..., None], np.float32)
