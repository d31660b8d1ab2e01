"""A skin matte's rim before the room: what is surely skin and what surely room near by say what lies between.

The matte comes from a small picture, and ends softly somewhere near the outline; where that is, the two colours tell. Along
the outline a pixel is a mixture of them (as in closed-form matting, here with one colour for each), and skin within it,
however the light falls off there. The tone is multiplied in: a matte that reaches a pixel too far makes the wall behind a
lightened neck glow, one that ends too early leaves it a dark line.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.box import place_of
from sosie.pictures.colour import LUMA
from sosie.pictures.field import ramp, resized, three

#: How wide the rim is to either side, and over how much around a pixel each side's colour is a mean, in eye distances: where a
#: matte reaches too far, and where it ends too early.
TOO_FAR, TOO_EARLY = (0.03, 0.075), (0.06, 0.16)
#: That mean is of cells, so many to the distance.
CELLS = 4
#: Inside and outside are surely what the matte says from here on.
INSIDE, OUTSIDE = 0.9, 0.1
#: Colours that differ by the first share of their sum tell nothing, by the second everything.
CONTRAST = (0.08, 0.2)
#: A pixel so far beside every mixture (squares, over the square of the two colours' difference) begins to be none, and is.
STRANGE = (0.01, 0.06)
#: A pixel so far within the outline is no mixture, in pixels.
WITHIN = 1.5
#: Of skin and room a pixel is a mixture whose shares are no further than this from a half.
MIXED = 0.35
#: Cloth or hair that is the first part as near as the room begins to make the outline doubtful, the second does.
ALONE = (0.2, 0.6)
#: So much of what is around is enough to know a side's colour.
ENOUGH = 0.02
LEAST = np.float32(1e-6)
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Rim:
    """What two colours tell of the pixels (k,) of a matte's rim."""

    rows_and_columns: tuple[NDArray[np.intp], NDArray[np.intp]]
    area: Array  # 0 to 1: the share that is skin's
    light: Array  # 0 to 1: the share of the pixel's light that is skin's
    certain: Array  # 0 to 1: how surely
    alone: Array  # 0 to 1: less where cloth or hair is near, too
    within: NDArray[np.bool_]  # (H, W): surely skin


def on_the_rim(matte: Array, picture: Array, person: Array, span: float) -> Array:
    """`matte` (H, W; 0 to 1), on its rim before what is not `person` (H, W) the share of skin in it.

    `picture` (H, W, 3) is linear, `span` the eye distance in its pixels. The share is that of the pixel's light, which a
    tone is multiplied with.
    """
    out = matte.copy()
    reaches = [
        (max(round(wide * span), 1), max(round(around * span), 2)) for wide, around in (TOO_FAR, TOO_EARLY)
    ]
    here = place_of(matte > OUTSIDE, sum(reaches[-1]))
    far, early = (_rim(matte[here], picture[here], person[here], *reach) for reach in reaches)
    _lower(out[here], far)
    _raise(out[here], early, reaches[-1][0])
    return out


