"""Tiles become layers: what the kernel made goes back to the plate's dtype and colour space, once.

Only the part of the plate that the tiles lie in is held: there the composite begins as the plate's own numbers, the other
layers as 0, and only what changed is written. Layers that nobody asked for are never made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from functools import reduce
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import OptionError
from sosie.messages import LayerName
from sosie.pictures import Picture, colours_of, from_linear
from sosie.pictures.box import Place, Region
from sosie.pictures.field import mixed
from sosie.pictures.picture import as_integers, copied
from sosie.render import stack
from sosie.render.kernel import Kernel
from sosie.render.layers import Layers
from sosie.render.parts import brightest, parts_of
from sosie.render.scale import window
from sosie.render.tiles import Tile, active_of, feeds_of, held_by, plate_of
from sosie.render.work import Work

#: A change below this, in linear light, is none.
NOTHING = 1e-4
Array = NDArray[np.float32]
Mask = NDArray[np.uint8]


class Painting:
    """The layers `names` of one render, a context manager while its tiles are drawn. `mask` (H, W) is where the host allows
    a change.

    `check` is called while what lies under them is copied; what it raises ends that.
    """

    def __init__(
        self,
        plate: Picture,
        work: Work,
        kernel: Kernel,
        mask: NDArray[np.generic] | None,
        names: Collection[LayerName],
        check: Callable[[], None],
    ) -> None:
        self._plate, self._work, self._kernel, self._mask = plate, work, kernel, mask
        self._held = held_by(work, plate.pixels.shape[:2])
        under, size = plate.pixels[self._held.rows_and_columns], self._held.size
        self._layers: dict[LayerName, NDArray[Any]] = {
            "composite": copied(under, check),
            "matte": np.zeros(size, under.dtype),
        }
        for name in set(names) - self._layers.keys():
            self._layers[name] = np.zeros((*size, 4), under.dtype)
        self._parts = [name for name in stack.NAMES if name in names]
        self._full = brightest(work) if self._parts else 1.0
        self._boxes: list[Region] = []
        self._over = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Of a cancelled render, tiles in hand end with the step they are at, and no other begins."""
        self._over.set()

    def paint(self, tile: Tile) -> None:
        """Draw one tile into every layer."""
        if self._over.is_set():
            return
        feeds = feeds_of(tile, plate_of(tile, self._plate), self._work)
        rim = tile.rim.seen_from(tile.outer).rows_and_columns
        before = feeds.under[rim]
        after = _not_below_black(self._kernel.run(feeds)[rim], before, self._plate.pixels.dtype)
        allowed = self._allowed(tile)
        if allowed is not None:
            after = mixed(after, before, allowed)
        change = _changed(before, after, active_of(tile, self._work))
        if self._over.is_set() or not change.any():
            return
        cut = tile.inner.seen_from(tile.rim).rows_and_columns
        composite = self._write(tile, after[cut], change, cut)
        if not self._parts:
            return
        under = colours_of(self._plate.pixels[tile.inner.rows_and_columns])
        for name, place, colours, where in parts_of(
            tile,
            feeds,
            self._work,
            under,
            composite,
            None if allowed is None else allowed[cut],
            change[cut],
            full=self._full,
            colour=self._plate.colour,
        ):
            if self._over.is_set():
                return
            if name in self._parts:
                _put(self._layers[name][self._place(tile)][place], stack.opaque(colours), where)

    def layers(self) -> Layers:
        """What was painted."""
        box = reduce(Region.joined, self._boxes) if self._boxes else Region(0, 0, 0, 0)
        part = box.seen_from(self._held).rows_and_columns
        return Layers(
            plate=self._plate.pixels,
            parts={name: layer[part] for name, layer in self._layers.items()},
            box=box.corners,
            confidence=self._work.confidence,
            reasons=self._work.reasons,
            provider=self._kernel.provider,
        )

    def _write(self, tile: Tile, after: Array, change: Mask, cut: Place) -> NDArray[Any]:
        """Composite, matte and flat layer; the composite's colours (h, w, 3) in the tile. `cut` is its place in `change`."""
        here = self._place(tile)
        composite = self._layers["composite"][here]
        _put(composite, from_linear(after, composite.dtype, self._plate.colour), change[cut])
        colours, matte = colours_of(composite), _alpha(change, composite.dtype)[cut]
        there = (matte > 0).view(np.uint8)
        self._layers["matte"][here] = matte
        if "flat" in self._layers:
            _put(self._layers["flat"][here], _with_alpha(colours, matte), there)
        x, y, width, height = cv2.boundingRect(there)
        if width:
            self._boxes.append(Region(x, y, x + width, y + height).moved(tile.inner.x0, tile.inner.y0))
        return colours

    def _place(self, tile: Tile) -> Place:
        """Where the tile lies in what is held."""
        return tile.inner.seen_from(self._held).rows_and_columns

    def _allowed(self, tile: Tile) -> Array | None:
        """(H, W) of `tile.rim`, 0 to 1: where the host allows a change; None for everywhere."""
        return None if self._mask is None else unit(window(self._mask, tile.rim))


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


def _not_below_black(after: Array, before: Array, dtype: np.dtype[Any]) -> Array:
    """`after`, changed in place: the blend's bands swing below black beside a dark edge; only a plate that is below black
    may stay there. Integers cannot be.
    """
    return after if np.issubdtype(dtype, np.integer) else np.maximum(after, np.minimum(before, 0), out=after)


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
        return np.asarray(cv2.max(change, cv2.GaussianBlur(grown, (5, 5), 1.0)), np.uint8)
    solid = change.astype(np.float32) / np.float32(255)
    grown = cv2.dilate(solid, np.ones((5, 5), np.uint8))
    soft = np.maximum(solid, np.asarray(cv2.GaussianBlur(grown, (5, 5), 1.0), np.float32))
    return from_linear(soft[..., None], dtype, "linear-srgb")[..., 0]


def _put(target: NDArray[Any], colours: NDArray[Any], where: Mask) -> None:
    """`colours` (H, W, 3|4) into `target` (H, W, 3|4) where `where` is; an alpha that they lack stays the target's."""
    if colours.shape[2] < target.shape[2]:
        colours = _with_alpha(colours, target[..., 3])
    cv2.copyTo(as_integers(colours), where, as_integers(target))


def _with_alpha(colours: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """(H, W, 4): `colours` (H, W, 3) with `alpha` (H, W)."""
    made = stack.opaque(colours)
    cv2.insertChannel(np.ascontiguousarray(as_integers(alpha)), as_integers(made), 3)
    return made
