"""OpenEXR as 3D programs write it, and as it breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from numpy.typing import NDArray
from tests.pictures.refusing import refuse

from sosie.pictures import Picture, read_picture, write_picture

SIZE = (37, 53)
CODECS = ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "DWAA", "DWAB"]


def light(channels: int, dtype: str = "float32") -> NDArray[Any]:
    """(37, 53, channels), with highlights above 1 and a smooth alpha."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] / 20
    planes = [rows + 0.1, columns + 0.1, rows * columns + 0.1, np.clip(columns - 0.5, 0, 1)]
    return np.stack(planes[:channels], -1).astype(dtype)


def save(path: Path, channels: dict[str, NDArray[Any]], codec: str = "ZIP", **header: Any) -> Path:
    kind = {"compression": getattr(OpenEXR, f"{codec}_COMPRESSION"), "type": OpenEXR.scanlineimage}
    with OpenEXR.File({**kind, **header}, channels) as file:
        file.write(str(path))
    return path


def layer(name: str, pixels: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {
        f"{name}.{letter}": np.ascontiguousarray(pixels[..., k])
        for k, letter in enumerate("RGBA"[: pixels.shape[2]])
    }


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_every_codec_is_read_as_linear_light(tmp_path: Path, codec: str, dtype: str) -> None:
    pixels = light(3, dtype)
    read = read_picture(save(tmp_path / "a.exr", {"RGB": pixels}, codec))
    assert (read.colour, read.pixels.dtype) == ("linear-srgb", dtype)
    np.testing.assert_allclose(read.pixels, pixels, rtol=0.05 if codec.startswith("DWA") else 0)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("channels", [3, 4])
def test_what_is_written_is_read(tmp_path: Path, channels: int, dtype: str) -> None:
    picture = Picture(light(channels, dtype), "linear-srgb")
    write_picture(tmp_path / "a.exr", picture)
    read = read_picture(tmp_path / "a.exr")
    assert read.pixels.dtype == dtype
    np.testing.assert_allclose(read.pixels, picture.pixels, rtol=2e-3 if dtype == "float16" else 1e-6)


def test_integers_become_light(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.exr", Picture(np.full((8, 8, 3), 188, np.uint8)))
    read = read_picture(tmp_path / "a.exr")
    assert read.pixels.dtype == np.float16
    np.testing.assert_allclose(read.pixels, 0.5029, rtol=2e-3)


def test_colour_is_divided_by_alpha_and_a_glow_without_any_stays(tmp_path: Path) -> None:
    stored = np.full((4, 4, 4), 0.25, np.float32)
    stored[:2, :, 3] = 0.5
    stored[2:, :, 3] = 0
    read = read_picture(save(tmp_path / "a.exr", {"RGBA": stored}))
    np.testing.assert_allclose(read.pixels[:2, :, :3], 0.5)
    np.testing.assert_allclose(read.pixels[2:, :, :3], 0.25)
    write_picture(tmp_path / "b.exr", read)
    with OpenEXR.File(str(tmp_path / "b.exr")) as file:
        np.testing.assert_array_equal(file.channels()["RGBA"].pixels, stored)


def test_of_many_layers_the_picture_is_taken(tmp_path: Path) -> None:
    first, whole = light(4), light(4)[::-1]
    normal = {f"ViewLayer.Normal.{axis}": np.ascontiguousarray(first[..., 0]) for axis in "XYZ"}
    layers = {**layer("ViewLayer.Combined", first), **normal}
    only = read_picture(save(tmp_path / "a.exr", layers))
    np.testing.assert_allclose(only.pixels[..., 3], first[..., 3])
    both = read_picture(save(tmp_path / "b.exr", {**layers, **layer("Composite.Combined", whole)}))
    np.testing.assert_allclose(both.pixels[..., 3], whole[..., 3])


def test_what_is_no_plain_picture_is_refused(tmp_path: Path) -> None:
    flat = np.zeros(SIZE, np.float32)
    depth = save(tmp_path / "depth.exr", {"Z": flat})
    assert "red, green and blue" in refuse(depth, "picture_mode_unsupported").message
    window = (np.array([0, 0], np.int32), np.array([99, 99], np.int32))
    border = save(tmp_path / "border.exr", {"RGB": light(3)}, displayWindow=window)
    assert "border" in refuse(border, "picture_mode_unsupported").remedy
    aces = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
    wide = save(tmp_path / "aces.exr", {"RGB": light(3)}, chromaticities=aces)
    assert "Rec. 709" in refuse(wide, "picture_mode_unsupported").remedy
    whole = save(tmp_path / "id.exr", {"RGB": np.ones((*SIZE, 3), np.uint32)})
    assert "integers" in refuse(whole, "picture_mode_unsupported").message


def test_size_and_numbers_are_checked(tmp_path: Path) -> None:
    small = save(tmp_path / "small.exr", {"RGB": light(3)})
    refuse(small, "picture_too_large", max_pixels=1000)
    many = {key: value for n in range(6) for key, value in layer(f"layer{n}", light(4)).items()}
    heavy = save(tmp_path / "heavy.exr", many)
    assert "layers" in refuse(heavy, "picture_too_large", max_pixels=SIZE[0] * SIZE[1]).message
    pixels = light(3)
    pixels[3, 4, 0] = np.inf
    assert "1 pixels" in refuse(save(tmp_path / "inf.exr", {"RGB": pixels}), "picture_unreadable").message


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_damaged(tmp_path: Path, part: float) -> None:
    path = save(tmp_path / "a.exr", {"RGB": light(3)})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    refuse(path, "picture_unreadable")
