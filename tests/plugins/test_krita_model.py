"""What the Krita docker does without Krita: rows and boxes of pixels, results on the disk, the history's bounds."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie.client.pixels import PixelFolder
from sosie.messages import Pixels

Load = Callable[[str], Any]


def put(folder: Path, picture: np.ndarray[Any, Any], depth: Any, channels: Any) -> tuple[PixelFolder, Pixels]:
    pixels = PixelFolder(folder)
    height, width = picture.shape[:2]
    return pixels, pixels.put(picture.tobytes(), width=width, height=height, depth=depth, channels=channels)


@pytest.mark.parametrize(
    ("depth", "dtype", "top"), [("u8", "u1", 255), ("u16", "u2", 65535), ("f16", "f2", 1), ("f32", "f4", 1)]
)
def test_a_layer_is_kept_no_larger_than_what_is_in_it(
    load: Load, tmp_path: Path, depth: str, dtype: str, top: int
) -> None:
    picture = np.zeros((9, 12, 4), dtype)
    picture[2, 5, 3] = picture[6, 3, 3] = top
    folder, layer = put(tmp_path, picture, depth, "BGRA" if depth[0] == "u" else "RGBA")
    tight = load("model.pixels").tight
    with folder.open(layer) as mapped:
        assert tight(mapped, layer) == (3, 2, 6, 7)
    folder, empty = put(tmp_path, np.zeros_like(picture), depth, "RGBA")
    with folder.open(empty) as mapped:
        assert tight(mapped, empty) is None


def test_rows_come_back_from_the_disk_as_they_were(load: Load, tmp_path: Path) -> None:
    pixels, kept = load("model.pixels"), load("model.keeping").Kept(tmp_path / "cache")
    picture = np.random.default_rng(1).integers(0, 65536, (40, 30, 4)).astype("u2")
    folder, layer = put(tmp_path, picture, "u16", "BGRA")
    box = (4, 3, 24, 33)
    with folder.open(layer) as mapped:
        row = pixels.row_of(mapped, layer, box)
        first = kept.add(20 * 8, pixels.bands(row, 30, 20 * 8))
        second = kept.add(3, iter([b"abcdef"]))
    assert first(7, 5) == picture[10:15, 4:24].tobytes()
    assert (second(1, 1), kept.size) == (b"def", 30 * 20 * 8 + 6)
    assert not list((tmp_path / "cache").iterdir())  # nobody else sees it, and nothing is left behind


def test_a_region_is_shown_within_its_surroundings(load: Load) -> None:
    row = load("model.pixels").within(lambda y: bytes([y + 1] * 2), (3, 2, 5, 4), (1, 1, 6, 5), 1)
    assert [row(y) for y in range(4)] == [bytes(5), b"\0\0\1\1\0", b"\0\0\2\2\0", bytes(5)]


@pytest.mark.parametrize("depth", ["u8", "u16", "f16", "f32"])
def test_a_small_picture_and_a_mask_are_bytes(load: Load, depth: str) -> None:
    pixels = load("model.pixels")
    code = {"u8": ("B", 255), "u16": ("H", 65535), "f16": ("e", 1.0), "f32": ("f", 1.0)}[depth]
    values = [code[1] * part for part in (0, 0.5, 1, 1)]
    rows = struct.pack(f"=4{code[0]}", *(int(v) if depth[0] == "u" else v for v in values))
    shown = Pixels("", 1, 1, depth, "BGRA" if depth[0] == "u" else "RGBA", "srgb")  # type: ignore[arg-type]
    blue, green, red, alpha = pixels.small(lambda _: rows, 1, 1, shown, 10).data
    assert (abs(green - 127) <= 1, alpha) == (True, 255)
    assert {blue, red} == {0, 255}
    assert abs(pixels.mask_bytes(rows, depth)[1] - 127) <= 1


def test_the_history_stays_within_its_room(load: Load) -> None:
    results = load("model.results")
    interface = load("interface")
    image = interface.Image(1, 1, bytes(4))

    def entry(number: int, picture: str = "a") -> Any:
        stack = interface.Stack("", (), None, None)
        return results.Entry(number, picture, None, stack, 40, image, image, (0, 0, 1, 1), {})

    kept = results.Results(100)
    for number in (1, 2):
        kept.add(entry(number))
    kept.placed(2, "layer")
    kept.add(entry(3))
    assert [one.number for one in kept.of("a")] == [3, 1]  # what is placed goes first
    kept.limit = 1000
    kept.add(entry(4, "b"))
    kept.add(entry(5))
    kept.discard_others(5)
    assert ([one.number for one in kept.of("a")], len(kept.of("b"))) == ([5], 1)
