"""Writing a picture file: whole or not at all."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from PIL import Image

from sosie.errors import OptionError, PictureError, SetupError
from sosie.pictures.colour import from_linear, to_linear
from sosie.pictures.exr import encode_exr
from sosie.pictures.picture import Picture
from sosie.pictures.tiff import encode_tiff
from sosie.storage import write_file

#: Length, name, 13 bytes and checksum of IHDR behind the signature: where further chunks may begin.
PNG_CHUNKS = 33


def write_picture(path: Path | str, picture: Picture, *, quality: int = 95) -> None:
    """Writes `picture` in the format of the suffix: .png (8, 16 bit), .tif (any depth), .exr (floats), .webp, .jpg (8 bit).

    In files integers are sRGB and floats are linear light, as `read_picture` takes them: a picture that is otherwise
    is converted. Half floats are written as 32 bits, but in .exr. The ICC profile goes with it. `quality` counts for .jpg and .webp; .webp is lossless at 100.

    Raises:
        OptionError: the suffix is unknown, or the format cannot hold this depth or alpha.
        SetupError: storage_full, storage_unwritable.
    """
    path = Path(path)
    encode = ENCODERS.get(path.suffix.lower())
    if encode is None:
        raise OptionError(
            f"Pictures are not written as “{path.suffix or path.name}”.",
            remedy="Use .png, .tif, .exr, .webp or .jpg.",
        )
    # OpenEXR tells 16 from 32 bit floats, which the others do not
    data = encode(picture if encode is _exr else _as_stored(picture), quality)
    try:
        write_file(path, data)
    except OSError as error:
        raise SetupError(
            f"{path} cannot be written: {error.strerror or error}.",
            code="storage_unwritable",
            remedy=f"Check the folder {path.parent} and its permissions.",
        ) from error


def _exr(picture: Picture, _quality: int) -> bytes:
    return encode_exr(picture)


def _as_stored(picture: Picture) -> Picture:
    floating = np.issubdtype(picture.pixels.dtype, np.floating)
    if floating:
        return replace(picture, pixels=to_linear(picture.pixels, picture.colour), colour="linear-srgb")
    if picture.colour == "srgb":
        return picture
    linear = to_linear(picture.pixels, picture.colour)
    return replace(picture, pixels=from_linear(linear, picture.pixels.dtype, "srgb"), colour="srgb")


def _png(picture: Picture, _quality: int) -> bytes:
    """By OpenCV, which packs a little less tightly than Pillow in a seventh of its time, and takes 16 bits."""
    if picture.pixels.dtype not in (np.uint8, np.uint16):
        raise _cannot("PNG holds no floating point pixels", "Write .tif, or convert to 16 bit first.")
    swap = cv2.COLOR_RGB2BGR if picture.pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    done, data = cv2.imencode(".png", cv2.cvtColor(picture.pixels, swap))
    if not done:
        raise PictureError(f"{picture.width} x {picture.height} pixels could not be written as PNG.")
    return _with_profile(data.tobytes(), picture.icc)


def _with_profile(png: bytes, icc: bytes | None) -> bytes:
    """An iCCP chunk right behind IHDR (PNG specification, 11.3.3.3); OpenCV writes none."""
    if icc is None:
        return png
    body = b"iCCP" + b"icc\0\0" + zlib.compress(icc)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:PNG_CHUNKS] + chunk + png[PNG_CHUNKS:]


def _jpeg(picture: Picture, quality: int) -> bytes:
    _require_eight_bits(picture, "JPEG")
    if picture.pixels.shape[2] == 4:
        raise _cannot("JPEG has no alpha channel", "Write .png, .tif or .webp, or flatten the picture.")
    return _pillow(picture, "JPEG", quality=quality, subsampling=0)


def _webp(picture: Picture, quality: int) -> bytes:
    _require_eight_bits(picture, "WebP")
    return _pillow(picture, "WEBP", quality=quality, lossless=quality >= 100, exact=True)


def _tiff(picture: Picture, _quality: int) -> bytes:
    return encode_tiff(picture)


def _pillow(picture: Picture, kind: str, **options: int | bool) -> bytes:
    target = io.BytesIO()
    profile = {} if picture.icc is None else {"icc_profile": picture.icc}
    Image.fromarray(picture.pixels).save(target, kind, **profile, **options)
    return target.getvalue()


def _require_eight_bits(picture: Picture, kind: str) -> None:
    if picture.pixels.dtype != np.uint8:
        raise _cannot(
            f"{kind} holds 8 bits, the pixels are {picture.pixels.dtype}", "Write .tif or .png instead."
        )


def _cannot(why: str, remedy: str) -> OptionError:
    return OptionError(f"{why}.", remedy=remedy)


ENCODERS: Mapping[str, Callable[[Picture, int], bytes]] = MappingProxyType(
    {".png": _png, ".jpg": _jpeg, ".jpeg": _jpeg, ".webp": _webp, ".tif": _tiff, ".tiff": _tiff, ".exr": _exr}
)
