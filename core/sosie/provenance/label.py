"""The visible label: "AI MODIFIED", drawn by the registry into the pixels of each delivered picture.

Rules, after the EU's Code of Practice on marking AI content (June 2026; AI Act, Art. 50): the capitals "AI" and what
was done; in a corner; letters at least 3 % of the picture's short side high; readable on any picture. White on
a black plate of 85 % with a white rim gives a contrast of 15:1 over white and more over everything darker (WCAG 2.2
asks for 4.5:1); the rim keeps the plate visible on black.

Colours are computed in the picture's own values (8 or 16 bit, or float 0 to 1): a label is ink, not light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sosie.errors import InputError

#: Licence's disclosure -> words. Editorial waivers keep the machine-readable marks and lose only this one.
WORDS = {
    "eu_icon_modified": "AI MODIFIED",
    "eu_icon_generated": "AI GENERATED",
    "text": "DIGITAL LIKENESS, MADE WITH AI",
    "waived_editorial": "",
}
#: Letters' height over the picture's short side.
LETTERS = 0.03
#: Below this many pixels nobody reads a letter.
LEAST = 7
_PLATE = 0.85
_WHITE = {"uint8": 255.0, "uint16": 65_535.0}

P = TypeVar("P", np.uint8, np.uint16, np.float16, np.float32)


@dataclass(frozen=True)
class Placed:
    """Where the label went: the region of changed pixels, and the height of its letters."""

    x0: int
    y0: int
    x1: int
    y1: int
    letters: int


def draw(pixels: NDArray[P], words: str) -> tuple[NDArray[P], Placed]:
    """A copy of the picture with the label in its lower right corner; alpha becomes opaque under it.

    Args:
        pixels: (H, W, 1 | 3 | 4), top-down; uint8, uint16, or float with 1.0 as white.
        words: what the label says, in capitals.

    Raises:
        InputError: `picture_too_small`; the label cannot be read on so few pixels.
    """
    ink, plate, letters = _stamp(words, *pixels.shape[1::-1])
    height, width = plate.shape
    margin = max(1, letters // 2)
    bottom, right = pixels.shape[0] - margin, pixels.shape[1] - margin
    top, left = bottom - height, right - width
    white = _WHITE.get(pixels.dtype.name, 1.0)
    labelled = pixels.copy()
    region = labelled[top:bottom, left:right].astype(np.float32)
    cover = plate[..., None]
    target = np.repeat(ink[..., None] * white, pixels.shape[2], axis=2)
    if pixels.shape[2] == 4:
        target[..., 3] = white
    mixed = region + cover * (target - region)
    if pixels.dtype.name in _WHITE:
        mixed = np.rint(np.clip(mixed, 0, white))
    labelled[top:bottom, left:right] = mixed.astype(pixels.dtype)
    return labelled, Placed(left, top, right, bottom, letters)


def _stamp(words: str, width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """Ink (0 black, 1 white) and cover (0 to 1) of the label for a picture of this size, and its letters' height."""
    short = min(width, height)
    want = max(LEAST, int(np.ceil(short * LETTERS)))
    ink, plate = _draw_stamp(words, want)
    room = width - 2 * max(1, want // 2)
    if plate.shape[1] > room:  # a narrow picture: the widest label that fits
        want = int(want * room / plate.shape[1])
        ink, plate = _draw_stamp(words, max(want, 1))
    if want < LEAST or plate.shape[0] + want > height or plate.shape[1] + want > width:
        raise InputError(
            f"The label {words!r} cannot be read on a picture of {width} x {height} pixels.",
            remedy="Deliver a larger picture, or agree on another disclosure in the licence.",
            code="picture_too_small",
        )
    return ink, plate, want


def _draw_stamp(words: str, letters: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The label with capitals `letters` pixels high, or a little more."""
    capital = ImageFont.load_default(size=100.0).getbbox("I", anchor="ls")
    font = ImageFont.load_default(size=float(np.ceil(letters * 100.0 / -capital[1])))
    stroke = max(0, round(letters / 24))  # the font is a light one: a bolder letter survives more compression
    left, _, right, _ = font.getbbox(words, anchor="ls", stroke_width=stroke)
    pad, rim = max(2, round(letters * 0.55)), max(1, round(letters / 16))
    width, height = int(right - left) + 2 * pad, letters + 2 * pad
    canvas = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(canvas)
    radius = max(1, letters // 3)
    pen.rounded_rectangle((rim, rim, width - 1 - rim, height - 1 - rim), radius, fill=0)
    pen.text((pad - left, height - pad), words, fill=255, font=font, anchor="ls", stroke_width=stroke)
    outline = Image.new("L", (width, height), 0)
    ImageDraw.Draw(outline).rounded_rectangle((0, 0, width - 1, height - 1), radius + rim, fill=255)
    ink = np.asarray(canvas, np.float32) / np.float32(255)
    # The plate lets a little of the picture through, ink does not.
    cover = np.asarray(outline, np.float32) / np.float32(255) * (_PLATE + (1 - _PLATE) * ink)
    return ink, cover.astype(np.float32)
