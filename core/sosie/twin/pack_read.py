"""Read a pack: everything declared is compared with what is there before memory is taken for it.

Order of refusals, each with its own code: not a pack (`pack_foreign`), another version (`pack_version`), cut off
(`pack_truncated`), damaged (`pack_corrupt`), too large (`pack_too_large`), another key (`pack_wrong_key`). A
file that is damaged *and* locked with another key is damaged.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from numpy.typing import NDArray

from sosie.errors import PackError
from sosie.twin import pack_format as fmt
from sosie.twin.header import TwinHeader


@dataclass(frozen=True)
class PackSummary:
    """What a pack says in the open. Consistent in itself, but only the key proves it (`read_pack`)."""

    version: int
    header: TwinHeader
    sections: tuple[fmt.Section, ...]
    thumbnail: bytes  # JPEG or PNG; may be empty
    payload_bytes: int  # once unlocked
    file_bytes: int


def inspect_pack(path: Path) -> PackSummary:
    """The open part of a pack, without a key; the ciphertext's length is checked, its content is not read.

    Raises:
        PackError: see the module.
    """
    with _opened(path) as file:
        part, raw, thumbnail = _open_part(file)
    return PackSummary(
        version=fmt.VERSION,
        header=part.header,
        sections=part.sections,
        thumbnail=thumbnail,
        payload_bytes=part.payload,
        file_bytes=len(raw) + part.ciphertext,
    )


def read_pack(
    path: Path, *, key: bytes, max_bytes: int = fmt.MAX_PAYLOAD
) -> tuple[TwinHeader, dict[str, NDArray[np.generic] | bytes]]:
    """Unlock a pack. Memory: the sections themselves and one chunk.

    The arrays are views of one buffer; their content is authenticated by the key and by its SHA-256.

    Args:
        path: the pack.
        key: 32 bytes.
        max_bytes: refuse to unlock more than this.

    Raises:
        PackError: see the module.
    """
    with _opened(path) as file:
        part, raw, _ = _open_part(file)
        if part.payload > max_bytes:
            raise PackError(
                f"The pack unlocks to {part.payload} bytes; at most {max_bytes} are taken.",
                remedy="Capture with a smaller texture.",
                code="pack_too_large",
            )
        cipher = fmt.Cipher(key, part.salt)
        if not hmac.compare_digest(cipher.key_check, part.key_check):
            raise PackError(
                f"The key does not fit this pack of twin {part.header.twin}.",
                remedy="Fetch a new lease: it releases the key of this pack.",
                code="pack_wrong_key",
            )
        cipher.bind(raw)
        payload = _decrypt(file, cipher, part.payload)
    return part.header, _sections(part, payload)


def pack_digest(path: Path) -> str:
    """SHA-256 of the whole file, hexadecimal: the name under which registry and lease know a pack."""
    with _opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> BufferedReader:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise PackError(
            f"The pack {path} cannot be opened: {error.strerror}.",
            remedy="Check the path and its permissions.",
            code="pack_unreadable",
        ) from error


def _open_part(file: BufferedReader) -> tuple[fmt.Open, bytes, bytes]:
    """The open part parsed, its raw bytes, and the thumbnail; the file has exactly the declared size."""
    size = os.fstat(file.fileno()).st_size
    preamble = file.read(fmt.PREAMBLE.size)
    header, thumbnail, digest = fmt.decode_preamble(preamble)
    if size < fmt.PREAMBLE.size + header + thumbnail:
        fmt.truncated(size, fmt.PREAMBLE.size + header + thumbnail)
    body = file.read(header + thumbnail)
    part = fmt.decode_open(body[:header], body[header:], digest)
    raw = preamble + body
    want = len(raw) + part.ciphertext
    if size < want:
        fmt.truncated(size, want)
    if size > want:
        fmt.corrupt(f"{size - want} bytes follow its end")
    return part, raw, body[header:]


def _decrypt(file: BufferedReader, cipher: fmt.Cipher, total: int) -> NDArray[np.uint8]:
    payload = np.empty(total, np.uint8)
    target = payload.data
    buffer = memoryview(bytearray(fmt.CHUNK + fmt.TAG))
    count = fmt.chunks(total)
    for index in range(count):
        start, stop = index * fmt.CHUNK, min((index + 1) * fmt.CHUNK, total)
        sealed = buffer[: stop - start + fmt.TAG]
        got = file.readinto(sealed)
        if got < len(sealed):  # the file shrank while we read
            fmt.truncated(file.tell(), file.tell() + len(sealed) - got)
        try:
            cipher.open_into(index, sealed, target[start:stop], last=index == count - 1)
        except InvalidTag:
            fmt.corrupt(f"chunk {index + 1} of {count} was changed")
    return payload


def _sections(part: fmt.Open, payload: NDArray[np.uint8]) -> dict[str, NDArray[np.generic] | bytes]:
    offsets, _ = fmt.layout(part.sections)
    sections: dict[str, NDArray[np.generic] | bytes] = {}
    for section, offset in zip(part.sections, offsets, strict=True):
        raw = payload[offset : offset + section.size]
        # The tags prove the bytes came from the key's holder; this proves the table describes them.
        if hashlib.sha256(raw.data).hexdigest() != section.sha256:
            fmt.corrupt(f"section {section.name} does not have its SHA-256")
        if section.dtype == "|b1" and section.size and raw.max() > 1:
            fmt.corrupt(f"section {section.name} holds values that are neither true nor false")
        sections[section.name] = (
            raw.tobytes() if section.dtype == fmt.BYTES else raw.view(section.dtype).reshape(section.shape)
        )
    return sections
