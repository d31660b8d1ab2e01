"""Layers in a stack are the flat result again, in every depth, and each is what its name says."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from sosie.faces import Faces
from sosie.messages import FaceChoice, LayerName, RenderOptions
from sosie.pictures import Picture, from_linear, read_picture, to_linear
from sosie.render import Layers, render
from sosie.render.kernel import Kernel
from sosie.render.stack import NAMES, STACK, blended, coded_light, opaque, recompose, split
from sosie.twin import Twin

#: A half float has 11 bits: a step below 1 is 1/2,048.
CLOSE = {"uint8": 0, "uint16": 0, "float16": 1 / 1024, "float32": 1e-5}
ENCODINGS = [("uint8", "srgb"), ("uint16", "srgb"), ("float16", "linear-srgb"), ("float32", "linear-srgb")]


@pytest.fixture(scope="module")
def plate(people: Path) -> Picture:
    """No hair beside the cheeks: what surrounds them moves with them."""
    return read_picture(people / "plates" / "s02" / "plate_p02.webp")


@pytest.fixture(scope="module", params=ENCODINGS, ids=[dtype for dtype, _ in ENCODINGS])
def deep(request: pytest.FixtureRequest, plate: Picture) -> Picture:
    dtype, colour = request.param
    alpha = np.full((*plate.pixels.shape[:2], 1), 0.5, np.float32)
    linear = np.concatenate([to_linear(plate.pixels, plate.colour), alpha], -1)
    return Picture(from_linear(linear, dtype, colour), colour)


@pytest.fixture(scope="module")
def layers(deep: Picture, twin: Twin, faces: Faces, kernel: Kernel, plate: Picture) -> Layers:
    mask = np.ones(plate.pixels.shape[:2], np.float32)
    mask[:, 330:] = np.linspace(1, 0, mask.shape[1] - 330)  # a soft selection over half of the face
    return render(
        deep,
        twin,
        faces=faces,
        kernel=kernel,
        choice=FaceChoice(),
        options=RenderOptions(strength=0.9),
        mask=mask,
        names=get_args(LayerName),
    )


def test_the_stack_is_the_composite(deep: Picture, layers: Layers) -> None:
    made = recompose(deep.pixels, layers.pictures)
    assert furthest(made, layers.composite) <= CLOSE[deep.pixels.dtype.name]


def test_the_group_needs_no_plate_within_it(deep: Picture, layers: Layers) -> None:
    """An isolated group: blended over nothing first, then laid over the plate."""
    group = recompose(np.zeros_like(deep.pixels), layers.pictures)
    there = layers.pictures["relief"][..., 3:] > 0
    made = np.where(there, group, deep.pixels)[..., :3]
    assert furthest(made, layers.composite[..., :3]) <= CLOSE[deep.pixels.dtype.name]


def test_every_part_does_something_and_none_leaves_the_box(deep: Picture, layers: Layers) -> None:
    x0, y0, x1, y1 = layers.box
    for name in NAMES:
        layer = layers.pictures[name]
        assert (layer.dtype, layer.shape) == (deep.pixels.dtype, (*deep.pixels.shape[:2], 4))
        assert set(np.unique(layer[..., 3]).tolist()) == {0, top_of(layer)}
        assert not (layer[..., :3] * (layer[..., 3:] == 0)).any(), "hidden colours"
        outside = layer.copy()
        outside[y0:y1, x0:x1] = 0
        assert not outside.any()
        less = {other: picture for other, picture in layers.pictures.items() if other != name}
        assert furthest(recompose(deep.pixels, less), layers.composite) > 0.02


def test_only_layers_asked_for_are_made(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> None:
    made = render(
        plate,
        twin,
        faces=faces,
        kernel=kernel,
        choice=FaceChoice(),
        options=RenderOptions(),
        names=("skin", "detail"),
    )
    assert set(made.pictures) == {"composite", "matte", "skin", "detail"}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_any_picture_can_be_split(dtype: str) -> None:
    """Noise is the worst there is: black, white, darkness divided by, and details beyond half the range."""
    random = np.random.default_rng(5)
    plate, after = (
        from_linear(random.integers(0, 2, (40, 50, 3)).astype(np.float32) * random.random(), dtype, "srgb")
        for _ in range(2)
    )
    light = coded_light(3 * random.random((40, 50, 3), np.float32) ** 4, "srgb")
    share = np.clip(random.random((40, 50), np.float32) * 2 - 0.5, 0, 1)
    parts = split(after, light, share, sigma=2.0)
    made = recompose(plate, {name: opaque(colours) for name, colours in parts.items()})
    assert furthest(made, after) <= CLOSE[dtype]
    # Krita from 5.3 on cuts floats off there while it blends
    assert all(part.min() >= 0 and part.max() <= top_of(part) for part in parts.values())


def test_blend_modes_are_those_of_krita() -> None:
    """Values as Krita 5.2's own compositing gives them: half is 127 and 32767, products are rounded to nearest."""
    a, b = np.array([200, 10, 255], np.uint8), np.array([100, 20, 255], np.uint8)
    assert blended(a, b, "multiply").tolist() == [78, 1, 255]
    assert blended(a, b, "grain-merge").tolist() == [173, 0, 255]
    wide = np.array([40000, 65535], np.uint16)
    assert blended(wide, wide, "grain-merge").tolist() == [47233, 65535]
    assert [info.blend for info in STACK] == ["normal", "normal", "normal", "multiply", "grain-merge"]


def furthest(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """The largest difference: steps for integers, the value for floats."""
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())


def top_of(layer: np.ndarray[Any, Any]) -> float:
    return float(np.iinfo(layer.dtype).max) if layer.dtype.kind == "u" else 1.0
