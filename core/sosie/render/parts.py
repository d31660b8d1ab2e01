"""A tile taken apart: which pixels each layer of the stack (render/stack.py) gets, from the very numbers the composite got.

What a tile does not have is not worked out: where nothing moves, the relief is the plate itself; where no likeness is, its
tone is all that changes, and the skin is the composite itself; and the layers of the face are made around it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.messages import ColourSpace, LayerName
from sosie.pictures import from_linear
from sosie.pictures.box import Place, place_of
from sosie.pictures.field import three
from sosie.pictures.picture import as_integers
from sosie.render import stack
from sosie.render.kernel_cpu import moved
from sosie.render.reference import Feeds
from sosie.render.scale import enlarged
from sosie.render.skin import retone
from sosie.render.tiles import Tile, shows_irises, skin_of
from sosie.render.work import Work

#: The detail layer's scale, in heights of the region (twice a face), and its most in pixels.
FINE, MOST_FINE = 0.005, 7.0
Array = NDArray[np.float32]
Coded = NDArray[Any]
Mask = NDArray[np.uint8]


def brightest(work: Work) -> float:
    """The light that shows the likeness fully lit: brighter spots stay in it."""
    lit = work.shading[work.matte > 0.5]
    return max(float(np.quantile(lit, 0.95)), 1e-3) if lit.size else 1.0


def parts_of(
    tile: Tile,
    feeds: Feeds,
    work: Work,
    under: Coded,
    after: Coded,
    allowed: Array | None,
    change: Mask,
    *,
    full: float,
    colour: ColourSpace,
) -> Iterator[tuple[LayerName, Place, Coded, Mask]]:
    """Each layer's name, its place in `tile.inner`, its colours (h, w, 3) there, and where it is: not 0 in the mask (h, w).

    `under` and `after` are what plate and composite have in `tile.inner`, coded as `colour`; `change` is where they differ.
    `allowed` (h, w) is where the host allows a change, `full` the light that is white in the shading.
    """
    cut = tile.within
    share = np.float32(work.strength) if allowed is None else np.float32(work.strength) * allowed

    def coded(picture: Array) -> Coded:
        made = moved(picture, feeds)[cut]
        if allowed is not None or work.strength != 1:
            before = feeds.under[cut]
            made = before + (share if allowed is None else three(np.asarray(share))) * (made - before)
        return from_linear(made, after.dtype, colour)

    def large(field: Array) -> Array:
        return enlarged(field, feeds.ratio)[feeds.inside][cut]

    everywhere = (slice(None), slice(None))
    relief = coded(feeds.plate) if feeds.shift.any() else under
    yield "relief", everywhere, relief, change
    if not (feeds.matte.any() or shows_irises(tile, work)):
        yield "skin", everywhere, after, _differ(after, relief, change)
        return
    skin = coded(retone(feeds.plate, enlarged(skin_of(tile, work), feeds.ratio), work.gain))
    yield "skin", everywhere, skin, _differ(skin, relief, change)
    matte = share * large(feeds.matte)
    face = np.where(matte > 0, change, _differ(after, skin, change))
    sigma = min(max(FINE * work.region.size[0] * float(work.view.ratio), 0.7), MOST_FINE)
    here = place_of(face, stack.reach(sigma))
    light = large(stack.coded_light(feeds.light / np.float32(full), colour))
    parts = stack.split(after[here], light[here], matte[here], sigma=sigma)
    for name, colours in parts.items():
        yield name, here, colours, face[here]


def _differ(one: Coded, other: Coded, change: Mask) -> Mask:
    """(H, W): 0 where two pictures (H, W, 3) of one dtype are the same, or `change` is."""
    rows = one.shape[0], -1
    flat, others = (as_integers(np.ascontiguousarray(each)).reshape(rows) for each in (one, other))
    channels = cv2.compare(flat, others, cv2.CMP_NE).reshape(one.shape)
    return np.asarray(cv2.min(cv2.cvtColor(channels, cv2.COLOR_RGB2GRAY), change), np.uint8)
