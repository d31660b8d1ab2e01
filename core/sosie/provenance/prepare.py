"""From the picture an agent hands in to the file that is signed: label drawn, XMP written, depth and colour kept.

Rules:
- 8 and 16 bit stay 8 and 16 bit; the ICC profile and EXIF stay; a rotated JPEG is turned upright first.
- A JPEG keeps its own quantisation tables: outside the label it is decoded and encoded once, at equal quality.
- Older XMP is replaced: it described another picture.
- CMYK, and TIFF with more than 8 bits, are refused: they could not be written back unharmed.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, TiffImagePlugin

from sosie.errors import PictureError
from sosie.provenance import label
from sosie.provenance.c2pa import DeliveryClaim, mime_of
from sosie.provenance.metadata import xmp

_XMP_TAG, _BITS_TAG = 700, 258  # TIFF's
_KEPT_CHUNKS = (b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"pHYs", b"eXIf")


def prepare(data: bytes, mime: str, *, claim: DeliveryClaim) -> bytes:
    """The file with the visible label of `claim.disclosure` and XMP, ready for `c2pa.sign`.

    Raises:
        PictureError: not a whole picture of type `mime`, or one that could not be written back unharmed.
        InputError: `picture_too_small` for the label.
    """
    if mime_of(data) != mime:
        raise PictureError(f"The file is not {mime}.", remedy="Deliver it under its own media type.")
    words = label.WORDS[claim.disclosure]
    try:
        if mime == "image/png" and data[24:25] == b"\x10":
            return _sixteen_bit_png(data, words, xmp(claim))
        return _eight_bit(data, mime, words, xmp(claim))
    except (OSError, SyntaxError, ValueError, struct.error, cv2.error) as error:
        raise PictureError(
            f"The picture cannot be read to its end: {error}.",
            remedy="Render it again and deliver the new file.",
        ) from error


def _eight_bit(data: bytes, mime: str, words: str, packet: bytes) -> bytes:
    picture: Image.Image = Image.open(io.BytesIO(data))
    picture.load()
    # Pillow opens some deep TIFFs as 8 bits without a word: ask the file.
    deep = max(getattr(picture, "tag_v2", {}).get(_BITS_TAG, (8,))) > 8
    if deep or picture.mode in ("CMYK", "YCCK", "LAB") or picture.mode.startswith(("I", "F")):
        raise PictureError(
            f"A delivered {mime} has 8 bits and RGB; this one is {picture.mode}{' with more bits' * deep}.",
            remedy="Convert the picture to RGB; for more depth deliver a 16-bit PNG.",
            code="picture_mode_unsupported",
        )
    options: dict[str, Any] = {"icc_profile": picture.info.get("icc_profile")}
    tables = getattr(picture, "quantization", None)
    sampling = "keep" if tables else None
    upright = ImageOps.exif_transpose(picture)
    exif = upright.getexif()
    if picture.mode not in ("RGB", "RGBA", "L"):
        upright = upright.convert("RGBA" if "A" in picture.mode or "transparency" in picture.info else "RGB")
    if words:
        channels = np.asarray(upright)
        pixels, _ = label.draw(channels.reshape(*channels.shape[:2], -1), words)
        upright = Image.fromarray(pixels.squeeze(-1) if pixels.shape[2] == 1 else pixels)
    if exif:
        options["exif"] = exif
    match mime:
        case "image/jpeg":
            if sampling:
                options |= {"qtables": tables, "subsampling": _subsampling(picture)}
            # Not `optimize`: Pillow then guesses one buffer for the whole file, too small for a noisy picture.
            options |= {"xmp": packet}
        case "image/png":
            info = PngImagePlugin.PngInfo()
            info.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=False)
            options |= {"pnginfo": info, "compress_level": 3}  # level 6 takes 6 s for 24 MP
        case "image/webp":
            options |= {"xmp": packet, "quality": 95, "lossless": _lossless_webp(data)}
        case _:
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[_XMP_TAG] = packet
            options |= {"tiffinfo": tags, "compression": "tiff_adobe_deflate"}
            options.pop("exif", None)  # Pillow writes one directory: ours
    target = io.BytesIO()
    upright.save(target, mime.removeprefix("image/"), **options)
    return target.getvalue()


def _subsampling(picture: Image.Image) -> int:
    """Chroma subsampling of a JPEG as Pillow's writer counts it; 4:2:0 where its reader cannot tell."""
    from PIL import JpegImagePlugin

    found = JpegImagePlugin.get_sampling(picture)
    return found if found >= 0 else 2


def _lossless_webp(data: bytes) -> bool:
    return b"VP8L" in data[:64]


def _sixteen_bit_png(data: bytes, words: str, packet: bytes) -> bytes:
    """Pillow would halve the depth: OpenCV decodes and encodes, and the colour chunks are carried over."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise PictureError(
            "The 16-bit PNG cannot be read.", remedy="Render it again and deliver the new file."
        )
    layers = np.asarray(pixels, np.uint16).reshape(*pixels.shape[:2], -1)
    if words:
        layers, _ = label.draw(layers, words)  # black and white: the order of channels does not matter
    done, encoded = cv2.imencode(".png", layers)
    if not done:
        raise PictureError("The 16-bit PNG cannot be written.", remedy="Deliver an 8-bit PNG.")
    fresh = encoded.tobytes()
    kept = b"".join(_chunk(kind, body) for kind, body in _chunks(data) if kind in _KEPT_CHUNKS)
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + packet
    head = 8 + 25  # signature and IHDR
    return fresh[:head] + kept + _chunk(b"iTXt", text) + fresh[head:]


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
