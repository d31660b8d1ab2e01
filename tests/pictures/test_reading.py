"""Pictures as people have them, and as they break."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin
from tests.pictures.refusing import refuse

from sosie.errors import PictureError
from sosie.pictures import read_picture

Pixels = NDArray[Any]


@pytest.fixture
def rgb() -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (37, 53, 3), np.uint8)


def save(path: Path, array: Pixels, kind: str, mode: str | None = None, **options: Any) -> Path:
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path, kind, **options)
    return path


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_eight_bits_come_back_exactly(tmp_path: Path, rgb: Pixels, kind: str) -> None:
    picture = read_picture(save(tmp_path / "a", rgb, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert picture.pixels.dtype == np.uint8
    assert np.array_equal(picture.pixels, rgb)
    assert picture.colour == "srgb"


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_are_kept(tmp_path: Path, suffix: str, channels: int) -> None:
    values = np.random.default_rng(2).integers(0, 65536, (21, 17, channels), np.uint16)
    (tmp_path / f"a{suffix}").write_bytes(cv2.imencode(suffix, values)[1].tobytes())
    pixels = read_picture(tmp_path / f"a{suffix}").pixels
    assert pixels.dtype == np.uint16
    order = {1: [0, 0, 0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    assert np.array_equal(pixels, values[..., order])


@pytest.mark.parametrize(("mode", "channels"), [("L", 3), ("1", 3), ("P", 3), ("LA", 4), ("RGBA", 4)])
def test_grey_palette_and_alpha_become_rgb(tmp_path: Path, rgb: Pixels, mode: str, channels: int) -> None:
    pixels = read_picture(save(tmp_path / "a.png", rgb, "PNG", mode)).pixels
    assert pixels.shape == (37, 53, channels)
    expected = Image.fromarray(rgb).convert(mode).convert("RGB")
    assert np.array_equal(pixels[..., :3], np.asarray(expected))


def test_straight_alpha_in_tiff_is_not_multiplied(tmp_path: Path, rgb: Pixels) -> None:
    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 7, np.uint8)])
    assert np.array_equal(read_picture(save(tmp_path / "a.tif", alpha, "TIFF")).pixels, alpha)


def test_a_wrong_suffix_does_not_matter(tmp_path: Path, rgb: Pixels) -> None:
    assert np.array_equal(read_picture(save(tmp_path / "a.jpg", rgb, "PNG")).pixels, rgb)


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "CMYK"), ("TIFF", "CMYK"), ("TIFF", "LAB")])
def test_cmyk_and_lab_are_refused_with_the_way_out(tmp_path: Path, rgb: Pixels, kind: str, mode: str) -> None:
    picture = (
        Image.fromarray(rgb).convert("CMYK")
        if mode == "CMYK"
        else Image.merge("LAB", [Image.new("L", (9, 9))] * 3)
    )
    picture.save(tmp_path / "a", kind)
    assert "RGB" in refuse(tmp_path / "a", "picture_mode_unsupported").remedy


UPRIGHT = {2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE} | {
    6: Image.ROTATE_270,
    7: Image.TRANSVERSE,
    8: Image.ROTATE_90,
}


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "TIFF16", "PNG16"])
def test_exif_orientation_is_applied(tmp_path: Path, rgb: Pixels, orientation: int, kind: str) -> None:
    expected = np.asarray(Image.fromarray(rgb).transpose(UPRIGHT[orientation]))
    path = tmp_path / "a"
    exif = Image.Exif()
    exif[0x0112] = orientation
    if kind == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[274] = orientation
        Image.fromarray(rgb).save(path, "TIFF", tiffinfo=tags)
    elif kind == "TIFF16":
        path.write_bytes(sixteen_bit_tiff(rgb.astype(np.uint16) * 257, orientation))
    elif kind == "PNG16":
        path.write_bytes(
            with_exif(cv2.imencode(".png", rgb[..., ::-1].astype(np.uint16) * 257)[1].tobytes(), exif)
        )
    else:
        Image.fromarray(rgb).save(path, "PNG", exif=exif)
    pixels = read_picture(path).pixels
    assert np.array_equal(pixels, expected.astype(np.uint16) * 257 if kind.endswith("16") else expected)


def sixteen_bit_tiff(pixels: Pixels, orientation: int) -> bytes:
    """One uncompressed strip behind a directory of nine tags and three bit counts."""
    height, width, channels = pixels.shape
    at = 8 + 2 + 9 * 12 + 4
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, at), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, at + 6), (274, 3, 1, orientation), (277, 3, 1, channels), (279, 4, 1, pixels.nbytes)]
    directory = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + directory + bytes(4)
    return head + struct.pack("<3H", 16, 16, 16) + pixels.astype("<u2").tobytes()


def with_exif(png: bytes, exif: Image.Exif) -> bytes:
    return insert_chunk(png, b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0"))


def insert_chunk(png: bytes, body: bytes) -> bytes:
    return png[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + png[33:]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("part", [0.0, 0.02, 0.5, 0.97])
def test_truncated_files_are_refused(
    tmp_path: Path, rgb: Pixels, kind: str, part: float, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = save(tmp_path / "whole", np.kron(rgb, np.ones((4, 4, 1), np.uint8)), kind).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: int(len(whole) * part)])
    refuse(tmp_path / "cut", "picture_unreadable")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.97])
def test_truncated_sixteen_bit_files_are_refused_not_filled_with_black(
    tmp_path: Path, suffix: str, part: float, capfd: pytest.CaptureFixture[str]
) -> None:
    values = np.random.default_rng(2).integers(0, 65536, (64, 64, 3), np.uint16)
    whole = cv2.imencode(suffix, values)[1].tobytes()
    (tmp_path / "cut").write_bytes(whole[: int(len(whole) * part)])
    refuse(tmp_path / "cut", "picture_unreadable")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"hello", "not a picture"),
        (b"8BPS\0\1", "Photoshop"),
        (b"v/1\x01" + bytes(20), "damaged"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert says in refuse(tmp_path / "a.png", "picture_unreadable").message


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="cannot be opened"):
        read_picture(tmp_path / "nowhere.png")
    with pytest.raises(PictureError, match="cannot be opened"):
        read_picture(tmp_path)


def giant(kind: str, side: int) -> bytes:
    """A file of a few bytes whose header claims `side` x `side` pixels."""
    if kind == "PNG":
        header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
        return insert_chunk(
            start + struct.pack(">I", 0) + b"IEND\xaeB`\x82", b"IDAT" + zlib.compress(bytes(100))
        )
    if kind == "WEBP":
        size = (side - 1).to_bytes(3, "little")
        return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size + size
    small = io.BytesIO()
    Image.new("RGB", (8, 8)).save(small, kind)
    data = bytearray(small.getvalue())
    if kind == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", side, side)
    else:
        for tag in (256, 257):
            at = data.index(struct.pack("<H", tag), 8)
            data[at : at + 12] = struct.pack("<HHII", tag, 4, 1, side)
    return bytes(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_giants_are_refused_from_the_header(tmp_path: Path, kind: str) -> None:
    (tmp_path / "giant").write_bytes(giant(kind, 20_000))
    error = refuse(tmp_path / "giant", "picture_too_large")
    assert "20000 x 20000" in error.message
    assert "200 megapixels" in error.message


def test_the_limit_is_the_callers(tmp_path: Path, rgb: Pixels) -> None:
    path = save(tmp_path / "a.png", rgb, "PNG")
    assert read_picture(path, max_pixels=37 * 53).width == 53
    refuse(path, "picture_too_large", max_pixels=37 * 53 - 1)


def test_a_file_far_larger_than_its_pixels_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(1 << 28)  # sparse
    refuse(tmp_path / "a.png", "picture_too_large", max_pixels=1000)


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    picture = read_picture(save(tmp_path / "a.png", np.full((1, 1, 3), 9, np.uint8), "PNG"))
    assert (picture.width, picture.height) == (1, 1)


def test_zero_pixels_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(giant("PNG", 0))
    refuse(tmp_path / "a.png", "picture_unreadable")


def test_floats_are_linear_and_may_exceed_one(tmp_path: Path) -> None:
    values = np.random.default_rng(3).random((8, 9, 3), np.float32) * 4
    (tmp_path / "a.tif").write_bytes(cv2.imencode(".tif", values)[1].tobytes())
    picture = read_picture(tmp_path / "a.tif")
    assert picture.colour == "linear-srgb"
    assert np.array_equal(picture.pixels, values[..., ::-1])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_floats_that_are_no_numbers_are_counted(tmp_path: Path, value: float) -> None:
    values = np.zeros((8, 9, 3), np.float32)
    values[2, 3] = values[4, 5, 1] = value
    (tmp_path / "a.tif").write_bytes(cv2.imencode(".tif", values)[1].tobytes())
    assert "2 pixels" in refuse(tmp_path / "a.tif", "picture_unreadable").message


def test_the_profile_is_kept(tmp_path: Path, rgb: Pixels) -> None:
    for kind in ("PNG", "JPEG", "TIFF", "WEBP"):
        assert read_picture(save(tmp_path / kind, rgb, kind, icc_profile=b"profile")).icc == b"profile"
