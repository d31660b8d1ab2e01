"""ComfyUI's pictures, masks and boxes as the agent takes them, and layers back. Needs numpy and Pillow only.

IMAGE is (B, H, W, C) float, 0 to 1, sRGB-encoded; MASK is (B, H, W) or (H, W), of any size. Both may be half
floats and may live on another device. They travel as 32-bit floats: nothing is rounded.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ._sosie.client import PixelFolder
from ._sosie.messages import Channels, Pixels

Array = NDArray[np.float32]
#: ComfyUI's Load Image gives a mask of this size, all zeros, for a picture without alpha.
PLACEHOLDER = (64, 64)
#: The longest side of a picture shown in a node.
PREVIEW_SIDE = 1024


def frames_of(image: Any) -> Array:
    """A torch IMAGE as (B, H, W, 3 or 4) float32 in main memory; grey becomes RGB."""
    array: Array = image.detach().cpu().float().numpy()
    if array.ndim == 3:
        array = array[None]
    return np.repeat(array, 3, axis=3) if array.shape[3] == 1 else array[..., :4]


def mask_of(mask: Any, frame: int, width: int, height: int) -> Array | None:
    """The mask of one frame as (H, W) of the plate's size; the last one counts on; None for the placeholder."""
    array: Array = mask.detach().cpu().float().numpy()
    array = array.reshape(-1, *array.shape[-2:])
    chosen = array[min(frame, len(array) - 1)]
    if chosen.shape == PLACEHOLDER != (height, width) and not chosen.any():
        return None
    if chosen.shape != (height, width):
        sized = Image.fromarray(np.ascontiguousarray(chosen)).resize(
            (width, height), Image.Resampling.BILINEAR
        )
        chosen = np.asarray(sized)
    return np.clip(chosen, 0, 1)


def boxes_of(value: Any, frame: int) -> list[tuple[float, float, float, float]]:
    """The boxes of one frame, x0, y0, x1, y1, from a BOUNDING_BOX as ComfyUI's own nodes make it.

    One box stands for every frame. A list holds an entry for each frame, a box or a list of boxes; the last
    one counts on.
    """
    if isinstance(value, dict):
        found: list[Any] = [value]
    elif not value:
        found = []
    else:
        entry = value[min(frame, len(value) - 1)]
        found = [entry] if isinstance(entry, dict) else list(entry)
    return [
        (
            float(box["x"]),
            float(box["y"]),
            float(box["x"] + box["width"]),
            float(box["y"] + box["height"]),
        )
        for box in found
    ]


def send(folder: PixelFolder, array: Array, channels: Channels | None = None) -> Pixels:
    """One frame (H, W, 3 or 4) or mask (H, W) in the session's folder, as it is."""
    depth = {3: "RGB", 4: "RGBA"}.get(array.shape[-1]) if array.ndim == 3 else "L"
    return folder.put(
        np.ascontiguousarray(array, np.float32).data,
        width=array.shape[1],
        height=array.shape[0],
        depth="f32",
        channels=channels or cast("Channels", depth),
    )


def send_final(folder: PixelFolder, array: Array, *, deep: bool) -> Pixels:
    """One frame (H, W, 3 or 4) rounded to 16 bits (`deep`) or 8, as delivered files hold it; alpha is dropped."""
    most = 65535 if deep else 255
    rounded = np.round(np.clip(array[..., :3], 0, 1) * most).astype(np.uint16 if deep else np.uint8)
    return folder.put(
        rounded.data,
        width=array.shape[1],
        height=array.shape[0],
        depth="u16" if deep else "u8",
        channels="RGB",
    )


def receive(folder: PixelFolder, pixels: Pixels, into: Array) -> None:
    """Copy a float layer into `into`, of its shape, and remove it from the session's folder."""
    with folder.open(pixels) as mapped:
        layer = np.frombuffer(mapped, np.float32)
        np.copyto(into, layer.reshape(into.shape))
        del layer  # a mapping cannot be closed while an array looks at it
    folder.release(pixels)


def small(array: Array) -> Image.Image:
    """A frame (H, W, 3 or 4) as an 8-bit picture no longer than a preview's side."""
    step = max(1, max(array.shape[:2]) // (2 * PREVIEW_SIDE))
    rounded = np.round(np.clip(array[::step, ::step], 0, 1) * 255).astype(np.uint8)
    picture = Image.fromarray(rounded)
    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return picture


def picture_of(folder: PixelFolder, pixels: Pixels) -> Image.Image:
    """A picture from the agent, of any depth, as an 8-bit one to look at."""
    kinds = {"u8": np.uint8, "u16": np.uint16, "f16": np.float16, "f32": np.float32}
    array = np.frombuffer(folder.read(pixels), kinds[pixels.depth])
    scale = np.iinfo(array.dtype).max if np.issubdtype(array.dtype, np.integer) else 1
    shaped = array.reshape(pixels.height, pixels.width, -1).astype(np.float32) / scale
    if pixels.channels == "BGRA":
        shaped = shaped[..., [2, 1, 0, 3]]
    return small(shaped[..., 0] if pixels.channels == "L" else shaped)
