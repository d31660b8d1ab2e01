"""Tiles become layers: what the kernel made goes back to the plate's dtype and colour space, once.

Only what changed is written: elsewhere the composite keeps the plate's own numbers, and the other layers stay 0 (memory
that is never touched is never taken). Layers that nobody asked for are never made.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import OptionError
from sosie.messages import LayerName
from sosie.pictures import Picture, from_linear
from sosie.pictures.field import mixed
from sosie.render import stack
from sosie.render.kernel import Kernel
from sosie.render.kernel_cpu import moved
from sosie.render.layers import Layers
from sosie.render.reference import Feeds
from sosie.render.scale import enlarged, window
from sosie.render.skin import retone
from sosie.render.tiles import Tile, active_of, feeds_of, plate_of, skin_of
from sosie.render.work import Work

#: A change below this, in linear light, is none.
NOTHING = 1e-4
#: The detail layer's scale, in heights of the region (twice a face), and its most in pixels: a tile's apron must hold it.
FINE, MOST_FINE = 0.005, 7.0
Array = NDArray[np.float32]
Mask = NDArray[np.uint8]
Place = tuple[slice, slice]


class Painting:
    """The layers `names` of one render while they are drawn. `mask` (H, W) is where the host allows a change."""

    def __init__(
        self,
        plate: Picture,
        work: Work,
        kernel: Kernel,
        mask: NDArray[np.generic] | None,
        names: Collection[LayerName] = (),
    ) -> None:
        self._plate, self._work, self._kernel, self._mask = plate, work, kernel, mask
        size, dtype = plate.pixels.shape[:2], plate.pixels.dtype
        self._pictures: dict[LayerName, NDArray[Any]] = {
            "composite": plate.pixels.copy(),
            "matte": np.zeros(size, dtype),
        }
        for name in set(names) - self._pictures.keys():
            self._pictures[name] = np.zeros((*size, 4), dtype)
        self._parts = [name for name in stack.NAMES if name in names]
        self._brightest = _brightest(work) if self._parts else 1.0
        self._boxes: list[tuple[int, int, int, int]] = []

    def paint(self, tile: Tile) -> None:
        """Draw one tile into every layer."""
        feeds = feeds_of(tile, plate_of(tile, self._plate), self._work)
        before = feeds.under
        after = _not_below_black(self._kernel.run(feeds), before, self._plate.pixels.dtype)
        allowed = self._allowed(tile)
        if allowed is not None:
            after = mixed(after, before, np.ascontiguousarray(allowed[..., 0]))
        change = _changed(before, after, active_of(tile, self._work))
        if not change.any():
            return
        here = self._write(tile, after, change)
        if self._parts:
            self._write_parts(tile, feeds, allowed, change, here)

    def layers(self) -> Layers:
        """What was painted."""
        x0, y0, x1, y1 = zip(*(self._boxes or [(0, 0, 0, 0)]), strict=True)
        return Layers(
            pictures=self._pictures,
            box=(min(x0), min(y0), max(x1), max(y1)),
            confidence=self._work.confidence,
            reasons=self._work.reasons,
            provider=self._kernel.provider,
        )

    def _write(self, tile: Tile, after: Array, change: Mask) -> Place:
        """Composite, matte and flat layer; the tile's place in the plate."""
        inner, cut = tile.inner, tile.within
        here = (slice(inner.y0, inner.y1), slice(inner.x0, inner.x1))
        composite = self._pictures["composite"]
        _put(composite[here], self._coded(after[cut]), change[cut])
        matte = _alpha(change, composite.dtype)[cut]
        self._pictures["matte"][here] = matte
        if (flat := self._pictures.get("flat")) is not None:
            flat[here][..., :3] = composite[here][..., :3] * (matte[..., None] > 0)
            flat[here][..., 3] = matte
        x, y, width, height = cv2.boundingRect((matte > 0).view(np.uint8))
        if width:
            x, y = x + inner.x0, y + inner.y0
            self._boxes.append((x, y, x + width, y + height))
        return here

    def _write_parts(
        self, tile: Tile, feeds: Feeds, allowed: Array | None, change: Mask, here: Place
    ) -> None:
        """The stack's layers (render/stack.py), from the very numbers that the composite got."""
        cut, before = tile.within, feeds.under
        share = self._work.strength * (np.ones((1, 1, 1), np.float32) if allowed is None else allowed)
        there = change[cut][..., None] > 0
        under = self._plate.pixels[here][..., :3]
        skin = enlarged(skin_of(tile, self._work), feeds.ratio)
        moved_coded, toned_coded = (
            np.where(there, self._coded((before + share * (moved(picture, feeds) - before))[cut]), under)
            for picture in (feeds.plate, retone(feeds.plate, skin, self._work.gain))
        )
        parts = stack.split(
            moved_coded,
            toned_coded,
            self._pictures["composite"][here][..., :3],
            np.asarray(enlarged(feeds.light, feeds.ratio)[cut] / self._brightest, np.float32),
            (share * enlarged(feeds.matte, feeds.ratio)[..., None])[cut][..., 0],
            sigma=min(max(FINE * self._work.region.size[0] * float(self._work.view.ratio), 0.7), MOST_FINE),
            colour=self._plate.colour,
        )
        for name in self._parts:
            _put(self._pictures[name][here], parts[name], change[cut])

    def _coded(self, linear: Array) -> NDArray[Any]:
        return from_linear(linear, self._plate.pixels.dtype, self._plate.colour)

    def _allowed(self, tile: Tile) -> Array | None:
        """(H, W, 1) of `tile.outer`, 0 to 1: where the host allows a change; None for everywhere."""
        return None if self._mask is None else unit(window(self._mask, tile.outer))[..., None]


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


