"""Frames as files, written without Blender: its own writers differ between versions in what a number means.

8 and 16 bit pictures become PNG, scene-linear ones OpenEXR with 16 or 32 bit floats. Nothing is converted here: the
numbers go into the file as they are. Any thread.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._sosie.errors import SetupError

#: What is scene-linear; every other frame is display-encoded.
LINEAR = frozenset({".exr", ".hdr"})
#: zlib's effort: the picture's owner waits for it.
EFFORT = 3
_PNG_KINDS = {1: 0, 3: 2, 4: 6}
_EXR_ZIP, _EXR_ROWS = 3, 16


def encode_png(pixels: NDArray[Any]) -> bytes:
    """A PNG of `pixels`, (H, W, 1, 3 or 4) uint8 or uint16, top row first."""
    height, width, channels = pixels.shape
    depth = pixels.dtype.itemsize * 8
    rows = np.zeros((height, 1 + width * channels * pixels.dtype.itemsize), np.uint8)  # 0: no filter
    rows[:, 1:] = (
        np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    )
    head = struct.pack(">IIBBBBB", width, height, depth, _PNG_KINDS[channels], 0, 0, 0)
    body = zlib.compress(rows.tobytes(), EFFORT)
    chunks = ((b"IHDR", head), (b"sRGB", b"\0"), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def encode_exr(pixels: NDArray[np.float32], *, half: bool) -> bytes:
    """An OpenEXR picture of `pixels`, (H, W, 3 or 4) scene-linear Rec.709, top row first; alpha is associated.

    Layout: "OpenEXR File Layout" of the format's specification, ZIP compression.
    """
    height, width, channels = pixels.shape
    names = "ABGR"[-channels:]  # the format sorts channels by name
    dtype = np.dtype("<f2" if half else "<f4")
    planes = np.ascontiguousarray(pixels[..., ["RGBA".index(name) for name in names]].swapaxes(1, 2), dtype)
    listed = b"".join(
        struct.pack("<2siiii", f"{name}\0".encode(), 1 if half else 2, 0, 1, 1) for name in names
    )
    window = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    header = b"".join(
        f"{name}\0{kind}\0".encode() + struct.pack("<i", len(value)) + value
        for name, kind, value in (
            ("channels", "chlist", listed + b"\0"),
            ("compression", "compression", bytes([_EXR_ZIP])),
            ("dataWindow", "box2i", window),
            ("displayWindow", "box2i", window),
            ("lineOrder", "lineOrder", b"\0"),
            ("pixelAspectRatio", "float", struct.pack("<f", 1)),
            ("screenWindowCenter", "v2f", struct.pack("<ff", 0, 0)),
            ("screenWindowWidth", "float", struct.pack("<f", 1)),
        )
    )
    start = struct.pack("<II", 20000630, 2) + header + b"\0"
    blocks = []
    for row in range(0, height, _EXR_ROWS):
        data = _exr_zip(planes[row : row + _EXR_ROWS].tobytes())
        blocks.append(struct.pack("<ii", row, len(data)) + data)
    places = len(start) + 8 * len(blocks) + np.cumsum([0, *(len(block) for block in blocks[:-1])])
    return start + places.astype("<u8").tobytes() + b"".join(blocks)


def is_half(path: Path) -> bool:
    """Whether the OpenEXR file at `path` holds 16-bit floats."""
    with path.open("rb") as file:
        head = file.read(4096)
    place = head.find(b"channels\0chlist\0")
    if place < 0:
        return False
    first = place + len(b"channels\0chlist\0") + 4
    name = head.index(b"\0", first)
    return bool(struct.unpack_from("<i", head, name + 1)[0] == 1)


def write_beside(path: Path, data: bytes) -> None:
    """Write `path` whole or not at all, its folder made.

    Raises:
        SetupError: `storage_unwritable`.
    """
    written = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written.write_bytes(data)
        written.replace(path)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise SetupError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Choose another place, or make room, then go on: what is finished is kept.",
            code="storage_unwritable",
        ) from error


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _exr_zip(raw: bytes) -> bytes:
    """OpenEXR's ZIP: even bytes before odd ones, each as its difference to the one before; raw when that is smaller."""
    data = np.frombuffer(raw, np.uint8)
    sorted_bytes = np.concatenate([data[0::2], data[1::2]])
    differences = sorted_bytes.copy()
    differences[1:] = sorted_bytes[1:] - sorted_bytes[:-1] + np.uint8(128)
    packed = zlib.compress(differences.tobytes(), EFFORT)
    return packed if len(packed) < len(raw) else raw
