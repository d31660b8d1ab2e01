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
from sosie.render import stack
from sosie.render.feeds import Work
from sosie.render.kernel import Kernel
from sosie.render.layers import Layers
from sosie.render.reference import grid_sample
from sosie.render.scale import planes, window
from sosie.render.tiles import Tile, feeds_of, plate_of, skin_of, touched_of

#: A change below this, in linear light, is none.
NOTHING = 1e-4
#: The detail layer's scale, in heights of the region (twice a face), and its most in pixels: a tile's apron must hold it.
FINE, MOST_FINE = 0.005, 7.0
Array = NDArray[np.float32]
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
        before = plate_of(tile, self._plate)
        skin, touched = skin_of(tile, self._work), touched_of(tile, self._work)
        feeds = feeds_of(tile, before, self._work) if touched.any() else {}
        if feeds:
            after = _pixels(self._kernel.run(feeds)["composite"])
        else:
            after = before + self._work.strength * (self._toned(before, skin) - before)
        allowed = self._allowed(tile)
        after = before + allowed * (after - before)
        change = (_furthest(after - before) > NOTHING) & (touched | (skin > 0))
        if not change.any():
            return
        here = self._write(tile, after, change)
        if self._parts:
            self._write_parts(tile, before, skin, feeds, allowed, change, here)

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

    def _write(self, tile: Tile, after: Array, change: NDArray[np.bool_]) -> Place:
        """Composite, matte and flat layer; the tile's place in the plate."""
        inner, cut = tile.inner, tile.within
        here = (slice(inner.y0, inner.y1), slice(inner.x0, inner.x1))
        composite = self._pictures["composite"]
        coded = self._coded(after[cut])
        np.copyto(composite[here][..., :3], coded, where=change[cut][..., None])
        alpha = _alpha(change)[cut]
        matte = from_linear(alpha[..., None], composite.dtype, "linear-srgb")[..., 0]
        self._pictures["matte"][here] = matte
        if (flat := self._pictures.get("flat")) is not None:
            flat[here][..., :3] = composite[here][..., :3] * (matte[..., None] > 0)
            flat[here][..., 3] = matte
        rows, columns = np.flatnonzero(matte.any(1)), np.flatnonzero(matte.any(0))
        if len(rows):
            x, y = columns + inner.x0, rows + inner.y0
            self._boxes.append((int(x[0]), int(y[0]), int(x[-1]) + 1, int(y[-1]) + 1))
        return here

    def _write_parts(
        self,
        tile: Tile,
        before: Array,
        skin: Array,
        feeds: dict[str, Array],
        allowed: Array,
        change: NDArray[np.bool_],
        here: Place,
    ) -> None:
        """The stack's layers (render/stack.py), from the very numbers that the composite got."""
        cut, share = tile.within, self._work.strength * allowed
        moved, toned = before, self._toned(before, skin)
        light, face = np.ones_like(before), np.zeros_like(before[..., :1])
        if feeds:
            moved, toned = (
                _pixels(grid_sample(planes(picture), feeds["relief"])) for picture in (moved, toned)
            )
            light = _pixels(feeds["light"]) / np.float32(self._brightest)
            face = _pixels(feeds["matte"])
        there = change[cut][..., None]
        under = self._plate.pixels[here][..., :3]
        moved_coded, toned_coded = (
            np.where(there, self._coded((before + share * (picture - before))[cut]), under)
            for picture in (moved, toned)
        )
        parts = stack.split(
            moved_coded,
            toned_coded,
            self._pictures["composite"][here][..., :3],
            light[cut],
            (share * face)[cut][..., 0],
            sigma=min(max(FINE * self._work.region.size[0] * float(self._work.view.ratio), 0.7), MOST_FINE),
            colour=self._plate.colour,
        )
        for name in self._parts:
            np.copyto(self._pictures[name][here], parts[name], where=there)

    def _toned(self, before: Array, skin: Array) -> Array:
        """`before` with the twin's tone where `skin` is."""
        return np.asarray(before * (1 + skin[..., None] * (self._work.gain - 1)), np.float32)

    def _coded(self, linear: Array) -> NDArray[Any]:
        return from_linear(np.ascontiguousarray(linear), self._plate.pixels.dtype, self._plate.colour)

    def _allowed(self, tile: Tile) -> Array:
        """(H, W, 1) of `tile.outer`, 0 to 1: where the host allows a change; one 1 for everywhere."""
        if self._mask is None:
            return np.ones((1, 1, 1), np.float32)
        return unit(window(self._mask, tile.outer))[..., None]


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
