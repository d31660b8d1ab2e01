"""The hashes by which the journal names a render, and the rule they follow.

`input_sha256` is the SHA-256 of the plate's bytes as the host sent them. A composite is the plate, bit for bit,
outside the changed box; so plate and box together are the composite, and only the box is hashed:

    output_sha256 = SHA-256(canonical JSON {"box": [x0, y0, x1, y1], "plate": input_sha256} || the box's pixels)

with the pixels as the kernel gave them: rows from the top, RGB or RGBA, the plate's depth, little-endian. Whoever has
plate and composite can compute both; hashing the whole composite again would cost a 4K float render 65 ms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sosie.codec import encode
from sosie.licence import canonical
from sosie.messages import Use

HASHED_AT_ONCE = 16 << 20
Box = tuple[int, int, int, int]


def use_sha256(use: Use) -> str:
    """The hash by which a journal names a use."""
    return canonical.sha256_hex(canonical.canonical(encode(use)))


def plate_sha256(plate: mmap | bytes, check: Callable[[], None] = lambda: None) -> str:
    """`input_sha256` of a plate's bytes; what `check` raises meanwhile ends it."""
    found = hashlib.sha256()
    with memoryview(plate) as whole:
        for at in range(0, len(whole), HASHED_AT_ONCE):
            check()
            found.update(whole[at : at + HASHED_AT_ONCE])
    return found.hexdigest()


def digest(values: NDArray[Any]) -> str:
    """A hash of an array's bytes."""
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()


def composite_sha256(plate: str, box: Box, part: NDArray[Any]) -> str:
    """`output_sha256` of a composite that changed the plate inside `box` alone, where it is `part` (h, w, C)."""
    found = hashlib.sha256(canonical.canonical({"box": list(box), "plate": plate}))
    found.update(np.ascontiguousarray(part).data)
    return found.hexdigest()
