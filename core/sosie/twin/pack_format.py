r"""The pack's layout, version 1, and its limits. Reading and writing share this file.

    offset  bytes  what
    0       8      magic  89 54 57 49 4E 0D 0A 1A  ("\x89TWIN\r\n\x1a": a text-mode copy breaks it visibly)
    8       2      version (big-endian, like every number here)
    10      4      H, length of the header
    14      4      T, length of the thumbnail
    18      32     SHA-256 of bytes 0-17, header and thumbnail: damage is told apart from a wrong key
    50      H      header: JSON {cipher: {salt, key_check}, sections: [...], twin: {...}}
    50+H    T      thumbnail: JPEG or PNG
    50+H+T  ...    payload: chunks of 1 MiB, each followed by its 16-byte tag; the last chunk may be shorter

Cipher: STREAM (Hoang, Reyhanitabar, Rogaway, Vizard 2015) over AES-256-GCM. HKDF-SHA256 of the pack key and a
random 32-byte salt gives the file's own AES key, a 7-byte nonce prefix and a 16-byte key check, so one pack key
may lock many files; the key check commits to the key, which GCM alone does not. The nonce of chunk `i` is prefix
|| i (4 bytes) || last? (1 byte): chunks cannot be swapped, dropped, added or cut off. The SHA-256 of everything
before the payload is each chunk's associated data: the open part cannot be exchanged either.

Payload: the sections one after another in the table's order, each starting at a multiple of 64, zeros between.
Nothing is compressed, so nothing can expand: the file's size is known from the header, and is compared with
the real size before any memory is taken. Nothing is pickled; a section is raw little-endian numbers.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sosie.errors import PackError
from sosie.twin.header import TwinHeader

MAGIC = b"\x89TWIN\r\n\x1a"
VERSION = 1
PREAMBLE = struct.Struct(">8sHII32s")
CHUNK = 1 << 20
TAG = 16
ALIGN = 64

MAX_HEADER = 1 << 16
MAX_THUMBNAIL = 1 << 19
MAX_SECTIONS = 256
MAX_AXES = 8
MAX_ITEMS = 1 << 40
#: Largest payload read without asking for more: 2 GiB.
MAX_PAYLOAD = 1 << 31
KEY_BYTES = 32
SALT_BYTES = 32

BYTES = "bytes"
DTYPES = frozenset(("|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8"))
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_THUMBNAILS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True)
class Section:
    """One row of the table: where an array lies in the payload, and what it must hash to."""

    name: str
    dtype: str  # numpy's name with byte order, or "bytes"
    shape: tuple[int, ...]
    size: int  # bytes
    sha256: str

    def __post_init__(self) -> None:
        if not is_name(self.name):
            corrupt(f"section name {self.name[:80]!r} is not made of lower-case letters, digits, `_` and `.`")
        if self.dtype != BYTES and self.dtype not in DTYPES:
            corrupt(f"section {self.name} has the unknown type {self.dtype[:16]!r}")
        counted = all(type(n) is int and n >= 0 for n in self.shape)
        if len(self.shape) > MAX_AXES or not counted or math.prod(n or 1 for n in self.shape) > MAX_ITEMS:
            corrupt(f"section {self.name} has an impossible shape")
        width = 1 if self.dtype == BYTES else np.dtype(self.dtype).itemsize
        if type(self.size) is not int or self.size != math.prod(self.shape) * width:
            corrupt(f"section {self.name} declares {self.size} bytes, its shape {list(self.shape)} does not")
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            corrupt(f"section {self.name} has no SHA-256")


@dataclass(frozen=True)
class Open:
    """The open part, parsed and in range."""

    header: TwinHeader
    sections: tuple[Section, ...]
    salt: bytes
    key_check: bytes

    @property
    def payload(self) -> int:
        """Bytes of plaintext."""
        return layout(self.sections)[1]

    @property
    def ciphertext(self) -> int:
        """Bytes of payload in the file."""
        return self.payload + chunks(self.payload) * TAG


def is_name(name: str) -> bool:
    """Whether `name` may name a section: no separators, no dots at the ends, nothing a file system reads."""
    return len(name) <= 64 and _NAME.fullmatch(name) is not None


def is_thumbnail(data: bytes) -> bool:
    """Whether `data` may be shown to people: empty, or begins like a JPEG or PNG, at most 512 KiB."""
    return len(data) <= MAX_THUMBNAIL and (not data or data.startswith(_THUMBNAILS))


def layout(sections: Sequence[Section]) -> tuple[list[int], int]:
    """Offset of each section in the payload, and the payload's size."""
    offsets, end = [], 0
    for section in sections:
        start = -(-end // ALIGN) * ALIGN
        offsets.append(start)
        end = start + section.size
    return offsets, end


def chunks(payload: int) -> int:
    """How many chunks hold `payload` bytes; an empty payload still has one, with only its tag."""
    return max(1, -(-payload // CHUNK))


class Cipher:
    """The chunk cipher of one file. `bind` gives it the associated data."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise PackError(
                f"A pack key has {KEY_BYTES} bytes, this one {len(key)}.",
                remedy="Use the key that the lease releases.",
                code="pack_wrong_key",
            )
        derived = HKDF(hashes.SHA256(), 32 + 7 + 16, salt, b"sosie twin pack v1").derive(key)
        self.aes = AESGCM(derived[:32])
        self.key_check = derived[39:]
        self._prefix = derived[32:39]
        self._bound = b""

    def bind(self, open_part: bytes) -> None:
        """Make everything before the payload part of what each tag covers."""
        self._bound = hashlib.sha256(open_part).digest()

    def seal(self, index: int, plain: memoryview, *, last: bool) -> bytes:
        """Ciphertext and tag of one chunk."""
        return self.aes.encrypt(self._nonce(index, last), plain, self._bound)

    def open_into(self, index: int, sealed: memoryview, target: memoryview, *, last: bool) -> None:
        """Decrypt one chunk into `target`; raises InvalidTag."""
        self.aes.decrypt_into(self._nonce(index, last), sealed, self._bound, target)

    def _nonce(self, index: int, last: bool) -> bytes:
        return self._prefix + struct.pack(">IB", index, last)


def encode_open(part: Open, thumbnail: bytes) -> bytes:
    """Preamble, header and thumbnail."""
    table = [{**vars(section), "shape": list(section.shape)} for section in part.sections]
    header = json.dumps(
        {
            "cipher": {"key_check": part.key_check.hex(), "salt": part.salt.hex()},
            "sections": table,
            "twin": part.header.to_json(),
        },
        separators=(",", ":"),
        sort_keys=True,
    ).encode()
    if len(header) > MAX_HEADER:
        corrupt(f"its header would take {len(header)} bytes of at most {MAX_HEADER}")
    lengths = (len(header), len(thumbnail))
    return PREAMBLE.pack(MAGIC, VERSION, *lengths, _digest(*lengths, header + thumbnail)) + header + thumbnail


def decode_preamble(data: bytes) -> tuple[int, int, bytes]:
    """Lengths of header and thumbnail, and their SHA-256, from the file's first 50 bytes.

    Raises:
        PackError: `pack_foreign`, `pack_version`, `pack_truncated` or `pack_corrupt`.
    """
    if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
        raise PackError(
            "This file is not a twin's pack.",
            remedy="Choose a pack made by `sosie capture` or fetched from the registry.",
            code="pack_foreign",
        )
    if len(data) < PREAMBLE.size:
        truncated(len(data), PREAMBLE.size)
    _, version, header, thumbnail, digest = PREAMBLE.unpack(data)
    if version != VERSION:
        raise PackError(
            f"The pack has version {version}; this Sosie reads version {VERSION}.",
            remedy="Update Sosie." if version > VERSION else "Fetch the pack from the registry again.",
            code="pack_version",
        )
    if header > MAX_HEADER or thumbnail > MAX_THUMBNAIL:
        corrupt(f"it declares a header of {header} and a thumbnail of {thumbnail} bytes")
    return header, thumbnail, digest


def decode_open(header: bytes, thumbnail: bytes, digest: bytes) -> Open:
    """The open part from its bytes, each field checked.

    Raises:
        PackError: `pack_corrupt` or `pack_unbound`.
    """
    if _digest(len(header), len(thumbnail), header + thumbnail) != digest:
        corrupt("its header or thumbnail was changed")
    try:
        value = json.loads(header, object_pairs_hook=_unique)
        cipher, rows = value["cipher"], value["sections"]
        sections = tuple(Section(**{**row, "shape": tuple(row["shape"])}) for row in rows)
        salt, key_check = bytes.fromhex(cipher["salt"]), bytes.fromhex(cipher["key_check"])
        twin = value["twin"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        corrupt("its header is not the header of a pack")
    if not is_thumbnail(thumbnail):
        corrupt("its thumbnail is neither JPEG nor PNG")
    if len(sections) > MAX_SECTIONS or len({section.name for section in sections}) < len(sections):
        corrupt(f"its table of {len(sections)} sections is too long or names one twice")
    if len(salt) != SALT_BYTES or len(key_check) != TAG:
        corrupt("its cipher parameters have the wrong length")
    return Open(TwinHeader.from_json(twin), sections, salt, key_check)


def corrupt(what: str) -> NoReturn:
    """Refuse a damaged pack."""
    raise PackError(f"The pack is damaged: {what}.", remedy="Fetch the pack again, or capture again.")


def truncated(have: int, want: int) -> NoReturn:
    """Refuse a pack that ends early."""
    raise PackError(
        f"The pack ends after {have} of {want} bytes.",
        remedy="The copy was cut off: fetch or copy the pack again.",
        code="pack_truncated",
    )


def _digest(header: int, thumbnail: int, body: bytes) -> bytes:
    return hashlib.sha256(struct.pack(">8sHII", MAGIC, VERSION, header, thumbnail) + body).digest()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets a key appear twice; two readers could then see two headers."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)
