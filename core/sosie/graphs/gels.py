"""Light that no rendered head stands in: coloured gels and hard shadows, put on its picture. Build time only.

What changes colour or ends in a line on a face may be light, and nothing that lies before it; so a fit learns that.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Random = np.random.Generator
#: How often two gels of other colours light a picture, and how often something throws a shadow on it.
GELS, SHADOWS = 0.6, 0.4
#: How far a gel's colour is from white (deviation of natural logarithms), and how bright a shadow may be left.
COLOURED, LEFT = 0.7, (0.1, 0.6)
GAMMA = 2.2


def relit(picture: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """`picture` (H, W, 3) sRGB in other light, as bright as before in the middle."""
    linear = (picture / 255.0) ** GAMMA
    light = np.ones_like(linear)
    if random.random() < GELS:
        share = _ramp(linear.shape[:2], random.uniform(0.02, 0.3), random)[..., None]
        one, other = random.normal(0, COLOURED, (2, 3))
        light *= np.exp(one * share + other * (1 - share))
    if random.random() < SHADOWS:
        light *= _shadow(linear.shape[:2], random)[..., None]
    changed = linear * light
    brightness = np.median(linear.mean(-1)) / max(float(np.median(changed.mean(-1))), 1e-3)
    seen = np.clip(changed * brightness, 0, 1) ** (1 / GAMMA)
    return np.asarray(np.rint(255 * seen), np.uint8)


def _ramp(size: tuple[int, ...], width: float, random: Random) -> Array:
    """(H, W) 0 to 1: rising over `width`, a share of the picture, somewhere and in some direction."""
    y, x = np.mgrid[: size[0], : size[1]] / max(size) - 0.5
    turn = random.uniform(0, 2 * np.pi)
    off = (x * np.cos(turn) + y * np.sin(turn) - random.normal(0, 0.12)) / width
    return np.asarray(0.5 + 0.5 * np.tanh(off))


def _shadow(size: tuple[int, ...], random: Random) -> Array:
    """(H, W): a gobo's: blinds, leaves, or one edge."""
    kind = random.integers(3)
    if kind == 0:
        dark = _ramp(size, random.uniform(0.003, 0.03), random)
    elif kind == 1:
        y, x = np.mgrid[: size[0], : size[1]] / max(size)
        turn, period = random.uniform(0, np.pi), random.uniform(0.04, 0.25)
        wave = np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period + random.uniform(0, 7))
        dark = 0.5 + 0.5 * np.tanh((wave - random.uniform(-0.7, 0.7)) * random.uniform(1, 8))
    else:
        few = random.standard_normal((random.integers(5, 14),) * 2)
        spots = cv2.resize(few, size[::-1], interpolation=cv2.INTER_CUBIC)
        dark = 0.5 + 0.5 * np.tanh((np.asarray(spots) - 0.3) * random.uniform(1, 8))
    return np.asarray(1 - dark * (1 - random.uniform(*LEFT)))
