"""Tiles become layers: what the kernel made goes back to the plate's dtype and colour space, once.

Only what changed is written: elsewhere the composite keeps the plate's own numbers, and the other layers stay 0 (memory
that is never touched is never taken).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import OptionError
from sosie.pictures import Picture, from_linear
from sosie.render.feeds import Work
from sosie.render.kernel import Kernel
from sosie.render.layers import Layers
from sosie.render.scale import window
from sosie.render.tiles import Tile, feeds_of, plate_of, skin_of, touched_of

#: A change below this, in linear light, is none.
NOTHING = 1e-4
Array = NDArray[np.float32]


class Painting:
    """The layers of one render while they are drawn. `mask` (H, W) is where the host allows a change."""

    def __init__(self, plate: Picture, work: Work, kernel: Kernel, mask: NDArray[np.generic] | None) -> None:
        self._plate, self._work, self._kernel, self._mask = plate, work, kernel, mask
        size, dtype = plate.pixels.shape[:2], plate.pixels.dtype
        self._composite = plate.pixels.copy()
        self._likeness = np.zeros((*size, 4), dtype)
        self._matte = np.zeros(size, dtype)
        self._shading = np.zeros((*size, 3), dtype)
        self._skin = np.zeros(size, dtype)
        self._boxes: list[tuple[int, int, int, int]] = []

    def paint(self, tile: Tile) -> None:
        """Draw one tile into every layer."""
        before = plate_of(tile, self._plate)
        skin, touched = skin_of(tile, self._work), touched_of(tile, self._work)
        light = None
        if touched.any():
            feeds = feeds_of(tile, before, self._work)
            after, light = _pixels(self._kernel.run(feeds)["composite"]), _pixels(feeds["light"])
        else:
            after = before * (1 + self._work.strength * skin[..., None] * (self._work.gain - 1))
        if self._mask is not None:
            after = before + self._allowed(tile)[..., None] * (after - before)
        change = (_furthest(after - before) > NOTHING) & (touched | (skin > 0))
        if change.any():
            self._write(tile, after, change, skin, light)

    def layers(self) -> Layers:
        """What was painted."""
        x0, y0, x1, y1 = zip(*(self._boxes or [(0, 0, 0, 0)]), strict=True)
        return Layers(
            composite=self._composite,
            likeness=self._likeness,
            matte=self._matte,
            shading=self._shading,
            skin=self._skin,
            box=(min(x0), min(y0), max(x1), max(y1)),
            confidence=self._work.confidence,
            reasons=self._work.reasons,
            provider=self._kernel.provider,
        )

    def _write(
        self, tile: Tile, after: Array, change: NDArray[np.bool_], skin: Array, light: Array | None
    ) -> None:
        inner, cut = tile.inner, tile.within
        here = (slice(inner.y0, inner.y1), slice(inner.x0, inner.x1))
        dtype, colour = self._plate.pixels.dtype, self._plate.colour
        changed = change[cut]
        coded = from_linear(np.ascontiguousarray(after[cut]), dtype, colour)
        np.copyto(self._composite[here][..., :3], coded, where=changed[..., None])
        alpha = _alpha(change)[cut]
        matte = from_linear(alpha[..., None], dtype, "linear-srgb")[..., 0]
        self._likeness[here][..., :3] = self._composite[here][..., :3] * (alpha[..., None] > 0)
        self._likeness[here][..., 3] = matte
        self._matte[here] = matte
        self._skin[here] = from_linear(skin[cut][..., None], dtype, "linear-srgb")[..., 0]
        if light is not None:
            shading = from_linear(np.ascontiguousarray(light[cut]), dtype, "linear-srgb")
            np.copyto(self._shading[here], shading, where=changed[..., None])
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        if len(rows):
            x, y = columns + inner.x0, rows + inner.y0
            self._boxes.append((int(x[0]), int(y[0]), int(x[-1]) + 1, int(y[-1]) + 1))

    def _allowed(self, tile: Tile) -> Array:
        """(H, W) of `tile.outer`, 0 to 1: where the host allows a change."""
        assert self._mask is not None
        return unit(window(self._mask, tile.outer))


def check_mask(mask: NDArray[np.generic] | None, plate: Picture) -> None:
    """Refuse a mask that is not of the plate's size.

    Raises:
        OptionError: with both sizes.
    """
    if mask is not None and mask.shape[:2] != plate.pixels.shape[:2]:
        raise OptionError(
            f"The mask is {mask.shape[1]} x {mask.shape[0]}, the plate {plate.width} x {plate.height}.",
            remedy="Give a mask of the plate's size.",
        )


def unit(mask: NDArray[Any]) -> Array:
    """(H, W) float32, 0 to 1, of a mask (H, W[, C]): integers by their full range, the first channel."""
    flat = mask if mask.ndim == 2 else mask[..., 0]
    top = np.iinfo(flat.dtype).max if np.issubdtype(flat.dtype, np.integer) else 1
    return np.asarray(np.clip(flat.astype(np.float32) / np.float32(top), 0, 1), np.float32)


def _alpha(change: NDArray[np.bool_]) -> Array:
    """1 on every changed pixel (the layer's colours are the composite's own), soft just beyond."""
    solid = change.astype(np.float32)
    soft = cv2.GaussianBlur(cv2.dilate(solid, np.ones((5, 5), np.uint8)), (0, 0), 1.0)
    return np.asarray(np.maximum(solid, soft), np.float32)


def _furthest(difference: Array) -> Array:
    """(H, W): the largest channel's size, of (H, W, 3)."""
    size = np.abs(difference)
    return np.maximum(np.maximum(size[..., 0], size[..., 1]), size[..., 2])


def _pixels(planes: Array) -> Array:
    """(1, C, H, W) as (H, W, C)."""
    return np.moveaxis(planes[0], 0, -1)
