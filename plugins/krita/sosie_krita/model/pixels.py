"""Rows out of a mapped file, masks in one byte, and small pictures: standard library only.

No loop runs over single pixels of a big picture: rows are slices, samples are strided slices of arrays, and depths are
turned into bytes by tables.
"""

from __future__ import annotations

import array
import mmap
import struct
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from .._sosie.client.pixels import BYTES_PER_SAMPLE, SAMPLES_PER_PIXEL
from .._sosie.messages import ColourSpace, Depth, Pixels
from ..interface import BAND_BYTES, Box, Image

#: How much of the surroundings a before/after picture shows, as a part of the box's sides.
AROUND = 0.35
#: One row of a picture's region, by its number from the region's top.
Row = Callable[[int], bytes]


def pixel_bytes(pixels: Pixels) -> int:
    """Bytes of one pixel."""
    return SAMPLES_PER_PIXEL[pixels.channels] * BYTES_PER_SAMPLE[pixels.depth]


def row_of(mapped: mmap.mmap, pixels: Pixels, box: Box) -> Row:
    """Rows of `box` (x0, y0, x1, y1, inside the picture), in the picture's own order."""
    x0, y0, x1, _ = box
    pixel = pixel_bytes(pixels)
    row = pixels.width * pixel
    return lambda y: mapped[(y0 + y) * row + x0 * pixel : (y0 + y) * row + x1 * pixel]


def bands(row: Row, height: int, row_bytes: int) -> Iterator[bytes]:
    """All rows from the top, many at a time."""
    count = max(1, BAND_BYTES // max(1, row_bytes))
    for y in range(0, height, count):
        yield b"".join(map(row, range(y, min(y + count, height))))


def within(row: Row, inner: Box, outer: Box, pixel: int) -> Row:
    """Rows of `inner` as rows of `outer`, which holds it: zero around."""
    left, right = inner[0] - outer[0], outer[2] - inner[2]
    above, height = inner[1] - outer[1], inner[3] - inner[1]
    nothing = bytes((outer[2] - outer[0]) * pixel)

    def padded(y: int) -> bytes:
        if not above <= y < above + height:
            return nothing
        return bytes(left * pixel) + row(y - above) + bytes(right * pixel)

    return padded


def grown(box: Box, by: float, width: int, height: int) -> Box:
    """`box` with `by` times its sides around it, inside the picture."""
    x0, y0, x1, y1 = box
    dx, dy = round((x1 - x0) * by), round((y1 - y0) * by)
    return max(0, x0 - dx), max(0, y0 - dy), min(width, x1 + dx), min(height, y1 + dy)


def tight(mapped: mmap.mmap, pixels: Pixels) -> Box | None:
    """The box that holds every pixel whose alpha is not 0 (straight alpha, last channel); None when all are."""
    pixel, sample = pixel_bytes(pixels), BYTES_PER_SAMPLE[pixels.depth]
    high = pixel - 1 if sys.byteorder == "little" else pixel - sample  # not 0 in 1.0 and in full scale
    row = row_of(mapped, pixels, (0, 0, pixels.width, pixels.height))
    x0, x1, lines = pixels.width, 0, []
    for y in range(pixels.height):
        alpha = row(y)[high::pixel]
        started = alpha.lstrip(b"\0")
        if started:
            lines.append(y)
            x0 = min(x0, len(alpha) - len(started))
            x1 = max(x1, len(alpha.rstrip(b"\0")))
    return (x0, lines[0], x1, lines[-1] + 1) if lines else None


def mask_bytes(data: bytes, depth: Depth) -> bytes:
    """Samples of one channel as one byte each, 255 for full scale; linear, rounded down but at full scale."""
    if depth == "u8":
        return data
    if depth == "u16":
        return data[1::2] if sys.byteorder == "little" else data[::2]
    return bytes(map(half_table(linear=True).__getitem__, _halves(_samples(data, depth))))


def opaque(data: bytes, depth: Depth) -> bytes:
    """Integer B, G, R, A pixels as R, G, B."""
    kind = {"u8": "B", "u16": "H"}[depth]
    given = array.array(kind, data)
    out = array.array(kind, bytes(len(data) // 4 * 3))
    for place, channel in enumerate((2, 1, 0)):
        out[place::3] = given[channel::4]
    return out.tobytes()


def small(row: Row, width: int, height: int, pixels: Pixels, side: int) -> Image:
    """A region of `pixels`, four channels, as an 8-bit sRGB picture whose longest side is about `side`.

    Samples are picked, not averaged: it is to be shown at less than its size.
    """
    step = max(1, -(-max(width, height) // side))
    order = [pixels.channels.index(name) for name in "BGRA"]
    columns, rows = len(range(0, width, step)), range(0, height, step)
    out = bytearray(columns * len(rows) * 4)
    to_bytes = _to_bytes(pixels.depth, pixels.colour)
    for number, y in enumerate(rows):
        values, start = to_bytes(row(y), step), number * columns * 4
        for place, channel in enumerate(order):
            out[start + place : start + columns * 4 : 4] = values(channel)
    return Image(columns, len(rows), bytes(out))


def _to_bytes(depth: Depth, colour: ColourSpace) -> Callable[[bytes, int], Callable[[int], bytes]]:
    """(row, step) -> (channel -> its bytes, one for each picked pixel)."""

    def integers(row: bytes, step: int) -> Callable[[int], bytes]:
        wide = BYTES_PER_SAMPLE[depth]
        high = wide - 1 if sys.byteorder == "little" else 0
        return lambda channel: row[channel * wide + high :: 4 * wide * step]

    def floats(row: bytes, step: int) -> Callable[[int], bytes]:
        values = _samples(row, depth)

        def channel_bytes(channel: int) -> bytes:
            table = half_table(linear=colour == "srgb" or channel == 3)
            return bytes(map(table.__getitem__, _halves(values[channel :: 4 * step])))

        return channel_bytes

    return integers if depth in {"u8", "u16"} else floats


def _samples(data: bytes, depth: Depth) -> array.array[Any]:
    return array.array("H" if depth == "f16" else "f", data)


def _halves(values: array.array[Any]) -> array.array[int]:
    """Floats as numbers of 16 bits that `half_table` knows: halves as they are, 32 bits as the nearest halves."""
    if values.typecode == "H":
        return values
    return array.array("H", struct.pack(f"={len(values)}e", *map(_tame, values)))


def _tame(value: float) -> float:
    return min(max(0.0, value), 1.0)  # in this order NaN becomes 0


@lru_cache(maxsize=2)
def half_table(*, linear: bool) -> bytes:
    """A byte for every half float: 0 to 1 becomes 0 to 255, as it is or with sRGB's curve (IEC 61966-2-1)."""
    values = struct.unpack("=65536e", struct.pack("=65536H", *range(65536)))
    return bytes(_byte(value, linear=linear) for value in values)


def _byte(value: float, *, linear: bool) -> int:
    value = _tame(value)
    if not linear:
        value = 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return int(value * 255 + 0.5)
