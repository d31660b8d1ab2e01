"""Reading a picture file: look at the header, check the size, only then decode.

Pillow decodes 8 bits (EXIF, ICC, palettes); OpenCV 16 bits and floats, which Pillow would cut down; OpenEXR its own files.
EXIF orientation is applied, so that up is up; the first page or frame of several is read.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from sosie.errors import PictureError
from sosie.messages import ColourSpace
from sosie.pictures.exr import decode_exr, read_exr_header
from sosie.pictures.headers import EXR_MAGIC, Header, foreign, kind_of, read_header
from sosie.pictures.picture import Picture, unsupported

MAX_PIXELS = 200_000_000
#: No honest file is larger than its pixels in 4 x 32 bits and some metadata.
BYTES_PER_PIXEL, METADATA_BYTES = 16, 1 << 26
#: TIFF photometric kinds that are grey, RGB, palette or YCbCr; the others (CMYK, Lab, ...) are refused.
PHOTOMETRIC = (0, 1, 2, 3, 6)
ORIENTATION = 0x0112
#: Bits and whether they are floats, of what OpenCV reads exactly.
DEEP = ((16, False), (32, True))
#: Read by Pillow's format classes, not `Image.open`: the size is checked here, against our own limit.
FORMATS: dict[str, type[ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpeg": JpegImagePlugin.JpegImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
}


def read_picture(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in a PNG, JPEG, TIFF, WebP or OpenEXR file; see `Picture` for its form.

    Integers are taken for sRGB, floats for linear light. Grey and palette pictures become RGB. The suffix does not
    matter.

    Raises:
        PictureError: picture_unreadable (no picture, truncated, broken, not-a-number pixels), picture_too_large
            (refused from the header), picture_mode_unsupported (CMYK, Lab, more than four channels).
    """
    path = Path(path)
    data = _bytes(path, max_pixels)
    try:
        if data.startswith(EXR_MAGIC):
            return _exr(path, max_pixels)
        header = _header(path, data)
        _check_size(path, header.width, header.height, max_pixels)
        return _decode(path, data, header)
    except PictureError:
        raise
    except Exception as error:
        raise _unreadable(path, str(error)) from error


def _bytes(path: Path, max_pixels: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > max_pixels * BYTES_PER_PIXEL + METADATA_BYTES:
            raise PictureError(
                f"{path.name} has {size / 1e9:.1f} GB.",
                code="picture_too_large",
                remedy="Use a smaller picture, or a crop of this one.",
            )
        return path.read_bytes()
    except OSError as error:
        raise PictureError(
            f"{path} cannot be opened: {error.strerror or error}.",
            remedy="Check the path and its permissions.",
        ) from error


def _check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise PictureError(
            f"{path.name} is {width} x {height} pixels, more than the {max_pixels / 1e6:.0f} megapixels "
            "this machine is set to take.",
            code="picture_too_large",
            remedy="Use a smaller picture, or a crop of this one.",
        )


def _exr(path: Path, max_pixels: int) -> Picture:
    """OpenEXR, whose layers are all decoded at once."""
    header = read_exr_header(path)
    _check_size(path, header.width, header.height, max_pixels)
    if header.memory > max_pixels * BYTES_PER_PIXEL:
        raise PictureError(
            f"The layers of {path.name} take {header.memory / 1e9:.1f} GB.",
            code="picture_too_large",
            remedy="Write the picture without its other layers.",
        )
    picture = decode_exr(path)
    _check_numbers(path, picture.pixels)
    return picture


def _header(path: Path, data: bytes) -> Header:
    kind = kind_of(data[:16])
    if kind is None:
        what = "empty" if not data else foreign(data[:16])
        raise PictureError(f"{path.name} is {what}.", remedy="Save it as PNG, JPEG, TIFF, WebP or OpenEXR.")
    try:
        header = read_header(kind, data)
    except Exception as error:
        raise _unreadable(path, str(error)) from error
    if header.width < 1 or header.height < 1:
        raise _unreadable(path, f"its header says {header.width} x {header.height} pixels")
    return header


def _decode(path: Path, data: bytes, header: Header) -> Picture:
    if header.photometric not in PHOTOMETRIC:
        raise _unsupported(
            path, {5: "CMYK", 8: "Lab", 9: "Lab"}.get(header.photometric, "of a special colour mode")
        )
    if header.bits > 8:
        return _deep(path, data, header)
    return _eight_bits(path, data, header)


def _eight_bits(path: Path, data: bytes, header: Header) -> Picture:
    with FORMATS[header.kind](io.BytesIO(data)) as picture:
        picture.load()
        if picture.mode in ("CMYK", "LAB", "YCCK"):
            raise _unsupported(path, picture.mode)
        alpha = picture.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in picture.info
        pixels = np.asarray(picture.convert("RGBA" if alpha else "RGB"))
        if header.kind != "tiff":  # Pillow turns TIFF itself
            pixels = _upright(pixels, int(picture.getexif().get(ORIENTATION, 1)))
        return Picture(np.ascontiguousarray(pixels), icc=picture.info.get("icc_profile"))


def _deep(path: Path, data: bytes, header: Header) -> Picture:
    """16-bit PNG, and TIFF with 16 or 32 bits; OpenCV turns TIFF itself."""
    if (header.bits, header.floating) not in DEEP:
        raise _unsupported(path, f"in {header.bits} bit {'floats' if header.floating else 'integers'}")
    icc, orientation = header.icc, 1
    if header.kind == "png":
        _check_chunks(data)
        with FORMATS["png"](io.BytesIO(data)) as picture:
            icc, orientation = picture.info.get("icc_profile"), int(picture.getexif().get(ORIENTATION, 1))
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise _unreadable(path, f"its {header.bits} bit pixels cannot be decoded")
    pixels = _rgb(path, np.asarray(pixels))
    if header.floating:
        _check_numbers(path, pixels)
    colour: ColourSpace = "linear-srgb" if header.floating else "srgb"
    return Picture(np.ascontiguousarray(_upright(pixels, orientation)), colour, icc)


def _check_numbers(path: Path, pixels: NDArray[Any]) -> None:
    if not np.isfinite(pixels).all():
        count = int((~np.isfinite(pixels).all(axis=2)).sum())
        raise PictureError(
            f"{path.name} has {count} pixels that are not numbers (NaN or infinite).",
            remedy="Repaint or clamp those pixels in the program that made them, and save again.",
        )


def _check_chunks(data: bytes) -> None:
    """Every chunk's checksum: OpenCV fills what a truncated file lacks with black and says nothing."""
    with PngImagePlugin.PngImageFile(io.BytesIO(data)) as picture:
        picture.verify()


def _rgb(path: Path, pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[2] == 3:
        return pixels[..., ::-1]
    if pixels.shape[2] == 4:
        return pixels[..., [2, 1, 0, 3]]
    raise _unsupported(path, f"of {pixels.shape[2]} channels")


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """EXIF 2.3, tag 0x0112: 2 to 4 mirror and turn, 5 to 8 swap the axes too."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _unreadable(path: Path, why: str) -> PictureError:
    return PictureError(
        f"{path.name} is damaged or incomplete: {why.rstrip('.')}.",
        remedy="Export or copy it again from where it came.",
    )


def _unsupported(path: Path, what: str) -> PictureError:
    return unsupported(
        path.name,
        what,
        "Convert it to RGB (8 or 16 bit) in the program that made it, with its own profile.",
    )
