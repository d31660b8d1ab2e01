"""OpenEXR, what 3D programs write: linear light, 16 or 32 bit floats, one picture or many layers, in any codec.

Of a file with layers the picture is the one without a name, else the compositor's, else the first; only it is kept.
OpenEXR holds colour multiplied by alpha, a `Picture` does not; where alpha is 0, what glows stays as it is.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from sosie.pictures.colour import to_linear
from sosie.pictures.picture import Picture, unsupported

#: x and y of red, green, blue and white of Rec. 709; a file that names other primaries holds another colour space.
REC_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
ROUGHLY = 0.005
FLOATS = ("float16", "float32")


@dataclass(frozen=True)
class ExrHeader:
    """Size, and how much memory all layers together take, in bytes at most."""

    width: int
    height: int
    memory: int


def read_exr_header(path: Path) -> ExrHeader:
    """No pixel is decoded.

    Raises:
        PictureError: picture_mode_unsupported.
        Exception: whatever the library raises at a broken file.
    """
    with OpenEXR.File(str(path), header_only=True) as file:
        headers = [dict(part.header) for part in file.parts]  # closing empties them
    low, high = headers[0]["dataWindow"]
    shown_low, shown_high = headers[0]["displayWindow"]
    if (low != shown_low).any() or (high != shown_high).any():
        raise unsupported(path.name, "a part of a larger frame", "Render it without a border or overscan.")
    primaries = np.asarray(headers[0].get("chromaticities", REC_709), np.float64)
    if np.abs(primaries - REC_709).max() > ROUGHLY:
        raise unsupported(path.name, "in other primaries than Rec. 709", "Save it as linear Rec. 709 (sRGB).")
    width, height = (int(value) + 1 for value in high - low)
    return ExrHeader(width, height, 4 * width * height * sum(len(header["channels"]) for header in headers))


def decode_exr(path: Path) -> Picture:
    """The picture, linear light.

    Raises:
        PictureError: picture_mode_unsupported: there is no red, green and blue in floats.
        Exception: whatever the library raises at a broken file.
    """
    with OpenEXR.File(str(path), separate_channels=True) as file:
        if not file.parts:  # the library has only warned of it
            raise ValueError("its pixels cannot be decoded")
        channels = {name: one.pixels for part in reversed(file.parts) for name, one in part.channels.items()}
    layer = _layer(path, channels)
    planes = [channels[layer + name] for name in "RGBA" if layer + name in channels]
    if any(plane is None or plane.dtype.name not in FLOATS for plane in planes):
        raise unsupported(path.name, "in integers or deep samples", "Save it in 16 or 32 bit floats.")
    pixels = np.stack(planes, -1)
    return Picture(_divided(pixels) if len(planes) == 4 else pixels, "linear-srgb")


def encode_exr(picture: Picture) -> bytes:
    """The bytes of a ZIP-compressed OpenEXR file; 32 bit floats stay, all else becomes 16 bit floats of linear light."""
    deep = picture.pixels.dtype == np.float32
    pixels = to_linear(picture.pixels, picture.colour)
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:]
        pixels = np.concatenate([pixels[..., :3] * np.where(alpha == 0, 1, alpha), alpha], -1)
    pixels = np.ascontiguousarray(pixels, np.float32 if deep else np.float16)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with tempfile.TemporaryDirectory() as folder:  # the library writes to paths alone
        target = Path(folder) / "picture.exr"
        with OpenEXR.File(header, {"RGBA"[: pixels.shape[2]]: pixels}) as file:
            file.write(str(target))
        return target.read_bytes()


def _layer(path: Path, channels: dict[str, Any]) -> str:
    """What the names of the picture's channels begin with."""
    layers = [name[:-1] for name in channels if name.endswith(("R", "r"))]
    whole = [one for one in dict.fromkeys(layers) if {one + "R", one + "G", one + "B"} <= channels.keys()]
    if not whole:
        raise unsupported(
            path.name, "without red, green and blue", "Write its combined picture, as RGB or RGBA."
        )
    return min(whole, key=lambda one: (one != "", not one.startswith("Composite."), whole.index(one)))


def _divided(pixels: NDArray[Any]) -> NDArray[Any]:
    """(H, W, 4) with straight alpha."""
    alpha = pixels[..., 3:].astype(np.float32)
    pixels[..., :3] = pixels[..., :3] / np.where(alpha == 0, 1, alpha)
    return pixels
