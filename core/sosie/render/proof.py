"""Whether a device draws as the reference does: a driver or a graph that is wrong shows nothing but wrong pictures.

The tile it is asked for is made up, as smooth as light and flow are and as rough as a plate is; everything in it has an effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import ceil

import cv2
import numpy as np

from sosie.render import reference
from sosie.render.reference import BORDER, Array, Feeds, times
from sosie.render.texture import packed

#: Sides of the tile that is asked for, and of the other one, whose inset is this.
SIDES, OTHER, INSET = (96, 144), (64, 80), (1, 2)
RATIO = Fraction(3, 2)
#: The largest difference to the reference, linear light: what bands of 16 bits make, several times over.
CLOSE = 0.005


def draws_right(run: Callable[[Feeds], Array]) -> bool:
    """Whether `run` draws like the reference: tiles of one shape and texture, all other values changed, which a device may
    replay; one of another shape between, and one of another texture at the end.
    """
    first, *others, last = (made_up(*SIDES, RATIO, seed=seed) for seed in (1, 2, 3, 4))
    again = [replace(one, texture=first.texture) for one in others]
    between = made_up(*OTHER, RATIO, inset=INSET)
    return all(
        np.abs(run(feeds) - reference.run(feeds)).max() < CLOSE
        for feeds in (first, again[0], between, again[1], first, last)
    )


def made_up(
    height: int,
    width: int,
    ratio: Fraction = Fraction(1),
    *,
    beyond: int = 24,
    inset: tuple[int, int] = (0, 0),
    seed: int = 1,
) -> Feeds:
    """A tile of `height` x `width` of a plate that reaches `beyond` it."""
    random = np.random.default_rng(seed)

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
