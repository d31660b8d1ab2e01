"""Picture files to and from a session with the agent, as the command line and the demo need them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np

from sosie.client.session import Session
from sosie.messages import Channels, Depth, Pixels
from sosie.pictures import Picture, read_picture, to_linear, write_picture

DEPTHS: dict[str, Depth] = {"uint8": "u8", "uint16": "u16", "float16": "f16", "float32": "f32"}


def put(session: Session, picture: Picture) -> Pixels:
    """A picture in the session's pixel folder."""
    height, width, count = picture.pixels.shape
    channels = cast("Channels", {3: "RGB", 4: "RGBA"}[count])
    return session.pixels.put(
        picture.pixels.tobytes(),
        width=width,
        height=height,
        depth=DEPTHS[picture.pixels.dtype.name],
        channels=channels,
        colour=picture.colour,
    )


def put_mask(session: Session, path: Path) -> Pixels:
    """A mask file as one 8-bit channel in the session's pixel folder."""
    mask = read_picture(path)
    grey = to_linear(mask.pixels, "linear-srgb")[..., :3].mean(axis=-1)
    data = np.round(np.clip(grey, 0, 1) * 255).astype(np.uint8)
    return session.pixels.put(
        data.tobytes(),
        width=data.shape[1],
        height=data.shape[0],
        depth="u8",
        channels="L",
        colour="linear-srgb",
    )


def take(session: Session, pixels: Pixels, like: Picture) -> Picture:
    """A layer out of the session's pixel folder, with the plate's colour profile; the folder keeps it no longer."""
    depth = {short: name for name, short in DEPTHS.items()}[pixels.depth]
    array = np.frombuffer(session.pixels.read(pixels), dtype=depth).reshape(pixels.height, pixels.width, -1)
    session.pixels.release(pixels)
    if pixels.channels == "L":
        array = np.repeat(array, 3, axis=-1)
    return Picture(array, pixels.colour, like.icc if pixels.channels != "L" else None)


def save(session: Session, pixels: Pixels, path: Path, like: Picture) -> None:
    """Write a layer to a file, with the plate's colour profile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(path, take(session, pixels, like))