def _rim(matte: Array, picture: Array, person: Array, reach: int, around: int) -> _Rim:
    """The rim of a window. What is near a pixel is told by cells, and linear between them."""
    (height, width), side = matte.shape, max(around // CELLS, 1)
    few, box = (max(width // side, 2), max(height // side, 2)), (2 * (around // side) + 1,) * 2
    within, beyond = _deep(matte > INSIDE, reach), _deep(matte <= OUTSIDE, reach)
    room = beyond & (person < 0.5)
    shares = [_in_cells(where, few) for where in (within, room, beyond & ~room)]
    known, there, others = (np.asarray(cv2.blur(share, box), np.float32) for share in shares)
    # Where cloth or hair is as near as the room the matte is as good as it is.
    clear = np.asarray(ramp(np.minimum(known, there), 0, ENOUGH) * (there > others), np.float32)
    alone = 1 - ramp(np.asarray(others / np.maximum(there, LEAST), np.float32), *ALONE)
    sure, alone = (resized(np.asarray(field, np.float32), width, height) for field in (clear, alone))
    rim = np.nonzero(~(within | beyond) & (sure > 0))
    small = resized(picture, *few)
    skin, wall = (
        resized(_over(small * three(share), mass, box), width, height)[rim]
        for share, mass in zip(shares[:2], (known, there), strict=True)
    )
    area, light, certain = _shares(picture[rim], skin, wall)
    return _Rim((rim[0], rim[1]), area, light, certain * sure[rim], alone[rim], within)


def _lower(matte: Array, rim: _Rim) -> None:
    """Change the `matte` (H, W) where it says more than the colours."""
    matte[rim.rows_and_columns] += rim.certain * np.minimum(rim.light - matte[rim.rows_and_columns], 0)


def _raise(matte: Array, rim: _Rim, reach: int) -> None:
    """Change the `matte` (H, W) where it ends before an outline that is a line, and no light that falls off."""
    here, near = rim.rows_and_columns, np.ones((2 * reach + 1,) * 2, np.uint8)
    before = matte[here]
    hers, mixed = rim.within.copy(), np.zeros(matte.shape, np.uint8)
    hers[here] = np.where(rim.certain > 0.5, rim.area, before) > 0.5
    mixed[here] = np.abs(rim.area - 0.5) < MIXED
    wide = cv2.dilate(cv2.erode(mixed, np.ones((3, 3), np.uint8)), near).astype(np.float32)
    sharp = 1 - cv2.blur(wide, (reach, reach))[here]
    joined = _joined(hers, rim.within, reach // 2 | 1)
    depth = cv2.distanceTransform(joined, cv2.DIST_L2, 3)[here]
    inside = cv2.dilate(matte * joined, near)[here]  # less than 1 where the matte fades, as on a scalp
    whole = np.where(depth > WITHIN, 1, rim.light * (depth > 0)) * inside
    matte[here] += rim.certain * rim.alone * sharp * np.maximum(whole - before, 0).astype(np.float32)


def _joined(hers: NDArray[np.bool_], within: NDArray[np.bool_], thick: int) -> NDArray[np.uint8]:
    """(H, W) 0 or 1: what of `hers` (H, W) hangs together with what lies `within` (H, W), and is so many pixels `thick`: no speck
    and no strand.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick, thick))
    smooth = cv2.morphologyEx(hers.view(np.uint8), cv2.MORPH_OPEN, kernel) | within.view(np.uint8)
    count, labels = cv2.connectedComponents(smooth, connectivity=4)
    kept = np.zeros(count, np.uint8)
    kept[labels[within]] = 1
    return np.asarray(kept[labels], np.uint8)


def _shares(seen: Array, skin: Array, wall: Array) -> tuple[Array, Array, Array]:
    """(k,) each: of pixels `seen` (k, 3) how much of the area and how much of the light is `skin`'s before a `wall` (k, 3); and
    how surely.
    """
    apart, both = (np.asarray(each, np.float32) for each in (skin - wall, skin + wall))
    squares = np.maximum(_dot(apart, apart), LEAST)
    area = np.asarray(np.clip(_dot(seen - wall, apart) / squares, 0, 1), np.float32)
    off = np.asarray(seen - wall - apart * area[:, None], np.float32)
    contrast = np.sqrt(squares / np.maximum(_dot(both, both), LEAST))
    sure = np.interp(contrast, CONTRAST, (0, 1)) * np.interp(_dot(off, off) / squares, STRANGE, (1, 0))
    share = area * (skin @ LUMA) / np.maximum(seen @ LUMA, LEAST)
    return area, np.asarray(np.clip(share, 0, 1), np.float32), np.asarray(sure, np.float32)


def _dot(one: Array, other: Array) -> Array:
    return np.asarray(np.einsum("ij,ij->i", one, other), np.float32)


def _over(values: Array, mass: Array, box: tuple[int, int]) -> Array:
    """The mean around each cell of `values` (h, w, 3) over the share `mass` (h, w) that has any."""
    return np.asarray(cv2.blur(values, box) / np.maximum(mass, LEAST)[..., None], np.float32)


def _in_cells(where: NDArray[np.bool_], few: tuple[int, int]) -> Array:
    """The share of each of `few` (width, height) cells that lies `where` (H, W), in steps of 1/255."""
    shares = cv2.resize(where.view(np.uint8) * np.uint8(255), few, interpolation=cv2.INTER_AREA)
    return np.asarray(shares, np.float32) / np.float32(255)


def _deep(where: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """What of `where` (H, W) is more than `reach` pixels from all that is not."""
    return np.asarray(cv2.distanceTransform(where.view(np.uint8), cv2.DIST_L2, 3) > reach)
