"""Small pictures to deliver, each with bytes of its own."""

from __future__ import annotations

import functools
import io

import numpy as np
from PIL import Image


@functools.cache
def _picture() -> bytes:
    ramp = np.linspace(40, 200, 200)[None, :, None] + np.zeros((200, 200, 3))
    out = io.BytesIO()
    Image.fromarray(ramp.astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def numbered(number: int) -> bytes:
    """A JPEG that differs from all others by a comment (ITU T.81, B.2.4.5)."""
    comment = f"{number:08d}".encode()
    return _picture()[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + _picture()[2:]
