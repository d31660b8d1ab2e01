"""Write a pack: beside its place, flushed, then renamed. Memory: one chunk, whatever the twin's size."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from sosie.errors import PackError, SetupError
from sosie.storage import beside
from sosie.twin import pack_format as fmt
from sosie.twin.header import TwinHeader

SectionValue = NDArray[np.generic] | bytes


def write_pack(
    path: Path,
    header: TwinHeader,
    sections: Mapping[str, SectionValue],
    *,
    key: bytes,
    thumbnail: bytes,
    nonce_source: Callable[[int], bytes],
) -> str:
    """Lock a twin's sections with `key` and write them to `path`, readable by this user alone (0600).

    Args:
        path: where the pack appears, whole or not at all; an older pack there is replaced.
        header: the open part.
        sections: name -> array (bool, integers, floats; any shape up to 8 axes) or bytes. Names: lower-case
            letters, digits, `_`, `.`; at most 64 characters.
        key: 32 bytes.
        thumbnail: JPEG or PNG, at most 512 KiB; may be empty.
        nonce_source: `n -> n` unpredictable bytes, `secrets.token_bytes` outside tests.

    Returns:
        SHA-256 of the whole file, hexadecimal.

    Raises:
        PackError: a section, the key or the thumbnail is out of range.
        SetupError: `storage_full`, or the folder cannot be written.
    """
    arrays = {name: _as_bytes(name, value) for name, value in sections.items()}
    table = tuple(_row(name, sections[name], raw) for name, raw in arrays.items())
    if len(table) > fmt.MAX_SECTIONS or not fmt.is_thumbnail(thumbnail):
        raise PackError(
            f"A pack takes at most {fmt.MAX_SECTIONS} sections and a JPEG or PNG thumbnail of at most "
            f"{fmt.MAX_THUMBNAIL} bytes; given {len(table)} sections, {len(thumbnail)} bytes.",
            remedy="Store fewer sections or a smaller thumbnail.",
        )
    salt = nonce_source(fmt.SALT_BYTES)
    cipher = fmt.Cipher(key, salt)
    open_part = fmt.encode_open(fmt.Open(header, table, salt, cipher.key_check), thumbnail)
    cipher.bind(open_part)
    digest = hashlib.sha256()
    with _replacing(path) as file:
        for piece in itertools.chain([open_part], _sealed(cipher, table, list(arrays.values()))):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _as_bytes(name: str, value: SectionValue) -> memoryview:
    """The section's raw little-endian bytes; copies only what is strided or big-endian."""
    if isinstance(value, bytes):
        return memoryview(value)
    ordered = value.dtype.newbyteorder("<")
    if ordered.str not in fmt.DTYPES:
        raise PackError(
            f"Section {name!r} has type {value.dtype}, which a pack does not hold.",
            remedy="Store booleans, integers, floats or bytes.",
        )
    return np.ascontiguousarray(value, dtype=ordered).reshape(-1).view(np.uint8).data


def _row(name: str, value: SectionValue, raw: memoryview) -> fmt.Section:
    if isinstance(value, bytes):
        dtype, shape = fmt.BYTES, (len(raw),)
    else:
        dtype, shape = value.dtype.newbyteorder("<").str, value.shape
    return fmt.Section(name, dtype, shape, len(raw), hashlib.sha256(raw).hexdigest())


def _sealed(cipher: fmt.Cipher, table: tuple[fmt.Section, ...], raws: list[memoryview]) -> Iterator[bytes]:
    """The payload's chunks, gathered from the sections through one buffer."""
    offsets, total = fmt.layout(table)
    count = fmt.chunks(total)
    for index in range(count):
        start, stop = index * fmt.CHUNK, min((index + 1) * fmt.CHUNK, total)
        buffer = bytearray(stop - start)  # zeros: what lies between two sections
        for offset, raw in zip(offsets, raws, strict=True):
            low, high = max(start, offset), min(stop, offset + len(raw))
            if low < high:
                buffer[low - start : high - start] = raw[low - offset : high - offset]
        yield cipher.seal(index, memoryview(buffer), last=index == count - 1)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A new private file that takes its place on success and vanishes on any failure, Ctrl-C included."""
    try:
        with beside(path, private=True) as partial, partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SetupError(
            f"The pack could not be written to {path}: {error.strerror}.",
            remedy="Choose a folder you may write to.",
            code="storage_unwritable",
        ) from error
