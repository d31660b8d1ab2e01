"""Host pixels to pictures and back: channel order, depth, row order; no value is changed.

The composite comes back exactly as the plate came (depth, channel order, row order, colour space); the
likeness as RGBA, or BGRA where the plate was; the matte as one channel.
"""

from __future__ import annotations

import uuid
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from sosie.client.pixels import SAMPLES_PER_PIXEL, PixelFolder, size_of
from sosie.messages import Channels, Depth, Pixels
from sosie.pictures import Picture

DTYPES: Final = {"u8": np.uint8, "u16": np.uint16, "f16": np.float16, "f32": np.float32}
DEPTHS: Final = {np.dtype(dtype): depth for depth, dtype in DTYPES.items()}
SWAPPED = [2, 1, 0, 3]


def read_plate(folder: PixelFolder, pixels: Pixels) -> Picture:
    """The plate as a Picture: RGB or RGBA, top-down. Copied once, so that the host may go on.

    Raises:
        AgentError: `pixels_invalid`. OptionError: it is no picture of those sides, depth and channels.
    """
    array = read_array(folder, pixels)
    if pixels.channels == "L":
        array = np.repeat(array, 3, axis=2)
    elif pixels.channels == "BGRA":
        array = array[..., SWAPPED]
    return Picture(np.ascontiguousarray(array), pixels.colour)


def read_mask(folder: PixelFolder, pixels: Pixels) -> NDArray[np.float32]:
    """(H, W) float32, 0 to 1, from a mask of any depth; of several channels the first counts."""
    size_of(pixels)
    array = read_array(folder, pixels)[..., 0]
    scale = np.iinfo(array.dtype).max if np.issubdtype(array.dtype, np.integer) else 1.0
    mask: NDArray[np.float32] = np.clip(array.astype(np.float32) / np.float32(scale), 0, 1)
    return mask


def read_array(folder: PixelFolder, pixels: Pixels) -> NDArray[Any]:
    """(H, W, C) in the host's depth and channel order, top-down."""
    shape = (pixels.height, pixels.width, SAMPLES_PER_PIXEL[pixels.channels])
    array = np.frombuffer(folder.read(pixels), DTYPES[pixels.depth]).reshape(shape)
    return array[::-1] if pixels.bottom_up else array


def write_layer(folder: PixelFolder, layer: NDArray[Any], plate: Pixels) -> Pixels:
    """A layer in the client's folder, (H, W) or (H, W, 1, 3 or 4), in the plate's row and channel order.

    Raises:
        SetupError: `storage_full`.
    """
    array = layer[..., None] if layer.ndim == 2 else layer
    channels: Channels = cast("Channels", {1: "L", 3: "RGB", 4: "RGBA"}[array.shape[2]])
    if plate.channels == "BGRA" and channels == "RGBA":
        array, channels = array[..., SWAPPED], "BGRA"
    if plate.bottom_up:
        array = array[::-1]
    pixels = Pixels(
        path=str(folder.folder / f"{uuid.uuid4().hex}.px"),
        width=array.shape[1],
        height=array.shape[0],
        depth=cast("Depth", DEPTHS[array.dtype]),
        channels=channels,
        colour=plate.colour,
        bottom_up=plate.bottom_up,
    )
    with folder.create(pixels) as mapped:
        target = np.frombuffer(mapped, array.dtype).reshape(array.shape)
        np.copyto(target, array)
        del target  # a mapping cannot be closed while an array looks at it
    return pixels
