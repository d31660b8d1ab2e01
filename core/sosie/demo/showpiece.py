"""The one picture to show: the plate, the licensed person on it, and how she looks in truth."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sosie.demo.cast import Cast
from sosie.pictures import Picture, from_linear, read_picture, to_linear

PAPER, INK, QUIET = (250, 249, 247), (28, 28, 30), (120, 118, 114)
LARGE, SMALL, GAP, MARGIN, CAPTION = 640, 304, 16, 32, 56


def before_after(plate: Picture, composite: Picture, cast: Cast) -> Picture:
    """Plate and composite side by side, with a capture photograph and the ground truth beside them."""
    capture = read_picture(cast.captures / "frontal.jpg")
    width = 2 * MARGIN + 2 * LARGE + SMALL + 2 * GAP
    sheet = Image.new("RGB", (width, MARGIN + LARGE + CAPTION), PAPER)
    draw = ImageDraw.Draw(sheet)
    x = MARGIN
    for picture, title, note in (
        (plate, "The plate", "photographed with a stand-in"),
        (composite, "The licensed person", "same pose, light and hair; her face and skin"),
    ):
        _place(sheet, draw, picture, (x, MARGIN), LARGE, title, note)
        x += LARGE + GAP
    for picture, title, note, y in (
        (capture, "Her capture", "one of nine photographs", MARGIN),
        (read_picture(cast.truth), "The truth", "the scene with her in it", MARGIN + LARGE - SMALL),
    ):
        _place(sheet, draw, picture, (x, y), SMALL, title, note)
    return Picture(np.asarray(sheet), "srgb")


def _place(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    picture: Picture,
    at: tuple[int, int],
    side: int,
    title: str,
    note: str,
) -> None:
    linear = to_linear(picture.pixels, picture.colour)[..., :3]
    image = Image.fromarray(from_linear(linear, np.dtype(np.uint8), "srgb"))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    sheet.paste(image, at)
    below = at[1] + side + (8 if side == SMALL else 12)
    large, small = ImageFont.load_default(20), ImageFont.load_default(15)
    if side == SMALL:
        large, small = ImageFont.load_default(15), ImageFont.load_default(12)
    draw.text((at[0], below), title, INK, font=large)
    offset = draw.textlength(title, font=large) + 10
    draw.text((at[0] + offset, below + 1), note, QUIET, font=small, anchor="la")
