"""A plate and a twin in, layers out: what holds for every render."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from sosie.bench.quality import scores
from sosie.errors import CancelledError, FaceNotFoundError, FaceTooSmallError, OptionError
from sosie.faces import Faces
from sosie.messages import FaceChoice, LayerName, RenderOptions
from sosie.pictures import Picture, from_linear, to_linear
from sosie.render import Layers, render
from sosie.render.kernel import Kernel, ReferenceKernel
from sosie.twin import Twin


@pytest.fixture(scope="module")
def layers(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> Layers:
    return put(plate, twin, faces, kernel, names=get_args(LayerName))


def put(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel, **more: object) -> Layers:
    options = more.pop("options", RenderOptions())
    return render(plate, twin, faces=faces, kernel=kernel, choice=FaceChoice(), options=options, **more)  # type: ignore[arg-type]  # the keywords of the test


def test_is_clearly_closer_to_the_truth(layers: Layers, plate: Picture, people: Path, faces: Faces) -> None:
    truth = people / "plates" / "s01" / "truth_p04_hair_p01"
    before = scores(plate, truth, faces=faces)
    after = scores(Picture(layers.composite, "srgb"), truth, faces=faces)
    assert after["dE00"] < 0.5 * before["dE00"]
    assert after["ssim"] > before["ssim"] + 0.1
    assert after["id"] > before["id"] + 0.05
    assert 0.75 < after["hf"] < 1.2
    assert after["outside"] == 0


def test_outside_the_matte_is_the_plate_bit_for_bit(layers: Layers, plate: Picture) -> None:
    outside = layers.matte == 0
    assert 0.3 < outside.mean() < 0.99
    np.testing.assert_array_equal(layers.composite[outside], plate.pixels[outside])
    x0, y0, x1, y1 = layers.box
    changed = np.zeros(outside.shape, bool)
    changed[y0:y1, x0:x1] = True
    np.testing.assert_array_equal(layers.composite[~changed], plate.pixels[~changed])


def test_layer_over_plate_is_the_composite(layers: Layers, plate: Picture) -> None:
    flat = layers.pictures["flat"]
    alpha = flat[..., 3:].astype(np.float32) / 255
    over = flat[..., :3] * alpha + plate.pixels[..., :3] * (1 - alpha)
    assert np.abs(over - layers.composite[..., :3]).max() <= 1


def test_same_input_same_bytes(
    layers: Layers, plate: Picture, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    again = put(plate, twin, faces, kernel)
    np.testing.assert_array_equal(again.composite, layers.composite)


def test_a_last_bit_changes_nothing_that_can_be_seen(
    layers: Layers, plate: Picture, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    """Hosts convert depths in their own ways: grain and edges stay where they are."""
    floats = np.nextafter((plate.pixels / 255).astype(np.float32), np.float32(2))
    again = put(Picture(floats, "srgb"), twin, faces, kernel)
    assert np.abs(again.composite * 255 - layers.composite).max() < 0.51
    assert again.composite.min() >= 0


def test_reference_kernel_draws_the_same_picture(
    layers: Layers, plate: Picture, twin: Twin, faces: Faces
) -> None:
    slow = put(plate, twin, faces, ReferenceKernel())
    assert np.abs(slow.composite.astype(int) - layers.composite).max() <= 1


def test_strength_zero_is_the_plate(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> None:
    none = put(plate, twin, faces, kernel, options=RenderOptions(strength=0.0))
    np.testing.assert_array_equal(none.composite, plate.pixels)
    assert none.box == (0, 0, 0, 0)
    with pytest.raises(OptionError):
        put(plate, twin, faces, kernel, options=RenderOptions(strength=1.5))


@pytest.mark.parametrize(
    ("dtype", "colour"), [("uint16", "srgb"), ("float16", "linear-srgb"), ("float32", "linear-srgb")]
)
def test_every_depth_keeps_its_own(
    plate: Picture, layers: Layers, twin: Twin, faces: Faces, kernel: Kernel, dtype: str, colour: str
) -> None:
    linear = to_linear(plate.pixels, plate.colour)
    deep = Picture(from_linear(linear, dtype, colour), colour)  # type: ignore[arg-type]  # parametrised literal
    made = put(deep, twin, faces, kernel)
    assert made.composite.dtype == np.dtype(dtype)
    outside = made.matte == 0
    np.testing.assert_array_equal(made.composite[outside], deep.pixels[outside])
    back = from_linear(to_linear(made.composite, deep.colour), np.uint8, "srgb")
    assert np.abs(back.astype(int) - layers.composite).mean() < 0.5


def test_host_mask_always_wins(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> None:
    mask = np.zeros(plate.pixels.shape[:2], np.uint8)
    mask[:, :280] = 255
    made = put(plate, twin, faces, kernel, mask=mask)
    np.testing.assert_array_equal(made.composite[:, 280:], plate.pixels[:, 280:])
    assert (made.composite[:, :280] != plate.pixels[:, :280]).any()
    with pytest.raises(OptionError):
        put(plate, twin, faces, kernel, mask=mask[:10])


def test_refuses_what_it_cannot_do(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> None:
    small = replace(
        plate, pixels=cv2.resize(plate.pixels, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    )
    with pytest.raises(FaceTooSmallError, match="pixels high"):
        put(small, twin, faces, kernel)
    with pytest.raises(FaceNotFoundError):
        put(replace(plate, pixels=np.full_like(plate.pixels, 90)), twin, faces, kernel)


def test_can_be_stopped(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> None:
    def stop(_: float) -> None:
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        put(plate, twin, faces, kernel, progress=stop)
