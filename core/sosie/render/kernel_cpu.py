"""The kernel on the CPU: the passes of render/reference.py as OpenCV's vectorised ones (ADR 0007).

A tile is small enough for the processor's caches and drawn by one thread; several tiles are drawn side by side. Passes
that would change nothing are left out: the second sampling where nothing moves, the likeness where no matte is near.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from sosie.pictures.field import three
from sosie.render.box import Place
from sosie.render.reference import APRON, BORDER, LEVELS, Array, Feeds
from sosie.render.scale import enlarged, step_of, unit_of
from sosie.render.texture import QUANTUM, Texture, places


class CpuKernel:
    """Runs anywhere, as many at a time as there are threads."""

    name = "cpu"
    priority = 50
    provider = "OpenCV"
    side = 480

    def run(self, feeds: Feeds) -> Array:
        """The tile's composite (H, W, 3); see render/reference.py."""
        out = moved(toned(feeds), feeds)
        if (near := _near(feeds)) is not None:
            here, there = near
            part = out[here]
            difference = _likeness(feeds, here, there)
            cv2.subtract(difference, part, dst=difference)
            cv2.add(part, _blend(difference, enlarged(feeds.matte[there], feeds.ratio)), dst=part)
        if feeds.strength != 1:
            out -= feeds.under
            out *= np.float32(feeds.strength)
            out += feeds.under
        return out


def _near(feeds: Feeds) -> tuple[Place, Place] | None:
    """The part of the tile that the likeness's bands reach: in the tile, and (with borders) in coarse fields."""
    x, y, across, down = cv2.boundingRect(cv2.compare(feeds.matte, np.zeros(1), cv2.CMP_GT))
    if not across:
        return None
    step, unit = step_of(feeds.ratio), unit_of(feeds.ratio)
    apron = -(-APRON // step) * step
    here, there = [], []
    for first, length, side in zip((y, x), (down, across), feeds.size, strict=True):
        low, high = ((at - BORDER) // unit * step for at in (first, first + length - 1))
        start, stop = max(low - apron, 0), min(high + step + apron, side)
        here.append(slice(start, stop))
        there.append(slice(start // step * unit, stop // step * unit + 2 * BORDER))
    return (here[0], here[1]), (there[0], there[1])


def toned(feeds: Feeds) -> Array:
    """The plate with the twin's tone and irises; the very plate where they change nothing."""
    if cv2.minMaxLoc(feeds.tone.reshape(len(feeds.tone), -1))[:2] == (1, 1):
        return feeds.plate
    made = enlarged(feeds.tone, feeds.ratio)
    return np.asarray(cv2.multiply(made, feeds.plate, dst=made), np.float32)


def moved(picture: Array, feeds: Feeds) -> Array:
    """(H, W, 3), new: `picture`, of the plate's extent, where the relief brings it."""
    (above, left), (height, width) = feeds.beyond, feeds.size
    if not feeds.shift.any():
        return picture[above : above + height, left : left + width].copy()
    # Where a coarse pixel's centre lies in the plate: linear, so that enlarging the places enlarges the shifts.
    down, across = (
        (np.arange(n, dtype=np.float32) - BORDER + np.float32(0.5)) * np.float32(feeds.ratio)
        + np.float32(beyond - 0.5)
        for n, beyond in zip(feeds.shift.shape[:2], (above, left), strict=True)
    )
    x, y = (np.asarray(plane, np.float32) for plane in cv2.split(feeds.shift))
    return np.asarray(_sampled(picture, x + across, y + down[:, None], feeds.ratio), np.float32)


def _likeness(feeds: Feeds, here: Place, there: Place) -> Array:
    """The twin's skin in the plate's light, in a part of the tile."""
    texels = _sampled(feeds.texture, *places(feeds.texture, feeds.uv[there]), feeds.ratio)
    steps = np.asarray(cv2.cvtColor(texels, cv2.COLOR_RGBA2RGB), np.float32)
    out = enlarged(feeds.gloss[there], feeds.ratio)
    light = feeds.light[there] * np.float32(QUANTUM)
    cv2.accumulateProduct(steps, enlarged(light, feeds.ratio), out)
    if min(light.min(), feeds.gloss[there].min()) < 0:
        cv2.threshold(out, 0, 0, cv2.THRESH_TOZERO, dst=out)
    if feeds.grain.size > 1:
        cv2.multiply(out, three(1 + feeds.grain[here]), dst=out)
    elif feeds.grain.any():
        out *= 1 + feeds.grain[0, 0]
    return out


def _sampled(picture: Array | Texture, x: Array, y: Array, ratio: Fraction) -> cv2.typing.MatLike:
    """`picture` at the coarse places `x`, `y`: one plane each, which enlarge faster than two channels."""
    across, down = enlarged(x, ratio), enlarged(y, ratio)
    return cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _blend(difference: Array, matte: Array, level: int = 0) -> Array:
    """The bands from `level` on, added up."""
    if level == LEVELS:
        return np.asarray(difference * three(matte), np.float32)
    small = np.asarray(cv2.pyrDown(difference), np.float32)
    low = _blend(small, np.asarray(cv2.pyrDown(matte), np.float32), level + 1)
    band = _doubled(small, difference)
    cv2.subtract(difference, band, dst=band)
    out = _doubled(low, difference)
    cv2.accumulateProduct(band, three(matte), out)
    return out


def _doubled(small: Array, like: Array) -> Array:
    large: Any = cv2.resize(small, like.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.float32)
