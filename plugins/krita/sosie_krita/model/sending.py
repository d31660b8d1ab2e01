"""A picture of the host into a mapped file, band by band: the main thread is held up for one band at a time."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from typing import cast

from .._sosie.client import Session
from .._sosie.client.pixels import size_of
from .._sosie.errors import InputError
from .._sosie.messages import Channels, Pixels
from ..interface import Format, Picture
from .flows import Flow
from .line import Line
from .texts import tr


def send(
    line: Line,
    picture: Picture,
    form: Format | None,
    bands: Iterator[bytes],
    moved: Callable[[float], None] = lambda _: None,
) -> Flow:
    """A flow that returns the Pixels of `bands`; `form` None means a mask of one byte for each pixel.

    Raises:
        InputError: `picture_changed`: the document was closed or resized while it was read.
    """
    width, height = picture.width, picture.height

    def make(session: Session) -> tuple[Pixels, mmap.mmap]:
        channels = cast("Channels", form.channels) if form else "L"
        pixels = Pixels(
            str(session.pixels.new_path()),
            width,
            height,
            form.depth if form else "u8",
            channels,
            form.colour if form else "linear-srgb",
        )
        return pixels, session.pixels.create(pixels)

    pixels, mapped = yield line.ask(make)
    written, total = 0, size_of(pixels)
    try:
        while True:
            if not picture.is_open() or (picture.width, picture.height) != (width, height):
                raise _changed()
            band = next(bands, None)
            if band is None:
                break
            if written + len(band) > total:
                raise _changed()
            mapped[written : written + len(band)] = band
            written += len(band)
            moved(written / total)
            yield None
    finally:
        mapped.close()
    if written != total:
        raise _changed()
    return pixels


def _changed() -> InputError:
    return InputError(
        tr("The document was closed or resized while it was read."),
        remedy=tr("Render again."),
        code="picture_changed",
    )
