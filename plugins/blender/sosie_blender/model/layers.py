"""The picture in an OpenEXR file of many layers: Blender shows such a file, but hands out no pixels of it.

Layout: "OpenEXR File Layout" of the format's specification. Blender 4 writes layers and passes as channels of one part,
Blender 5 a part for each pass. The picture is what the compositor made, else the first view layer's. Any thread.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._sosie.errors import PictureError

_MAGIC = 20000630
_TILED, _DEEP, _PARTS = 0x200, 0x800, 0x1000
#: Rows in one block, of the compressions that are read: none, ZIPS, ZIP.
_ROWS = {0: 1, 2: 1, 3: 16}
#: The same as Blender names them (`exr_codec`), and the kind of file.
CODECS = frozenset({"NONE", "ZIPS", "ZIP"})
LAYERS = "OPEN_EXR_MULTILAYER"
_KINDS = (np.dtype("<u4"), np.dtype("<f2"), np.dtype("<f4"))
#: The pass that is looked at; and the layer that the compositor makes, which Blender writes beside the others.
_PASS, _COMPOSITE = ".Combined.", "Composite"


class PackedError(PictureError):
    """The layers are packed with another codec, or as tiles: Blender has to pack them anew (`host/repacking.py`)."""


@dataclass(frozen=True)
class _Part:
    """A header: channels in the order of the file, how rows are packed, and the window (x0, y0, x1, y1) they fill."""

    channels: tuple[tuple[str, np.dtype[Any]], ...]
    compression: int
    window: tuple[int, int, int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        x0, y0, x1, y1 = self.window
        return y1 - y0 + 1, x1 - x0 + 1

    @property
    def blocks(self) -> int:
        """How many the rows are packed in."""
        return -(-self.shape[0] // _ROWS[self.compression])


def read_layered(path: Path) -> NDArray[np.float32] | None:
    """(H, W, 4) float32 scene-linear light, alpha associated, bottom row first; None for a file of one picture alone.

    Raises:
        PackedError: tiled, deep, or packed in another way than `CODECS`.
        PictureError: `picture_unreadable`: damaged.
    """
    data = path.read_bytes()
    try:
        parts, start = _headers(data)
        found = _picture(parts)
        if found is None:
            return None
        if _flags(data) & (_TILED | _DEEP) or any(part.compression not in _ROWS for part in parts):
            raise PackedError(
                f"{path} cannot be read as a picture.", remedy="Render that frame again, with the codec ZIP."
            )
        return _unpacked(data, start, parts, *found)[::-1]
    except (struct.error, zlib.error, LookupError, OverflowError, MemoryError, ValueError) as error:
        raise PictureError(
            "This OpenEXR file is damaged, or none.", remedy="Render that frame again."
        ) from error


def _flags(data: bytes) -> int:
    magic, flags = struct.unpack_from("<II", data)
    if magic != _MAGIC:
        raise ValueError(magic)
    return int(flags)


def _headers(data: bytes) -> tuple[list[_Part], int]:
    """The headers of all parts, and where the tables of blocks begin."""
    many = _flags(data) & _PARTS
    place, parts = 8, []
    while data[place]:
        attributes = {}
        while data[place]:
            name, place = _text(data, place)
            _, place = _text(data, place)
            (size,) = struct.unpack_from("<i", data, place)
            attributes[name] = data[place + 4 : place + 4 + size]
            place += 4 + size
        place += 1
        channels = tuple(_channels(attributes["channels"]))
        parts.append(
            _Part(channels, attributes["compression"][0], struct.unpack("<4i", attributes["dataWindow"]))
        )
        if not many:
            return parts, place
    return parts, place + 1


def _text(data: bytes, place: int) -> tuple[str, int]:
    end = data.index(b"\0", place)
    return data[place:end].decode("utf-8", "replace"), end + 1


def _channels(listed: bytes) -> list[tuple[str, np.dtype[Any]]]:
    found, place = [], 0
    while listed[place]:
        name, place = _text(listed, place)
        found.append((name, _KINDS[struct.unpack_from("<i", listed, place)[0]]))
        place += 16  # type, linearity, sampling
    return found


def _picture(parts: list[_Part]) -> tuple[int, str] | None:
    """The part with the picture that is looked at, and its channels' name up to the colour."""
    found = [
        (number, name[:-1])
        for number, part in enumerate(parts)
        for name, _ in part.channels
        if name.endswith("R") and _PASS in name
    ]
    made = [one for one in found if one[1].startswith(_COMPOSITE + _PASS)]
    return next(iter(made + found), None)


def _unpacked(data: bytes, start: int, parts: list[_Part], number: int, named: str) -> NDArray[np.float32]:
    """(H, W, 4) of the channels `named`R, G, B and A of part `number`, top row first."""
    part = parts[number]
    height, width = part.shape
    before = sum(one.blocks for one in parts[:number])
    places = np.frombuffer(data, "<u8", part.blocks, start + 8 * before)
    sizes = [kind.itemsize * width for _, kind in part.channels]
    columns = dict(
        zip((name for name, _ in part.channels), itertools.accumulate(sizes, initial=0), strict=False)
    )
    wanted = [("RGBA".index(name[-1]), name, kind) for name, kind in part.channels if name[:-1] == named]
    pixels = np.ones((height, width, 4), np.float32)
    head = struct.Struct("<4xii" if _flags(data) & _PARTS else "<ii")  # a part's number stands before
    for place in places.tolist():
        top, size = head.unpack_from(data, place)
        first = top - part.window[1]
        count = min(_ROWS[part.compression], height - first)
        block = data[place + head.size : place + head.size + size]
        rows = np.frombuffer(_raw(block, count * sum(sizes)), np.uint8).reshape(count, -1)
        for channel, name, kind in wanted:
            part_of = rows[:, columns[name] : columns[name] + kind.itemsize * width]
            pixels[first : first + count, :, channel] = np.ascontiguousarray(part_of).view(kind)
    return pixels


def _raw(block: bytes, size: int) -> bytes:
    """OpenEXR's ZIP undone: bytes as differences, even ones before odd ones; a block of full size is not packed."""
    if len(block) == size:
        return block
    packed = np.frombuffer(zlib.decompress(block), np.uint8)
    sums = np.cumsum(packed, dtype=np.uint8) - (np.arange(len(packed)) * 128).astype(np.uint8)
    raw = np.empty_like(sums)
    middle = (len(sums) + 1) // 2
    raw[0::2], raw[1::2] = sums[:middle], sums[middle:]
    return raw.tobytes()
