"""Gloss on the twin's skin: part of it is broken as her texture is, by pores, lines and brows.

Her texture has no relief of its own; what is darker than its surroundings is taken to lie deeper and to mirror less, as where
a head's relief is made ("dark is deep", Glencross et al. 2008). On deep skin, of which gloss is half of what is
seen, the likeness would else be hazy.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sosie.render.light import Light

#: The share of gloss that is broken.
BROKEN = 0.4
#: Gloss that is broken is at most so many times as bright as the skin under it.
MOST = 1.0
Array = NDArray[np.float32]


def broken(light: Light, around: Array) -> Light:
    """`light` whose `shading` holds the broken share of its gloss: times the reflectance `around` (h, w, 3) it is as bright."""
    gloss = np.minimum(np.float32(BROKEN) * light.specular, np.float32(MOST) * around * light.shading)
    shading = light.shading + gloss / np.maximum(around, np.float32(1e-3))
    return replace(light, shading=shading, specular=light.specular - gloss)


def with_tone(shading: Array, gloss: Array, gain: Array, tone: Array) -> Array:
    """`shading` (H, W, 3) under which the skin is `gain` (3,) times as bright, and the broken gloss in it as bright as before.

    `gloss` (H, W, 3) is the rest of that, which is not broken. The texture around every pixel is taken to be of its mean
    `tone` (3,).
    """
    held = np.minimum(gloss * np.asarray(BROKEN / (1 - BROKEN) / tone, np.float32), shading)
    held *= np.asarray(1 - gain, np.float32)
    held += shading * np.asarray(gain, np.float32)
    return held
