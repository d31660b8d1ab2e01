"""A finished render becomes a result: its layers onto the disk, small pictures of before and after.

In the line's thread. The layers lie in the session's folder, which is memory and goes with the session; each is kept
no larger than what is in it.
"""

from __future__ import annotations

from .._sosie.client import Session
from .._sosie.messages import Pixels, RenderResult
from ..interface import Box, Image, Part, Region, Stack
from .keeping import Kept
from .pixels import AROUND, bands, grown, mask_bytes, pixel_bytes, row_of, small, tight, within
from .texts import tr

#: Longest side of the before/after pictures.
VIEW_SIDE = 900


def stack_of(session: Session, result: RenderResult, title: str, kept: Kept) -> Stack:
    """The cropped layers of `result`, moved into `kept`: its parts, or the flat layer alone where it has none.

    Raises:
        SetupError: `storage_full`.
    """
    whole = result.layers["flat"]
    flat = _region(session, whole, _whole(whole), result.box, kept)
    matte = _matte(session, result.layers["matte"], result.box, kept)
    parts = [
        Part(tr(info.name.capitalize()), pixels, info.blend, info.opacity)
        for info in result.stack
        if (pixels := _tight_layer(session, result.layers[info.name], result.box, kept)) is not None
    ]
    return Stack(title, tuple(parts) or (Part(tr("Likeness"), flat),), matte, flat)


def looks(session: Session, plate: Pixels, result: RenderResult) -> tuple[Image, Image, Box]:
    """The plate and the likeness with some surroundings, small; where in the plate that is."""
    view = grown(result.box, AROUND, plate.width, plate.height)
    width, height = view[2] - view[0], view[3] - view[1]
    with session.pixels.open(plate) as mapped:
        before = small(row_of(mapped, plate, view), width, height, plate, VIEW_SIDE)
    flat = result.layers["flat"]
    with session.pixels.open(flat) as mapped:
        row = within(row_of(mapped, flat, _whole(flat)), result.box, view, pixel_bytes(flat))
        after = small(row, width, height, flat, VIEW_SIDE)
    return before, after, view


def glance(session: Session, picture: Pixels) -> Image:
    """A preview as a small picture; its pixels are let go."""
    with session.pixels.open(picture) as mapped:
        row = row_of(mapped, picture, _whole(picture))
        seen = small(row, picture.width, picture.height, picture, picture.width)
    session.pixels.release(picture)
    return seen


def _tight_layer(session: Session, layer: Pixels, at: Box, kept: Kept) -> Region | None:
    with session.pixels.open(layer) as mapped:
        box = tight(mapped, layer)
    return _region(session, layer, box, at, kept) if box is not None else None


def _region(session: Session, layer: Pixels, box: Box, at: Box, kept: Kept) -> Region:
    """`box` of a layer that begins at the upper left corner of `at` in the plate."""
    row_bytes = (box[2] - box[0]) * pixel_bytes(layer)
    with session.pixels.open(layer) as mapped:
        rows = kept.add(row_bytes, bands(row_of(mapped, layer, box), box[3] - box[1], row_bytes))
    x, y = at[:2]
    return Region((box[0] + x, box[1] + y, box[2] + x, box[3] + y), rows)


def _matte(session: Session, matte: Pixels, at: Box, kept: Kept) -> Region:
    row_bytes = matte.width * pixel_bytes(matte)
    with session.pixels.open(matte) as mapped:
        given = bands(row_of(mapped, matte, _whole(matte)), matte.height, row_bytes)
        rows = kept.add(matte.width, (mask_bytes(band, matte.depth) for band in given))
    return Region(at, rows)


def _whole(pixels: Pixels) -> Box:
    return 0, 0, pixels.width, pixels.height
