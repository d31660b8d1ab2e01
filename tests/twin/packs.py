"""A small pack, and what somebody without its key can make of it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import PackError
from sosie.twin import pack_format as fmt
from sosie.twin.pack import SectionValue, TwinHeader, read_pack, write_pack

KEY = bytes(range(32))
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
HEADER = TwinHeader("twin-1", "talent-1", 3, "ab" * 32, 1_790_000_000, 2048, ("front", "left"))
SECTIONS: dict[str, SectionValue] = {
    "shape": np.arange(12, dtype=np.float32).reshape(4, 3),
    "texture.albedo": np.arange(60, dtype=np.uint16).reshape(4, 5, 3),
    "validity": np.array([True, False, True]),
    "scale": np.array(2.5),
    "nothing": np.empty((0, 3), np.float32),
    "notes": b"any bytes \x00\xff",
}


def write(path: Path, sections: dict[str, SectionValue] | None = None, key: bytes = KEY) -> str:
    chosen = SECTIONS if sections is None else sections
    return write_pack(path, HEADER, chosen, key=key, thumbnail=PNG, nonce_source=os.urandom)


def refusal(path: Path, data: bytes, key: bytes = KEY) -> str:
    """The code with which `data` is refused; fails when it is not."""
    path.write_bytes(data)
    with pytest.raises(PackError) as caught:
        read_pack(path, key=key)
    assert caught.value.message
    assert caught.value.remedy
    return caught.value.code


def forge(data: bytes, change: Callable[[dict[str, object]], object]) -> bytes:
    """The pack with another header and a correct open hash: what somebody without the key can make."""
    head, thumb, _ = fmt.decode_preamble(data[: fmt.PREAMBLE.size])
    body = data[fmt.PREAMBLE.size :]
    header = json.loads(body[:head])
    change(header)
    raw = json.dumps(header).encode()
    lengths = (len(raw), thumb)
    opened = raw + body[head : head + thumb]
    digest = fmt._digest(*lengths, opened)
    return fmt.PREAMBLE.pack(fmt.MAGIC, fmt.VERSION, *lengths, digest) + opened + body[head + thumb :]