def _brightest(work: Work) -> float:
    """The light that shows the likeness fully lit: brighter spots stay in it."""
    lit = work.shading[work.matte > 0.5]
    return max(float(np.quantile(lit, 0.95)), 1e-3) if lit.size else 1.0


def _not_below_black(after: Array, before: Array, dtype: np.dtype[Any]) -> Array:
    """The blend's bands swing below black beside a dark edge; only a plate that is below black may stay there."""
    if np.issubdtype(dtype, np.integer):
        return np.asarray(cv2.threshold(after, 0, 0, cv2.THRESH_TOZERO)[1], np.float32)
    return np.maximum(after, np.minimum(before, 0))


def _changed(before: Array, after: Array, active: Mask) -> Mask:
    """(H, W), 255 where any channel changed, and where it may."""
    height, width = active.shape
    off = cv2.absdiff(before, after).reshape(height, -1)
    channels = cv2.compare(off, np.array([NOTHING]), cv2.CMP_GT).reshape(height, width, 3)
    found = cv2.min(cv2.cvtColor(channels, cv2.COLOR_RGB2GRAY), active)
    return np.asarray(cv2.threshold(found, 0, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _alpha(change: Mask, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The matte: full on every changed pixel (the layer's colours are the composite's own), soft just beyond."""
    top = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    if change.all():
        return np.full(change.shape, top, dtype)
    if dtype == np.uint8:
        grown = cv2.dilate(change, np.ones((5, 5), np.uint8))
        return np.asarray(cv2.max(change, cv2.GaussianBlur(grown, (9, 9), 1.0)), np.uint8)
    solid = change.astype(np.float32) / np.float32(255)
    grown = cv2.dilate(solid, np.ones((5, 5), np.uint8))
    soft = np.maximum(solid, np.asarray(cv2.GaussianBlur(grown, (0, 0), 1.0), np.float32))
    return from_linear(soft[..., None], dtype, "linear-srgb")[..., 0]


def _put(target: NDArray[Any], colours: NDArray[Any], where: Mask) -> None:
    """`colours` (H, W, 3|4) into `target` (H, W, 3|4) where `where` is; an alpha that they lack stays the target's."""
    if colours.shape[2] < target.shape[2]:
        colours = np.concatenate([colours, target[..., 3:]], 2)
    if target.dtype == np.float16:  # copied as bits
        target, colours = target.view(np.uint16), colours.view(np.uint16)
    cv2.copyTo(colours, where, target)
