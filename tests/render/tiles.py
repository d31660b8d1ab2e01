"""Feeds of one made-up tile, as smooth as light and flow are and as rough as a plate is."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.render.reference import BORDER, Feeds, times
from sosie.render.texture import packed

Array = NDArray[np.float32]


def feeds(
    height: int,
    width: int,
    ratio: Fraction = Fraction(1),
    *,
    beyond: int = 24,
    inset: tuple[int, int] = (0, 0),
) -> Feeds:
    """A tile of `height` x `width` of a plate that reaches `beyond` it; everything has an effect."""
    random = np.random.default_rng(1)

    def coarse(channels: int, more: int = 0) -> Array:
        size = [
            ceil((side + before + 2 * more) / ratio.numerator) * ratio.denominator + 2 * BORDER
            for side, before in zip((height, width), inset, strict=True)
        ]
        few = random.random((5, 5, channels), np.float32)
        return np.asarray(cv2.resize(few, size[::-1], interpolation=cv2.INTER_CUBIC), np.float32)

    tone = coarse(3, beyond)
    rows, columns = (times(side - 2 * BORDER, ratio) for side in tone.shape[:2])
    return Feeds(
        size=(height, width),
        inset=inset,
        corner=(beyond, beyond),
        plate=random.random((rows, columns, 3), np.float32),
        tone=tone + np.float32(0.5),
        shift=(coarse(2) - np.float32(0.5)) * np.float32(beyond),
        uv=coarse(2) * np.float32(1.2) - np.float32(0.1),
        light=coarse(3),
        gloss=coarse(3) - np.float32(0.5),
        matte=np.clip(coarse(1), 0, 1).reshape(coarse(1).shape[:2]),
        texture=packed(random.random((64, 48, 3), np.float32)),
        grain=np.asarray(random.normal(0, 0.02, (height, width)), np.float32),
        strength=0.8,
        ratio=ratio,
    )
