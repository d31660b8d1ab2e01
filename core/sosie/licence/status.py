"""The status list: one bit for each licence, set when it is revoked or suspended (after W3C Bitstring Status List)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LENGTH: Final = 131_072


def bitstring(indices: Iterable[int]) -> bytes:
    """16 KiB with the bits `indices` set; bit 0 is the highest bit of the first byte.

    Raises:
        IndexError: an index outside the list.
    """
    bits = bytearray(LENGTH // 8)
    for index in indices:
        if not 0 <= index < LENGTH:
            raise IndexError(f"status index {index} is not below {LENGTH}")
        bits[index // 8] |= 0x80 >> index % 8
    return bytes(bits)


def is_set(bits: bytes, index: int) -> bool:
    """Whether bit `index` is set; a bit outside the list counts as set, because doubt is a no."""
    if not 0 <= index < len(bits) * 8:
        return True
    return bool(bits[index // 8] & 0x80 >> index % 8)
