"""The kernel in numpy: slow, plain, and the truth that every other kernel is tested against.

All colours are linear light, all arrays float32. `Feeds` says what one tile of the plate is drawn from.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sosie.pictures.box import Place
from sosie.render.texture import Texture, reflectance_of

Array = NDArray[np.float32]
#: Times the blend halves a tile: its sides are multiples of 2 ** LEVELS, and at least twice that.
LEVELS = 3
#: The grid of those halved tiles, in plate pixels: where tiles are cut.
BANDS = 1 << LEVELS
TAPS: Array = np.array([1, 4, 6, 4, 1], np.float32) / np.float32(16)
#: How far a matte acts, in pixels: each band's five taps, and on the way back two pixels of the smaller size.
APRON = 28
#: Coarse fields reach this many of their own pixels beyond the tile, so that a tile's edge is no edge of theirs.
BORDER = 2


@dataclass(frozen=True, eq=False)
class Feeds:
    """What a tile (H, W) is drawn from. Light, mattes and flow are smooth: they come coarse.

    One pixel of a coarse field is `ratio` pixels of the tile, linear in between; each has `BORDER` pixels more on every
    side. Enlarged, those of the tile hold it: it begins `inset` (y, x) pixels below and right of their corner. The plate
    may reach beyond the tile, which takes pixels from there and begins at `corner` (y, x) of it.
    """

    size: tuple[int, int]  # (H, W)
    plate: Array  # (.., 3); its sides are whole coarse pixels
    tone: Array  # coarse, of the plate's extent (.., 3): multiplies it first: skin beyond the face, irises
    shift: Array  # coarse (.., 2): the moved plate's pixel p comes from p + shift of the plate, tile pixels
    uv: Array  # coarse (.., 2): where each pixel's reflectance lies in the texture, 0 to 1 from edge to edge
    light: Array  # coarse (.., 3): multiplies the reflectance
    gloss: Array  # coarse (.., 3): is added then
    matte: Array  # coarse (..): the likeness's share, 0 to 1
    texture: Texture  # (t, t, 4): reflectance as render/texture.py packs it
    grain: Array  # (H, W), or (1, 1) for one everywhere: multiplies the likeness by 1 + grain
    strength: float  # 0 to 1
    ratio: Fraction
    inset: tuple[int, int] = (0, 0)
    corner: tuple[int, int] = (0, 0)

    @property
    def inside(self) -> Place:
        """Where the tile lies in its coarse fields, enlarged."""
        return _place(self.inset, self.size)

    @property
    def under(self) -> Array:
        """(H, W, 3): the plate under the tile, a view."""
        return self.under_of(self.plate)

    def under_of(self, picture: Array) -> Array:
        """(H, W, 3): of a `picture` of the plate's extent what lies under the tile, a view."""
        return picture[_place(self.corner, self.size)]


def times(side: int, ratio: Fraction) -> int:
    """`side` by `ratio`, a whole number (`Fraction`'s own arithmetic is slow)."""
    return side * ratio.numerator // ratio.denominator


def _place(corner: tuple[int, int], size: tuple[int, int]) -> Place:
    (y, x), (height, width) = corner, size
    return slice(y, y + height), slice(x, x + width)


def run(feeds: Feeds) -> Array:
    """The tile's composite (H, W, 3)."""
    (y, x), plate, inside = feeds.corner, feeds.under, feeds.inside
    rows, columns = np.indices(feeds.size, np.float32)
    shift = enlarged(feeds.shift, feeds.ratio)[inside]
    toned = feeds.plate * enlarged(feeds.tone, feeds.ratio)
    ground = sample(toned, columns + x + shift[..., 0], rows + y + shift[..., 1])
    uv = enlarged(feeds.uv, feeds.ratio)[inside]
    place = uv * np.array(feeds.texture.shape[1::-1], np.float32) - np.float32(0.5)
    albedo = sample(reflectance_of(feeds.texture), place[..., 0], place[..., 1])
    lit = albedo * enlarged(feeds.light, feeds.ratio)[inside] + enlarged(feeds.gloss, feeds.ratio)[inside]
    likeness = np.maximum(lit, 0) * (1 + feeds.grain[..., None])
    matte = enlarged(feeds.matte[..., None], feeds.ratio)[inside]
    blended = ground + _blend(likeness - ground, matte)
    return np.asarray(plate + np.float32(feeds.strength) * (blended - plate), np.float32)


def _blend(difference: Array, matte: Array) -> Array:
    """Multi-band: each band of the difference has a matte as soft as itself (Burt and Adelson 1983)."""
    bands, masks = [], []
    d, m = difference, matte
    for _ in range(LEVELS):
        small, mask = halve(d), halve(m)
        bands.append((d - double(small)) * m)
        d, m = small, mask
        masks.append(mask)
    out = d * m
    for band in reversed(bands):
        out = band + double(out)
    return np.asarray(out, np.float32)


def halve(x: Array) -> Array:
    """5-tap binomial low-pass of (H, W, C), then every second pixel; beyond the edge the picture is mirrored at it."""
    return np.asarray(_taps(_taps(x, 0)[::2], 1)[:, ::2], np.float32)


def _taps(x: Array, axis: int) -> Array:
    width = [(0, 0)] * 3
    width[axis] = (2, 2)
    padded = np.pad(x, width, mode="reflect")
    n = x.shape[axis]
    parts = [np.take(padded, np.arange(k, k + n), axis) * TAPS[k] for k in range(5)]
    return np.asarray(sum(parts), np.float32)


def double(x: Array) -> Array:
    """(H, W, C) at twice the size, linear between pixel centres."""
    return _linear(_linear(x, 0, Fraction(2)), 1, Fraction(2))


def enlarged(field: Array, ratio: Fraction) -> Array:
    """A coarse `field` (h, w, C) at the tile's size, its border cut off."""
    cut = times(BORDER, ratio)
    large = _linear(_linear(field, 0, ratio), 1, ratio)
    return large[cut : large.shape[0] - cut, cut : large.shape[1] - cut]


def _linear(x: Array, axis: int, ratio: Fraction) -> Array:
    n = x.shape[axis]
    place = np.clip((np.arange(times(n, ratio)) + 0.5) / float(ratio) - 0.5, 0, n - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, n - 1)
    shape = [1] * 3
    shape[axis] = len(place)
    t = (place - low).astype(np.float32).reshape(shape)
    return np.asarray(np.take(x, low, axis) * (1 - t) + np.take(x, high, axis) * t, np.float32)


def sample(picture: Array, x: Array, y: Array) -> Array:
    """(H, W, C): `picture` at pixels `x`, `y` (H, W; a centre is a whole number), bilinear; beyond its edge, the edge."""
    height, width = picture.shape[:2]
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    tx, ty = (x - x0).astype(np.float32)[..., None], (y - y0).astype(np.float32)[..., None]
    top = picture[y0, x0] * (1 - tx) + picture[y0, x1] * tx
    bottom = picture[y1, x0] * (1 - tx) + picture[y1, x1] * tx
    return np.asarray(top * (1 - ty) + bottom * ty, np.float32)
