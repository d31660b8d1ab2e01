"""Canonical JSON: one document, one sequence of bytes, one hash.

Keys sorted by code point, no white space, UTF-8 without escapes, integers only. That is RFC 8785 (JCS) for
the documents of this room: they hold no floating-point number, and every key is ASCII.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sosie.errors import VerificationError


def canonical(value: Any) -> bytes:
    """`value` as canonical JSON.

    Raises:
        TypeError: a floating-point number, or something JSON does not know.
    """
    _refuse_floats(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def parse(data: bytes, *, max_bytes: int) -> Any:
    """Strict JSON: bounded size, UTF-8, no duplicate key, no number that is not an integer.

    Raises:
        VerificationError: `document_too_large` or `document_malformed`.
    """
    if len(data) > max_bytes:
        raise VerificationError(
            f"The document has {len(data)} bytes; at most {max_bytes} are read.",
            remedy="Ask whoever sent it for a document of this registry.",
            code="document_too_large",
        )
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except (ValueError, RecursionError) as error:
        raise VerificationError(
            f"The document is not strict JSON: {error}",
            remedy="Fetch it again; if it stays so, it was altered on the way.",
            code="document_malformed",
        ) from error


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("canonical JSON holds no floating-point number")
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for item in held:
        if not isinstance(item, str):  # most are words
            _refuse_floats(item)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _refuse_number(text: str) -> Any:
    raise ValueError(f"{text} is not an integer")
