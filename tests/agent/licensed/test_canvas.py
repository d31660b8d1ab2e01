"""Layers laid out beside the render: the same bytes as writing them whole, for every order of host pixels."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie.agent import canvas as canvas_module
from sosie.agent import evidence, plates
from sosie.agent.canvas import Canvas
from sosie.agent.evidence import composite_sha256, plate_sha256
from sosie.agent.plates import DTYPES, Check, read_plate, write_layer
from sosie.client.pixels import PixelFolder
from sosie.errors import CancelledError
from sosie.render.layers import Layers

NAMES = ("composite", "flat", "matte", "skin", "relief")


def layers_of(plate: np.ndarray[Any, Any], box: tuple[int, int, int, int]) -> Layers:
    x0, y0, x1, y1 = box
    composite = plate[y0:y1, x0:x1].copy()
    composite[..., :3] = composite[..., :3] // 2 if plate.dtype.kind == "u" else 0.25
    matte = np.ones(composite.shape[:2], plate.dtype)
    flat = np.dstack([composite[..., :3], matte])
    parts: Any = {"composite": composite, "flat": flat, "matte": matte, "skin": flat}
    return Layers(plate, parts, box, 1.0, (), "numpy")


@pytest.mark.parametrize("bottom_up", [False, True])
@pytest.mark.parametrize("channels", ["RGB", "RGBA", "BGRA", "L"])
@pytest.mark.parametrize("depth", ["u8", "u16", "f16", "f32"])
@pytest.mark.parametrize("box", [(2, 1, 7, 4), (0, 0, 0, 0), (0, 0, 9, 5)])
def test_it_writes_what_writing_whole_layers_writes(
    tmp_path: Path, depth: Any, channels: Any, bottom_up: bool, box: Any
) -> None:
    folder = PixelFolder(tmp_path)
    samples = {"RGB": 3, "L": 1}.get(channels, 4)
    random = np.random.default_rng(3).integers(0, 200, (5, 9, samples)).astype(DTYPES[depth])
    plate = folder.put(
        random.tobytes(), width=9, height=5, depth=depth, channels=channels, bottom_up=bottom_up
    )
    layers = layers_of(read_plate(folder, plate).pixels, box)
    with Canvas(folder, plate, NAMES) as canvas:
        drawn = canvas.draw(layers)
        assert canvas.plate_sha256(lambda: None) == plate_sha256(random.tobytes())
    assert set(drawn) == set(NAMES) - {"relief"}  # this kernel makes none
    for name, pixels in drawn.items():
        whole = write_layer(folder, layers.whole(name), plate)
        assert folder.read(pixels) == folder.read(whole), name
        assert (pixels.channels, pixels.bottom_up) == (whole.channels, whole.bottom_up)


@pytest.mark.parametrize("channels", ["RGB", "BGRA", "L"])
def test_cropped_layers_are_the_box_alone_and_the_composite_is_whole(tmp_path: Path, channels: Any) -> None:
    folder = PixelFolder(tmp_path)
    samples = {"RGB": 3, "L": 1}.get(channels, 4)
    random = np.random.default_rng(3).integers(0, 200, (5, 9, samples)).astype(np.uint16)
    plate = folder.put(random.tobytes(), width=9, height=5, depth="u16", channels=channels)
    layers = layers_of(read_plate(folder, plate).pixels, (2, 1, 7, 4))
    with Canvas(folder, plate, NAMES, cropped=True) as canvas:
        drawn = canvas.draw(layers)
    for name, pixels in drawn.items():
        part = layers.composite if name == "composite" else layers.whole(name)[1:4, 2:7]
        assert (pixels.height, pixels.width) == part.shape[:2]
        assert folder.read(pixels) == folder.read(write_layer(folder, part, plate)), name
    with Canvas(folder, plate, NAMES, cropped=True) as canvas:
        layers = layers_of(read_plate(folder, plate).pixels, (0, 0, 0, 0))
        assert set(canvas.draw(layers)) == {"composite"}  # nothing changed: there is nothing to show


def test_nothing_stays_of_a_render_that_fails(tmp_path: Path) -> None:
    folder = PixelFolder(tmp_path)
    plate = folder.put(bytes(300), width=10, height=10, depth="u8", channels="RGB")
    with pytest.raises(CancelledError), Canvas(folder, plate, NAMES) as canvas:
        canvas.draw(layers_of(read_plate(folder, plate).pixels, (1, 1, 4, 4)))
        raise CancelledError("Enough.")
    with pytest.raises(CancelledError), Canvas(folder, plate, NAMES):
        raise CancelledError("At once.")
    for cropped in (False, True):
        with pytest.raises(CancelledError), Canvas(folder, plate, NAMES, cropped=cropped) as canvas:
            canvas.draw(layers_of(read_plate(folder, plate).pixels, (1, 1, 4, 4)), raising(2))
    assert [str(path) for path in tmp_path.iterdir()] == [plate.path]


def test_what_is_removed_waits_until_the_client_has_its_answer(tmp_path: Path) -> None:
    folder, later = PixelFolder(tmp_path), contextlib.ExitStack()
    plate = folder.put(bytes(300), width=10, height=10, depth="u8", channels="RGB")
    with (
        pytest.raises(CancelledError),
        Canvas(folder, plate, NAMES, afterwards=later.callback) as canvas,
    ):
        canvas.draw(layers_of(read_plate(folder, plate).pixels, (1, 1, 4, 4)))
        raise CancelledError("Enough.")
    assert len(list(tmp_path.iterdir())) > 1
    later.close()
    assert [str(path) for path in tmp_path.iterdir()] == [plate.path]


def test_who_waits_for_the_plate_s_hash_hears_a_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, hashing = PixelFolder(tmp_path), threading.Event()
    plate = folder.put(bytes(300), width=10, height=10, depth="u8", channels="RGB")
    monkeypatch.setattr(canvas_module, "plate_sha256", lambda *_: hashing.wait(60))
    with pytest.raises(CancelledError), Canvas(folder, plate, ("matte",)) as canvas:
        try:
            canvas.plate_sha256(raising(2))
        finally:
            hashing.set()


def raising(number: int) -> Check:
    """A check that ends the work when it is called for the `number`th time."""
    calls = itertools.count(1)

    def check() -> None:
        if next(calls) == number:
            raise CancelledError("Enough.")

    return check


def test_a_cancel_is_heard_within_a_layer_and_while_the_plate_is_hashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = PixelFolder(tmp_path)
    plate = folder.put(bytes(range(240)), width=10, height=8, depth="u8", channels="RGB")
    monkeypatch.setattr(plates, "STRIP", 3 * 30)
    monkeypatch.setattr(evidence, "HASHED_AT_ONCE", 100)
    layer = read_plate(folder, plate).pixels
    for ends, stays in ((3, 1), (4, 2)):  # three strips of three rows, three, two
        with contextlib.suppress(CancelledError):
            write_layer(folder, layer, plate, raising(ends))
        assert len(list(tmp_path.iterdir())) == stays, "half a layer is none"
    with pytest.raises(CancelledError):
        plate_sha256(bytes(range(240)), raising(3))
    assert plate_sha256(bytes(range(240)), raising(4)) == hashlib.sha256(bytes(range(240))).hexdigest()


def test_the_journal_s_hash_names_box_and_plate() -> None:
    pixels = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    part = pixels[1:3, 1:3]  # outside the box the plate's hash speaks
    one = composite_sha256("0" * 64, (1, 1, 3, 3), part)
    assert one == composite_sha256("0" * 64, (1, 1, 3, 3), part.copy())
    changed = part.copy()
    changed[1, 1] += 1
    assert one != composite_sha256("0" * 64, (1, 1, 3, 3), changed)
    assert one != composite_sha256("1" * 64, (1, 1, 3, 3), part)
    assert one != composite_sha256("0" * 64, (1, 1, 3, 4), pixels[1:4, 1:3])
