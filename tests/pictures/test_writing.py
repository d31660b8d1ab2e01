"""What is written is what is read again, or a clear refusal; never half a file."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageCms

from sosie.errors import OptionError, PictureError, SetupError
from sosie.messages import ColourSpace
from sosie.pictures import Picture, read_picture, write_picture

Pixels = NDArray[Any]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def noise(dtype: str, channels: int, size: tuple[int, int] = (130, 90)) -> Pixels:
    values = np.random.default_rng(4).random((*size, channels))
    return (values * (1 if dtype.startswith("f") else np.iinfo(dtype).max)).astype(dtype)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(
    ("suffix", "dtype"),
    [(".png", "u1"), (".png", "u2"), (".tif", "u1"), (".tif", "u2"), (".tif", "f4"), (".webp", "u1")],
)
def test_pixels_and_profile_come_back_exactly(
    tmp_path: Path, suffix: str, dtype: str, channels: int, capfd: pytest.CaptureFixture[str]
) -> None:
    pixels = noise(dtype, channels)
    colour: ColourSpace = "linear-srgb" if dtype == "f4" else "srgb"
    write_picture(tmp_path / f"a{suffix}", Picture(pixels, colour, PROFILE), quality=100)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.pixels.dtype == pixels.dtype
    assert np.array_equal(picture.pixels, pixels)
    assert (picture.colour, picture.icc) == (colour, PROFILE)
    assert capfd.readouterr().err == ""


def test_half_floats_are_widened(tmp_path: Path) -> None:
    pixels = noise("f2", 3)
    write_picture(tmp_path / "a.tif", Picture(pixels, "linear-srgb"))
    assert np.array_equal(read_picture(tmp_path / "a.tif").pixels, pixels.astype(np.float32))


def test_files_hold_integers_as_srgb_and_floats_as_light(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", Picture(np.full((4, 4, 3), 0.2140 * 65535, np.uint16), "linear-srgb"))
    assert read_picture(tmp_path / "a.png").pixels[0, 0, 0] / 65535 == pytest.approx(0.5, abs=1e-4)
    write_picture(tmp_path / "a.tif", Picture(np.full((4, 4, 3), 0.5, np.float32), "srgb"))
    assert read_picture(tmp_path / "a.tif").pixels[0, 0, 0] == pytest.approx(0.2140, abs=1e-4)


def test_jpeg_is_close(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 90).astype(np.uint8)[None, :, None], (60, 90, 3))
    write_picture(tmp_path / "a.jpg", Picture(ramp, icc=PROFILE))
    picture = read_picture(tmp_path / "a.jpg")
    assert np.abs(picture.pixels.astype(int) - ramp).max() <= 4
    assert picture.icc == PROFILE


@pytest.mark.parametrize(
    ("name", "dtype", "channels"),
    [
        ("a.png", "f4", 3),
        ("a.jpg", "u2", 3),
        ("a.jpg", "u1", 4),
        ("a.webp", "u2", 3),
        ("a.bmp", "u1", 3),
        ("a", "u1", 3),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path: Path, name: str, dtype: str, channels: int) -> None:
    with pytest.raises(OptionError) as caught:
        write_picture(tmp_path / name, Picture(noise(dtype, channels)))
    assert ".tif" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_picture(tmp_path / "a.png", Picture(noise("u1", 3)))
    before = (tmp_path / "a.png").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SetupError) as caught:
        write_picture(tmp_path / "a.png", Picture(noise("u1", 4)))
    assert caught.value.code == "storage_full"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError) as caught:
        write_picture(tmp_path / "file" / "a.png", Picture(noise("u1", 3)))
    assert caught.value.code == "storage_unwritable"


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (0, 4, 3), (4, 4, 5)])
def test_other_shapes_are_no_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError):
        Picture(np.zeros(shape, np.uint8))
    with pytest.raises(PictureError):
        Picture(np.zeros((4, 4, 3), np.float64))
