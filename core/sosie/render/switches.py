"""What a retoucher may turn, as changes of what the kernel is fed with.

Off means that the plate's own stays: `brows` and `lips` leave the matte, `tone` gives the twin's texture the stand-in's
mean reflectance. `detail` scales pores and lines of the twin's skin about their smooth mean (frequency separation, on a
logarithm: nothing turns negative, and 1 is the capture itself). `exposure` makes her skin lighter or darker, on the face and
beyond: how bright it is beside the stand-in's is a guess (render/tone.py), a third of a stop off in the median.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import OptionError
from sosie.faces import Mesh
from sosie.faces.regions import BROWS, LIPS, face_skin, hull_of, polygon
from sosie.messages import RenderOptions

#: Detail is what is finer than this, in sides of the texture (a seventh of an eye's width).
FINE = 0.008
#: Kept features reach this far beyond their landmarks, and fade over half of it, in eye distances.
AROUND_BROWS, AROUND_LIPS = 0.07, 0.04
LEAST = 1e-4
#: Name, least, most, and what is usual.
NUMBERS = (("strength", 0, 1, 1), ("detail", 0, 2, 1), ("exposure", -2, 2, 0))
Array = NDArray[np.float32]


def check_options(options: RenderOptions) -> None:
    """Refuse what is out of range.

    Raises:
        OptionError: with the value and the range.
    """
    for name, least, most, usual in NUMBERS:
        value = getattr(options, name)  # what came over the wire may be anything
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise OptionError(
                f"The {name} is {value}.", remedy=f"Choose {least} to {most}; {usual} is usual."
            )
    for name in ("skin", "grain", "brows", "lips", "tone"):
        if not isinstance(getattr(options, name), bool):
            raise OptionError(f"{name} is {getattr(options, name)!r}.", remedy="Choose true or false.")


def kept_features(points: Array, size: tuple[int, int], options: RenderOptions) -> Array:
    """(H, W) 0 to 1: brows and lips that stay the plate's, around mesh points (n, 2 or more) of that picture."""
    xy = np.asarray(points[:, :2], np.float32)
    span = float(np.linalg.norm(xy[263] - xy[33]))
    kept = np.zeros(size, np.float32)
    rings = [] if options.brows else [(hull_of(xy[list(brow)]), AROUND_BROWS) for brow in BROWS]
    rings += [] if options.lips else [(xy[list(LIPS)], AROUND_LIPS)]
    for ring, around in rings:
        reach = max(around * span, 1.0)
        side = 2 * round(reach) + 1
        grown = cv2.dilate(
            polygon(size, ring), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        ).astype(np.float32)
        kept = np.maximum(kept, cv2.GaussianBlur(grown, (0, 0), reach / 2))
    return kept


def with_detail(texture: Array, mesh: Mesh, amount: float) -> Array:
    """`texture` (t, t, 3; reflectance in UV) with the fine detail of bare skin times `amount` (0 to 2).

    Brows, lashes, eyes and lips keep theirs. At 1 it is the very same array.
    """
    if amount == 1:
        return texture
    side = len(texture)
    smooth = np.log(np.maximum(cv2.GaussianBlur(texture, (0, 0), max(FINE * side, 1.0)), LEAST))
    fine = np.log(np.maximum(texture, LEAST)) - smooth
    bare = cv2.GaussianBlur(face_skin((side, side), mesh.uv * side), (0, 0), max(FINE * side / 2, 0.7))
    scale = 1 + np.asarray(bare, np.float32)[..., None] * np.float32(amount - 1)
    return np.asarray(np.exp(smooth + fine * scale), np.float32)
