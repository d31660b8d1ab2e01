"""A picture in memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import PictureError
from sosie.messages import ColourSpace

DTYPES = (np.uint8, np.uint16, np.float16, np.float32)
#: Bytes that are copied at a time.
STRIP = 4 << 20


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels with their meaning.

    Raises:
        PictureError: picture_mode_unsupported, for any other shape or type of pixels.
    """

    #: (H, W, 3 or 4) RGB or RGBA with straight alpha, top-down; uint8, uint16, float16 or float32 (0..1 nominal).
    pixels: NDArray[Any]
    #: `srgb` for values on the sRGB curve, `linear-srgb` for linear light.
    colour: ColourSpace = "srgb"
    #: The file's ICC profile, kept and written back.
    icc: bytes | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] not in (3, 4) or 0 in shape or dtype not in DTYPES:
            raise PictureError(
                f"Pixels of shape {shape} and type {dtype} are no picture.",
                code="picture_mode_unsupported",
                remedy="Give height x width x 3 or 4 values in 8 or 16 bit integers, or 16 or 32 bit floats.",
            )

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def colours_of(pixels: NDArray[Any]) -> NDArray[Any]:
    """`pixels` (H, W, 3 or 4) without alpha; numpy takes five times as long to leave a channel out."""
    if pixels.shape[2] == 3:
        return pixels
    return np.asarray(cv2.cvtColor(as_integers(pixels), cv2.COLOR_RGBA2RGB)).view(pixels.dtype)


def copied(pixels: NDArray[Any], check: Callable[[], None] = lambda: None) -> NDArray[Any]:
    """A copy, `STRIP` bytes at a time by every processor: to take memory for the first time is slower than to fill it.

    `check` is called between them; what it raises ends it.
    """
    out = np.empty_like(pixels, order="C")
    rows = max(STRIP // max(pixels[:1].nbytes, 1), 1)
    hands = ThreadPoolExecutor(os.cpu_count())
    try:
        strips = (slice(top, top + rows) for top in range(0, len(pixels), rows))
        for copying in [hands.submit(np.copyto, out[strip], pixels[strip]) for strip in strips]:
            copying.result()
            check()
    finally:
        hands.shutdown(cancel_futures=True)
    return out


def as_integers(pixels: NDArray[Any]) -> NDArray[Any]:
    """`pixels` for a function that only moves values: half floats, which OpenCV does not know, as their 16 bits."""
    return pixels.view(np.uint16) if pixels.dtype == np.float16 else pixels


def unsupported(name: str, what: str, remedy: str) -> PictureError:
    """Why the file `name`, which is a picture but `what`, cannot become a `Picture`."""
    return PictureError(
        f"{name} is {what}, which is not read.", code="picture_mode_unsupported", remedy=remedy
    )
