"""The kernel on the CPU: the passes of render/reference.py as OpenCV's vectorised ones (ADR 0007).

A tile is small enough for the processor's caches and drawn by one thread; several tiles are drawn side by side. Passes
that would change nothing are left out: the second sampling where nothing moves, the likeness where no matte is near.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.box import Place
from sosie.pictures.field import three
from sosie.render.reference import APRON, BANDS, BORDER, LEVELS, Array, Feeds, times
from sosie.render.scale import enlarged, span
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
            under = out[near.here]
            difference = _likeness(feeds, near)
            cv2.subtract(difference, under, dst=difference)
            cv2.add(under, _blend(difference, near.enlarged(feeds.matte)), dst=under)
        if feeds.strength != 1:
            out -= feeds.under
            out *= np.float32(feeds.strength)
            out += feeds.under
        return out


@dataclass(frozen=True)
class _Part:
    """A part of a tile: `here`. It comes from coarse fields `there`, and lies `inside` what is enlarged of those."""

    here: Place
    there: Place
    inside: Place
    ratio: Fraction

    def enlarged(self, field: NDArray[Any]) -> NDArray[Any]:
        """This part of a coarse `field`."""
        return enlarged(field[self.there], self.ratio)[self.inside]


def _near(feeds: Feeds) -> _Part | None:
    """The part of the tile that the likeness's bands reach, on their grid."""
    x, y, across, down = cv2.boundingRect(cv2.compare(feeds.matte, np.zeros(1), cv2.CMP_GT))
    if not across:
        return None
    here, spans = [], []
    for first, length, inset, side in zip((y, x), (down, across), feeds.inset, feeds.size, strict=True):
        # Enlarged, a coarse pixel shows from the centre of the one before it to the centre of the next.
        low = _centre(first - 1, feeds.ratio) - inset - APRON
        high = _centre(first + length, feeds.ratio) - inset + APRON
        start, stop = max(low // BANDS * BANDS, 0), min((high // BANDS + 1) * BANDS, side)
        here.append(slice(start, stop))
        spans.append(span(start + inset, stop + inset, feeds.ratio))
    (rows, row), (columns, column) = spans
    return _Part((here[0], here[1]), (rows, columns), (row, column), feeds.ratio)


def _centre(at: int, ratio: Fraction) -> int:
    """The pixel, at plate size, in which pixel `at` of a coarse field has its centre."""
    return times(2 * (at - BORDER) + 1, ratio) // 2


def toned(feeds: Feeds) -> Array:
    """The plate with the twin's tone and irises; the very plate where they change nothing."""
    if cv2.minMaxLoc(feeds.tone.reshape(len(feeds.tone), -1))[:2] == (1, 1):
        return feeds.plate
    made = enlarged(feeds.tone, feeds.ratio)
    return np.asarray(cv2.multiply(made, feeds.plate, dst=made), np.float32)


def moved(picture: Array, feeds: Feeds) -> Array:
    """(H, W, 3), new: `picture`, of the plate's extent, where the relief brings it."""
    if not feeds.shift.any():
        return feeds.under_of(picture).copy()
    # Where a coarse pixel's centre lies in the plate: linear, so that enlarging the places enlarges the shifts.
    down, across = (
        (np.arange(n, dtype=np.float32) - BORDER + np.float32(0.5)) * np.float32(feeds.ratio)
        + np.float32(corner - inset - 0.5)
        for n, corner, inset in zip(feeds.shift.shape[:2], feeds.corner, feeds.inset, strict=True)
    )
    columns, rows = feeds.shift[..., 0] + across, feeds.shift[..., 1] + down[:, None]
    x, y = (enlarged(plane, feeds.ratio)[feeds.inside] for plane in (columns, rows))
    return np.asarray(_sampled(picture, x, y), np.float32)


def _likeness(feeds: Feeds, near: _Part) -> Array:
    """The twin's skin in the plate's light, in a part of the tile."""
    texels = _sampled(feeds.texture, *map(near.enlarged, places(feeds.texture, feeds.uv)))
    steps = np.asarray(cv2.cvtColor(texels, cv2.COLOR_RGBA2RGB), np.float32)
    out = near.enlarged(feeds.gloss)
    light = feeds.light * np.float32(QUANTUM)
    cv2.accumulateProduct(steps, near.enlarged(light), out)
    if min(light.min(), feeds.gloss.min()) < 0:
        cv2.threshold(out, 0, 0, cv2.THRESH_TOZERO, dst=out)
    if feeds.grain.size > 1:
        cv2.multiply(out, three(1 + feeds.grain[near.here]), dst=out)
    elif feeds.grain.any():
        out *= 1 + feeds.grain[0, 0]
    return out


def _sampled(picture: Array | Texture, x: Array, y: Array) -> cv2.typing.MatLike:
    """`picture` at the places `x`, `y`: one plane each, which enlarge faster than two channels."""
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


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
