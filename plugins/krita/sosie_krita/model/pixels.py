"""Pixels of a region out of a mapped file, masks in one byte, and small pictures: standard library only.

No loop runs over single pixels of a big picture: rows are slices, samples are strided slices of arrays, and depths are
turned into bytes by tables.
"""

from __future__ import annotations

import array
import mmap
import struct
import sys
from collections.abc import Callable
from functools import lru_cache

from .._sosie.client.pixels import BYTES_PER_SAMPLE, SAMPLES_PER_PIXEL
from .._sosie.messages import ColourSpace, Depth, Pixels
from ..interface import Box, Image

#: How much of the surroundings a before/after picture shows, as a part of the box's sides.
AROUND = 0.35


def region(mapped: mmap.mmap, pixels: Pixels, box: Box) -> bytes:
    """The rows of `box` (x0, y0, x1, y1, inside the picture) one after the other, in the picture's own order."""
    x0, y0, x1, y1 = box
    pixel = SAMPLES_PER_PIXEL[pixels.channels] * BYTES_PER_SAMPLE[pixels.depth]
    row = pixels.width * pixel
    return b"".join(mapped[y * row + x0 * pixel : y * row + x1 * pixel] for y in range(y0, y1))


def grown(box: Box, by: float, width: int, height: int) -> Box:
    """`box` with `by` times its sides around it, inside the picture."""
    x0, y0, x1, y1 = box
    dx, dy = round((x1 - x0) * by), round((y1 - y0) * by)
    return max(0, x0 - dx), max(0, y0 - dy), min(width, x1 + dx), min(height, y1 + dy)


def mask_bytes(data: bytes, depth: Depth) -> bytes:
    """Samples of one channel as one byte each, 255 for full scale; linear, rounded down but at full scale."""
    if depth == "u8":
        return data
    if depth == "u16":
        return data[1::2] if sys.byteorder == "little" else data[::2]
    return bytes(map(half_table(linear=True).__getitem__, _halves(data, depth)))


def opaque(data: bytes, depth: Depth) -> bytes:
    """Integer B, G, R, A pixels as R, G, B."""
    kind = {"u8": "B", "u16": "H"}[depth]
    given = array.array(kind, data)
    out = array.array(kind, bytes(len(data) // 4 * 3))
    for place, channel in enumerate((2, 1, 0)):
        out[place::3] = given[channel::4]
    return out.tobytes()


def small(data: bytes, box: Box, pixels: Pixels, side: int) -> Image:
    """The region `data` of `box`, four channels, as an 8-bit sRGB picture whose longest side is about `side`.

    Samples are picked, not averaged: it is to be shown at less than its size.
    """
    width, height = box[2] - box[0], box[3] - box[1]
    step = max(1, -(-max(width, height) // side))
    order = [pixels.channels.index(name) for name in "BGRA"]
    columns = len(range(0, width, step))
    rows = range(0, height, step)
    out = bytearray(columns * len(rows) * 4)
    to_bytes = _to_bytes(pixels.depth, pixels.colour)
    samples = BYTES_PER_SAMPLE[pixels.depth] * 4 * width
    for number, row in enumerate(rows):
        values = to_bytes(data[row * samples : (row + 1) * samples], step)
        start = number * columns * 4
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
        halves = _halves(row, depth)

        def channel_bytes(channel: int) -> bytes:
            table = half_table(linear=colour == "srgb" or channel == 3)
            return bytes(map(table.__getitem__, halves[channel :: 4 * step]))

        return channel_bytes

    return integers if depth in {"u8", "u16"} else floats


def _halves(data: bytes, depth: Depth) -> array.array[int]:
    """Floats as numbers of 16 bits that `half_table` knows: halves as they are, 32 bits as the nearest halves."""
    if depth == "f16":
        return array.array("H", data)
    values = array.array("f", data)
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
