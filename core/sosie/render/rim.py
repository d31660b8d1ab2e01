"""A skin matte's rim before the room: what is surely skin and what surely room near by say what lies between.

Along the outline a pixel is a mixture of the two (as in closed-form matting, here with one colour for each). The tone is
multiplied in, so that a matte that reaches a pixel too far would make the wall behind a lightened neck glow.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.render.tone import LUMA

#: How wide the rim is to either side, in eye distances, and over how much around a pixel each side's colour is a mean.
WIDE, AROUND = 0.03, 0.075
#: Inside and outside are surely what the matte says from here on.
INSIDE, OUTSIDE = 0.9, 0.1
#: Colours that differ by the first share of their sum tell nothing, by the second everything.
CONTRAST = (0.08, 0.2)
#: A pixel so far beside every mixture (squares, over the square of the two colours' difference) begins to be none, and is.
STRANGE = (0.01, 0.06)
#: So much of what is around is enough to know a side's colour.
ENOUGH = 0.02
Array = NDArray[np.float32]
Pixels = tuple[NDArray[np.intp], ...]


def on_the_rim(matte: Array, picture: Array, person: Array, span: float) -> Array:
    """`matte` (H, W; 0 to 1), on its rim before what is not `person` (H, W) no more than the share of skin in it.

    `picture` (H, W, 3) is linear, `span` the eye distance in its pixels. The share is that of the pixel's light, which a
    tone is multiplied with.
    """
    reach, around = max(round(WIDE * span), 1), max(round(AROUND * span), 2)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    within = cv2.erode((matte > INSIDE).view(np.uint8), disc) > 0
    beyond = cv2.dilate((matte > OUTSIDE).view(np.uint8), disc) == 0
    room = beyond & (person < 0.5)
    rim = np.nonzero(~(within | beyond))
    skin, known = _near(picture, within, around, rim)
    wall, there = _near(picture, room, around, rim)
    seen = picture[rim]
    apart = skin - wall
    squares = np.maximum((apart * apart).sum(-1), 1e-9)
    share = np.clip(((seen - wall) * apart).sum(-1) / squares, 0, 1)
    off = seen - wall - apart * share[:, None]
    contrast = np.sqrt(squares / np.maximum(((skin + wall) ** 2).sum(-1), 1e-9))
    sure = np.interp(contrast, CONTRAST, (0, 1)) * np.interp((off * off).sum(-1) / squares, STRANGE, (1, 0))
    # Where cloth or hair is as near as the room the matte is as good as it is.
    sure *= np.clip(np.minimum(known, there) / ENOUGH, 0, 1) * (2 * there > _mass(beyond, around, rim))
    found = np.clip(share * (skin @ LUMA) / np.maximum(seen @ LUMA, np.float32(1e-4)), 0, 1)
    out = matte.copy()
    out[rim] += (sure * np.minimum(found - matte[rim], 0)).astype(np.float32)
    return out


def _near(picture: Array, where: NDArray[np.bool_], around: int, pixels: Pixels) -> tuple[Array, Array]:
    """At `pixels` (k): the mean of `picture` over what of `where` (H, W) is near (k, 3), and how much that is (k,)."""
    box = (2 * around + 1, 2 * around + 1)
    mass = _mass(where, around, pixels)
    total = np.asarray(cv2.blur(cv2.copyTo(picture, where.view(np.uint8)), box), np.float32)[pixels]
    return np.asarray(total / np.maximum(mass, np.float32(1e-6))[:, None], np.float32), mass


def _mass(where: NDArray[np.bool_], around: int, pixels: Pixels) -> Array:
    """(k,): the share of `where` (H, W) among what is near each of `pixels`."""
    side = 2 * around + 1
    return np.asarray(cv2.boxFilter(where.view(np.uint8), cv2.CV_32F, (side, side)), np.float32)[pixels]
