"""The bytes of a signed file that C2PA leaves open, held to the one value they may have.

A C2PA signature covers the picture, the assertions and the claim, but not everything in between: about 1,060
bytes of each file (the padding beside the signature, lengths and names of some boxes, a PNG chunk's checksum) can
be changed and every reader still says `Trusted` (measured with c2pa-rs 0.91 by flipping each byte in turn). None of
them carries meaning, but "not one byte was changed" should be true, and nobody should hide data there. So:

- the manifest store fills its container exactly, and its boxes fill it exactly (ISO 19566-5, box structure);
- boxes of the active (the last) manifest have the names C2PA gives their types;
- the COSE signature (RFC 9052) has no payload, and nothing unprotected but zero padding and this registry's timestamp;
- a PNG chunk has its checksum.

What is found is only ever *more* refusal: nothing here makes a file trusted.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sosie.provenance import timestamp

#: Box type (first four bytes of its UUID) -> its name in a C2PA 2 manifest.
_NAMES = {
    b"c2pa": b"c2pa",
    b"c2as": b"c2pa.assertions",
    b"c2cl": b"c2pa.claim.v2",
    b"c2cs": b"c2pa.signature",
}
_UUID_TAIL = bytes.fromhex("0011001080 0000aa00389b71".replace(" ", ""))
_STORE = b"jumb\x00\x00\x00\x1ejumdc2pa" + _UUID_TAIL + b"\x03c2pa\x00"
_TIMESTAMP = "sigTst2"
_PADS = ("pad", "pad2")
_MAX_DEPTH = 16


class _BrokenError(Exception):
    """Something is not where, or what, it has to be."""


def whole(data: bytes, mime: str, anchors_pem: bytes) -> bool:
    """Whether each open byte of a picture signed by a registry with these roots has its only value."""
    try:
        store = {"image/jpeg": _from_jpeg, "image/png": _from_png}.get(mime, _from_anywhere)(data)
        manifests = [box for box in _boxes(store, _only(store)) if box.kind == b"jumb"]
        for token in _check_manifest(store, manifests[-1]):
            _require(timestamp.genuine(token, anchors_pem))
    except (_BrokenError, IndexError, struct.error, ValueError, RecursionError):
        return False
    return True


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int  # of its content
    stop: int


def _require(holds: bool) -> None:
    if not holds:
        raise _BrokenError


# --- containers -----------------------------------------------------------------------------------------------------


def _from_jpeg(data: bytes) -> bytes:
    """APP11 segments (ISO 19566-5, D.2): `JP`, instance 0x0211, counter from 1; each repeats the box's header."""
    parts: list[bytes] = []
    at = 2
    while data[at : at + 1] == b"\xff" and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at + 4 : at + 2 + length]
        if data[at + 1] == 0xEB:
            _require(segment[:8] == b"JP\x02\x11" + struct.pack(">I", len(parts) + 1))
            _require(not parts or segment[8:16] == parts[0][:8])
            parts.append(segment[16 if parts else 8 :])
        at += 2 + length
    return b"".join(parts)


def _from_png(data: bytes) -> bytes:
    at, found = 8, b""
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"caBX":
            _require(not found)
            found = data[at + 8 : at + 8 + length]
            (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
            _require(zlib.crc32(kind + found) == checksum)
        at += length + 12
    return found


def _from_anywhere(data: bytes) -> bytes:
    """WebP and TIFF hold the store in one piece; the signature covers what says where it lies."""
    at = data.index(_STORE) - 4
    (length,) = struct.unpack_from(">I", data, at)
    return data[at : at + length]


# --- boxes ----------------------------------------------------------------------------------------------------------


def _only(store: bytes) -> _Box:
    """The store's one outer box, which it fills."""
    boxes = list(_boxes(store, _Box(b"", 0, len(store))))
    _require(len(boxes) == 1 and store[4 : 4 + len(_STORE)] == _STORE)
    return boxes[0]


def _boxes(data: bytes, parent: _Box) -> Iterator[_Box]:
    at = parent.start
    while at < parent.stop:
        length, kind = struct.unpack_from(">I4s", data, at)
        _require(8 <= length <= parent.stop - at)
        yield _Box(kind, at + 8, at + length)
        at += length


def _check_manifest(data: bytes, box: _Box, depth: int = 0) -> list[bytes]:
    """Names and lengths down to the leaves, the signature box also inside; returns its timestamp tokens."""
    tokens: list[bytes] = []
    _require(depth < _MAX_DEPTH)
    description, *content = _boxes(data, box)
    _require(description.kind == b"jumd")
    kind = data[description.start : description.start + 4]
    # Toggles: requestable and labelled; 0x10 says that a salt follows the name.
    _require(data[description.start + 16] in (0x03, 0x13))
    if kind in _NAMES:
        want = kind + _UUID_TAIL + b"\x03" + _NAMES[kind] + b"\0"
        # A salt may follow the name of an assertion, never of these four.
        _require(data[description.start : description.stop] == want)
    for child in content:
        if child.kind == b"jumb":
            tokens += _check_manifest(data, child, depth + 1)
    if kind == b"c2cs":
        _require([child.kind for child in content] == [b"cbor"])
        tokens += _check_cose(data[content[0].start : content[0].stop])
    return tokens


def _check_cose(data: bytes) -> list[bytes]:
    """COSE_Sign1: tag 18, [protected, unprotected, nil, signature], and nothing after it."""
    value, stop = _cbor(data, 0)
    _require(stop == len(data) and data[:2] == b"\xd2\x84")
    match value:
        case [bytes(), dict() as unprotected, None, bytes()]:
            tokens = [_token(item) for name, item in unprotected.items() if name == _TIMESTAMP]
        case _:
            raise _BrokenError
    pads = [item for name, item in unprotected.items() if name in _PADS]
    _require(len(pads) + len(tokens) == len(unprotected))
    _require(all(isinstance(item, bytes) and not any(item) for item in pads))
    return tokens


def _token(value: object) -> bytes:
    match value:
        case {"tstTokens": [{"val": bytes() as token, **inner}], **outer} if not inner and not outer:
            return token
    raise _BrokenError


def _cbor(data: bytes, at: int, depth: int = 0) -> tuple[object, int]:
    """One CBOR item (RFC 8949) of the kinds a COSE signature holds, and where it ends."""
    _require(depth < _MAX_DEPTH)
    major, extra = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        _require(extra == 22)  # null is the only simple value here
        return None, at
    if extra < 24:
        count = extra
    else:
        _require(extra < 28)
        width = 1 << (extra - 24)
        count = int.from_bytes(data[at : at + width], "big")
        at += width
    if major < 2:
        return (count if major == 0 else -1 - count), at
    if major < 4:
        _require(count <= len(data) - at)
        raw = data[at : at + count]
        return (raw if major == 2 else raw.decode()), at + count
    if major == 6:
        return _cbor(data, at, depth + 1)
    _require(count <= len(data))
    items = []
    for _ in range(count * (2 if major == 5 else 1)):
        item, at = _cbor(data, at, depth + 1)
        items.append(item)
    if major == 4:
        return items, at
    _require(all(isinstance(name, str | int) for name in items[::2]))
    return dict(zip(items[::2], items[1::2], strict=True)), at
