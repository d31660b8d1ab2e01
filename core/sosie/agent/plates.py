"""Host pixels to pictures and back: channel order, depth, row order; no value is changed.

A plate is looked at where the host put it, not copied: hosts write a file once and give it to the agent whole, and
`PixelFolder` never shortens one. Only an order that arrays cannot express makes a copy.

The composite comes back exactly as the plate came (depth, channel order, row order, colour space); the
likeness as RGBA, or BGRA where the plate was; the matte as one channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.client.pixels import SAMPLES_PER_PIXEL, PixelFolder, size_of
from sosie.messages import Channels, Depth, Pixels
from sosie.pictures import Picture
from sosie.pictures.picture import as_integers

DTYPES: Final = {"u8": np.uint8, "u16": np.uint16, "f16": np.float16, "f32": np.float32}
DEPTHS: Final = {np.dtype(dtype): depth for depth, dtype in DTYPES.items()}
#: Bytes that are written at a time: so long a cancelled render is not heard.
STRIP = 4 << 20
Check = Callable[[], None]
BY_SAMPLES: Final = {1: "L", 3: "RGB", 4: "RGBA"}


def read_plate(folder: PixelFolder, pixels: Pixels) -> Picture:
    """The plate as a Picture: RGB or RGBA, top-down, not to be written to.

    Raises:
        AgentError: `pixels_invalid`. OptionError: it is no picture of those sides, depth and channels.
    """
    array = read_array(folder, pixels)
    if pixels.channels == "L":
        array = _reordered(array, cv2.COLOR_GRAY2RGB)
    elif pixels.channels == "BGRA":
        array = _reordered(array, cv2.COLOR_BGRA2RGBA)
    return Picture(np.ascontiguousarray(array), pixels.colour)


def read_mask(folder: PixelFolder, pixels: Pixels) -> NDArray[np.float32]:
    """(H, W) float32, 0 to 1, from a mask of any depth; of several channels the first counts."""
    size_of(pixels)
    array = read_array(folder, pixels)[..., 0]
    scale = np.iinfo(array.dtype).max if np.issubdtype(array.dtype, np.integer) else 1.0
    mask: NDArray[np.float32] = np.clip(array.astype(np.float32) / np.float32(scale), 0, 1)
    return mask


def read_array(folder: PixelFolder, pixels: Pixels) -> NDArray[Any]:
    """(H, W, C) in the host's depth and channel order, top-down; a mapping that lives as long as the array."""
    shape = (pixels.height, pixels.width, SAMPLES_PER_PIXEL[pixels.channels])
    array = np.frombuffer(folder.open(pixels), DTYPES[pixels.depth]).reshape(shape)
    return array[::-1] if pixels.bottom_up else array


def write_layer(
    folder: PixelFolder, layer: NDArray[Any], plate: Pixels, check: Check = lambda: None
) -> Pixels:
    """A layer in the client's folder, (H, W) or (H, W, 1, 3 or 4), in the plate's row and channel order.

    Raises:
        SetupError: `storage_full`.
    """
    height, width = layer.shape[:2]
    channels: Channels = "L" if layer.ndim == 2 else cast("Channels", BY_SAMPLES[layer.shape[2]])
    depth = cast("Depth", DEPTHS[layer.dtype])
    pixels = layer_like(folder, replace(plate, width=width, height=height, depth=depth), channels)
    rows = layer.reshape(height, width, -1)
    strips = _strips(rows[::-1] if pixels.bottom_up else rows, pixels.channels, check)
    folder.write(pixels, (np.ascontiguousarray(strip).data.cast("B") for strip in strips))
    return pixels


def layer_like(folder: PixelFolder, plate: Pixels, channels: Channels) -> Pixels:
    """A new name for a layer of the plate's sides, depth, colour space, row and channel order."""
    ordered: Channels = "BGRA" if (plate.channels, channels) == ("BGRA", "RGBA") else channels
    return replace(plate, path=str(folder.new_path()), channels=ordered)


def write_region(
    folder: PixelFolder,
    pixels: Pixels,
    part: NDArray[Any],
    box: tuple[int, int, int, int],
    check: Check = lambda: None,
) -> None:
    """Write `part` of a layer, `box` (x0, y0, x1, y1) of it, (h, w) or (h, w, C), top-down RGB or RGBA, into its file.

    `check` is called before each `STRIP`; what it raises ends the writing.
    """
    x0, y0, x1, y1 = box
    if not part.size:
        return
    part = part.reshape(*part.shape[:2], -1)
    with folder.open(pixels, write=True) as mapped:
        rows = np.frombuffer(mapped, DTYPES[pixels.depth]).reshape(pixels.height, pixels.width, -1)
        target = (rows[::-1] if pixels.bottom_up else rows)[y0:y1, x0:x1]
        top = 0
        try:
            for strip in _strips(part, pixels.channels, check):
                target[top : top + len(strip)] = strip
                top += len(strip)
        finally:
            del rows, target  # a mapping cannot be closed while an array looks at it


def _strips(rows: NDArray[Any], channels: Channels, check: Check) -> Iterator[NDArray[Any]]:
    """`rows` (H, W, C), RGB or RGBA, in order and as `channels` has them; `check` is called before each `STRIP`."""
    step = max(STRIP // rows[0].nbytes, 1)
    for top in range(0, len(rows), step):
        check()
        strip = rows[top : top + step]
        yield _reordered(strip, cv2.COLOR_RGBA2BGRA) if channels == "BGRA" else strip


def _reordered(array: NDArray[Any], how: int) -> NDArray[Any]:
    """Channels in another order, by OpenCV, which takes a seventh of numpy's time for it."""
    return np.asarray(cv2.cvtColor(as_integers(np.ascontiguousarray(array)), how)).view(array.dtype)
