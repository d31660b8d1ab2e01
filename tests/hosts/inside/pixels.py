"""Raw pictures of the tests' world, compared without numpy: Krita's Python has none."""

from __future__ import annotations

import array
from pathlib import Path
from typing import Any

#: One step of each depth, as a part of full scale; floats are held to a 16-bit step.
STEP = {"u8": 1 / 255, "u16": 1 / 65535, "f32": 1 / 65535}
_TYPES = {"u8": ("B", 255.0), "u16": ("H", 65535.0), "f16": ("f", 1.0), "f32": ("f", 1.0)}


def plate(world: dict[str, Any], depth: str) -> Path:
    """The plate as a PNG of that depth (u8, u16)."""
    return Path(world["plates"][depth])


def samples(data: bytes, depth: str, channels: str) -> array.array[Any]:
    """Interleaved pixels as R, G, B samples in native byte order, alpha dropped."""
    values = array.array(_TYPES[depth][0], data)
    out = array.array(values.typecode, bytes(len(values) // len(channels) * 3 * values.itemsize))
    for place, name in enumerate("RGB"):
        out[place::3] = values[channels.index(name) :: len(channels)]
    return out


def reference(world: dict[str, Any], depth: str) -> array.array[Any]:
    """The composite that the agent made of the same plate for Sosie's own Python, as R, G, B samples."""
    return array.array(_TYPES[depth][0], Path(world["references"][depth]).read_bytes())


def furthest(first: array.array[Any], second: array.array[Any], depth: str) -> float:
    """The largest difference of two pictures' samples, as a part of full scale."""
    assert len(first) == len(second)
    return max(abs(a - b) for a, b in zip(first, second)) / _TYPES[depth][1]  # noqa: B905 - lengths are equal
