"""A small TIFF writer for every depth, with profile and straight alpha.

Pillow writes no 16-bit or float RGB, and OpenCV neither a profile nor what kind of alpha it wrote. Baseline
TIFF 6.0: one directory, deflated strips, little-endian.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

import numpy as np

from sosie.pictures.picture import Picture

SHORT, LONG, UNDEFINED = 3, 4, 7
SIZES = {SHORT: 2, LONG: 4, UNDEFINED: 1}
ROWS_PER_STRIP = 64
DEFLATE, RGB, CHUNKY, STRAIGHT_ALPHA = 8, 2, 1, 2
INTEGER, FLOATING = 1, 3
#: Fast rather than small: a 45 megapixel layer is written while somebody waits.
LEVEL = 1
HEADER = 8
Tag = tuple[int, int, Iterable[int] | bytes]


def encode_tiff(picture: Picture) -> bytes:
    """The bytes of a TIFF file with `picture`'s pixels, exactly."""
    pixels = picture.pixels.astype(picture.pixels.dtype.newbyteorder("<"), copy=False)
    height, width, channels = pixels.shape
    strips = [
        zlib.compress(np.ascontiguousarray(pixels[row : row + ROWS_PER_STRIP]).tobytes(), LEVEL)
        for row in range(0, height, ROWS_PER_STRIP)
    ]
    starts = np.cumsum([HEADER, *(len(strip) for strip in strips)]).tolist()
    floating = np.issubdtype(pixels.dtype, np.floating)
    tags: list[Tag] = [
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [8 * pixels.dtype.itemsize] * channels),
        (259, SHORT, [DEFLATE]),
        (262, SHORT, [RGB]),
        (273, LONG, starts[:-1]),
        (277, SHORT, [channels]),
        (278, LONG, [ROWS_PER_STRIP]),
        (279, LONG, [len(strip) for strip in strips]),
        (284, SHORT, [CHUNKY]),
        *([(338, SHORT, [STRAIGHT_ALPHA])] if channels == 4 else []),
        (339, SHORT, [FLOATING if floating else INTEGER] * channels),
        *([(34675, UNDEFINED, picture.icc)] if picture.icc else []),
    ]
    body = b"".join(strips)
    pad = b"\0" * (-len(body) % 2)  # directories begin at even offsets
    directory = HEADER + len(body) + len(pad)
    return struct.pack("<2sHI", b"II", 42, directory) + body + pad + _directory(tags, directory)


def _directory(tags: list[Tag], at: int) -> bytes:
    """The image file directory at offset `at`, with the values that do not fit into its entries behind it."""
    entries, extra = b"", b""
    beyond = at + 2 + 12 * len(tags) + 4
    for number, kind, values in tags:
        data = values if isinstance(values, bytes) else _pack(kind, values)
        count = len(data) // SIZES[kind]
        if len(data) > 4:
            place = struct.pack("<I", beyond + len(extra))
            extra += data + b"\0" * (len(data) % 2)
        else:
            place = data.ljust(4, b"\0")
        entries += struct.pack("<HHI", number, kind, count) + place
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0) + extra


def _pack(kind: int, values: Iterable[int]) -> bytes:
    return np.array(list(values), "<u2" if kind == SHORT else "<u4").tobytes()
