"""Black-and-white and toned pictures: the brightness of whatever they show tells its colour.

No colour of the twin's has a place there: blue eyes and red lips would be the only ones. So her skin, and the stand-in's, is
grey in them, and the picture's own hue is taken for the light's. As the hue of a sepia changes with brightness, lighter skin
has another one than darker: by as many stops a stop as in the picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.colour import LUMA
from sosie.pictures.field import resized, weighed
from sosie.render.tone import NEUTRAL, POPULATION, Locus

#: A picture is looked at with so many pixels to its longer side, in so many steps of brightness, exposed until all but its
#: brightest parts lie below this.
SIDE, STEPS, BRIGHT = 96, 32, 0.5
#: So many of the pixels differ from what is usual at their brightness by less than this, in 255 steps of light's root. Of 72
#: pictures in colour none differs by less than 10; as JPEG files that were toned before, none by more than 7.
MOST, OFF = 0.95, 8.0
#: Light below the first tells no hue; no hue changes by more stops a stop.
DARK, STEEPEST = 0.01, 1.0
Array = NDArray[np.float32]


def toning_of(picture: Array) -> Locus | None:
    """The colours of grey skin in `picture` (H, W, 3; linear light); None where it shows others."""
    height, width = picture.shape[:2]
    by = min(1.0, SIDE / max(height, width))
    small = resized(picture, max(round(by * width), 1), max(round(by * height), 1)).reshape(-1, 3)
    luma = small @ LUMA
    steps = np.array_split(np.argsort(luma), STEPS)
    exposed = small * (BRIGHT / max(float(np.quantile(luma, MOST)), 1e-4))
    roots = 255 * np.sqrt(np.clip(exposed, 0, 1))
    hues = roots - (roots @ LUMA)[:, None]
    off = np.concatenate([np.abs(hues[step] - np.median(hues[step], 0)).max(1) for step in steps])
    if np.quantile(off, MOST) >= OFF:
        return None
    return _locus(np.array([small[step].mean(0) for step in steps], np.float32))


def grey(colours: Array, locus: Locus) -> Array:
    """`colours` (h, w, 3; linear), as light as they are, with the hues that the `locus` has there."""
    luma = np.maximum(weighed(colours, LUMA), np.float32(1e-4))
    lit = luma / np.float32(2**POPULATION)
    red, blue = (np.asarray(cv2.pow(lit, by), np.float32) for by in (locus.redder, locus.bluer))
    green = luma / (LUMA[0] * red + LUMA[1] + LUMA[2] * blue)
    return np.asarray(cv2.merge([red * green, green, blue * green]), np.float32)


def _locus(colours: Array) -> Locus:
    """How the hue of `colours` (n, 3) changes from stop to stop of their brightness."""
    known = colours[colours.min(1) > DARK]
    if len(known) < 2:
        return NEUTRAL
    red, green, blue, luma = np.log2([*known.T, known @ LUMA])
    lit = luma - luma.mean()
    slopes = (float(lit @ ratio / max(lit @ lit, 1e-6)) for ratio in (red - green, blue - green))
    return Locus(0, 0, *(float(np.clip(slope, -STEEPEST, STEEPEST)) for slope in slopes))
