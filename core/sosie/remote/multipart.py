"""A form with files as a stream (RFC 7578): a large picture is never held in memory whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from typing import IO

_BLOCK = 1 << 20
#: name -> (file name, open binary file, media type)
Files = Mapping[str, tuple[str, IO[bytes], str]]


class Multipart:
    """An iterable body with a known length.

    Args:
        fields: names and values; names and file names are ours, never a stranger's: nothing is escaped.
        files: what is read from its current position to its end.
    """

    def __init__(self, fields: Mapping[str, str], files: Files) -> None:
        self._boundary = secrets.token_hex(16)
        self._parts: list[bytes | IO[bytes]] = []
        for name, value in fields.items():
            self._parts.append(self._head(f'name="{name}"') + value.encode() + b"\r\n")
        for name, (filename, file, mime) in files.items():
            head = self._head(f'name="{name}"; filename="{filename}"', f"Content-Type: {mime}\r\n")
            self._parts += [head, file, b"\r\n"]
        self._parts.append(f"--{self._boundary}--\r\n".encode())
        self._length = sum(len(part) if isinstance(part, bytes) else _left(part) for part in self._parts)

    @property
    def content_type(self) -> str:
        """The header that goes with it."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            while block := part.read(_BLOCK):
                yield block

    def _head(self, disposition: str, more: str = "") -> bytes:
        return f"--{self._boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n".encode()


def _left(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size - file.tell()
