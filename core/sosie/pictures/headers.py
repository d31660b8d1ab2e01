"""What a file is and how large its picture would be, from its first bytes alone."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Literal

from PIL import JpegImagePlugin, TiffImagePlugin

Kind = Literal["png", "jpeg", "tiff", "webp"]
EXR_MAGIC = b"v/1\x01"

#: Formats people try, and what to do with them.
FOREIGN = (
    (b"8BPS", 0, "a Photoshop document"),
    (b"GIF8", 0, "a GIF"),
    (b"BM", 0, "a Windows bitmap"),
    (b"%PDF", 0, "a PDF"),
    (b"ftyp", 4, "an HEIC or AVIF picture, or a video"),
    (b"\x00\x00\x00\x0cjP  ", 0, "a JPEG 2000 picture"),
)
TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
UNCOMPRESSED = 1


@dataclass(frozen=True)
class Header:
    """Kind and size of a picture; for TIFF its photometric kind, bits and samples too."""

    kind: Kind
    width: int
    height: int
    bits: int = 8
    samples: int = 3
    floating: bool = False
    photometric: int = 2
    orientation: int = 1
    icc: bytes | None = None


def kind_of(start: bytes) -> Kind | None:
    """The kind of file that starts with these bytes (16 are enough), or None."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if start.startswith(TIFF_MAGIC):
        return "tiff"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    return None


def foreign(start: bytes) -> str:
    """A name for a file that is none of ours."""
    for magic, offset, name in FOREIGN:
        if start[offset:].startswith(magic):
            return name
    return "not a picture"


def read_header(kind: Kind, data: bytes) -> Header:
    """The header of `data`; no pixel is decoded.

    Raises:
        ValueError, struct.error or any error of Pillow's parsers: the header is broken.
    """
    return {"png": _png, "jpeg": _jpeg, "tiff": _tiff, "webp": _webp}[kind](data)


def _png(data: bytes) -> Header:
    length, name, width, height, bits = struct.unpack_from(">I4sIIB", data, 8)
    if name != b"IHDR" or length != 13:
        raise ValueError("no IHDR chunk at the start")
    return Header("png", width, height, bits)


def _jpeg(data: bytes) -> Header:
    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as picture:
        return Header("jpeg", *picture.size)


def _webp(data: bytes) -> Header:
    """Three layouts: simple lossy, lossless, extended (RFC 9649)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8 ":
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", data, 26))
    else:
        raise ValueError(f"unknown first chunk {chunk!r}")
    return Header("webp", width, height)


def _tiff(data: bytes) -> Header:
    """The first directory's tags (TIFF 6.0); strips that lie beyond the end of the file mean it is truncated."""
    tags = TiffImagePlugin.ImageFileDirectory_v2(data[:16] if data[2] == 43 or data[3] == 43 else data[:8])
    file = io.BytesIO(data)
    file.seek(tags.next)
    tags.load(file)
    # A broken directory reads as an empty one; the two sizes have no default and stop it here.
    width, height = int(tags[256]), int(tags[257])
    bits = tags.get(258, (1,))
    for starts, counts in ((273, 279), (324, 325)):
        ends = [a + b for a, b in zip(tags.get(starts, ()), tags.get(counts, ()), strict=False)]
        if ends and max(ends) > len(data):
            raise ValueError(f"it is truncated: {len(data)} bytes of {max(ends)}")
    return Header(
        "tiff",
        width,
        height,
        bits=max(bits),
        samples=int(tags.get(277, len(bits))),
        floating=3 in tags.get(339, ()),
        photometric=int(tags.get(262, 2)),
        orientation=int(tags.get(274, 1)),
        icc=tags.get(34675),
    )
