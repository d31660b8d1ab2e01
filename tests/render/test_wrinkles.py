"""The talent's wrinkles come with her expressions, as strongly as the plate shows them."""

from dataclasses import replace

import numpy as np
import pytest

from sosie.faces import EXPRESSIONS, Faces, face_mesh
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture
from sosie.render import render
from sosie.render.kernel import Kernel
from sosie.render.wrinkles import shares_of, wrinkled
from sosie.twin import Twin
from sosie.twin.basis import load_basis


def unit(*names: str) -> np.ndarray:
    return np.asarray(load_basis().expression[[EXPRESSIONS.index(name) for name in names]].sum(0), np.float32)


def test_an_expression_is_told_by_how_far_the_face_moves() -> None:
    smile, opened = unit("mouthSmileLeft", "mouthSmileRight"), unit("jawOpen")
    captured = np.stack([opened, smile])
    assert shares_of(smile, captured) == pytest.approx([0, 1], abs=0.01)
    assert shares_of(0.55 * smile, captured) == pytest.approx([0, 0.5], abs=0.01)
    assert shares_of(opened + 0.55 * smile, captured) == pytest.approx([1, 0.5], abs=0.05)
    assert not shares_of(0.05 * smile, captured).any(), "noise wrinkles a resting face"
    assert shares_of(-smile, captured)[1] == 0
    assert shares_of(smile, captured[:0]).shape == (0,)


def test_half_of_a_smile_brings_half_of_its_wrinkles() -> None:
    texture = np.full((1024, 1024, 3), 0.2, np.float32)
    maps = np.full((2, 512, 512), 128, np.uint8)
    maps[1, 200:240, 200:240] = 64  # a stop darker
    out = wrinkled(texture, maps, np.array([1, 0.5], np.float32))
    assert out[440, 440] == pytest.approx(0.2 / np.sqrt(2))
    assert (out[:380] == texture[:380]).all()
    assert wrinkled(texture, maps, np.zeros(2, np.float32)) is texture
    assert wrinkled(texture, None, np.ones(2, np.float32)) is texture


def test_a_smiling_plate_shows_the_smiles_wrinkles(
    twin: Twin, plate: Picture, faces: Faces, kernel: Kernel
) -> None:
    assert twin.wrinkles is not None
    assert len(twin.wrinkles) == len(twin.deltas)

    def drawn(smile: int, others: int) -> np.ndarray:
        maps = np.full_like(twin.wrinkles, 128)
        x, y = np.round(face_mesh().uv[205] * 512).astype(int)  # her right cheek
        maps[:, y - 12 : y + 12, x - 12 : x + 12] = others
        maps[
            twin.figures.views.index("smile") - len(twin.figures.views), y - 12 : y + 12, x - 12 : x + 12
        ] = smile
        with_them = replace(twin, wrinkles=maps)
        options = RenderOptions(grain=False)
        layers = render(plate, with_them, faces=faces, kernel=kernel, choice=FaceChoice(), options=options)
        return np.asarray(layers.composite, np.float32)

    smooth, smiling, opened = drawn(128, 128), drawn(64, 128), drawn(128, 64)
    darker = (smooth - smiling).max(-1) > 4
    assert 50 < darker.sum() < 2000
    assert (smiling[darker] < smooth[darker]).mean() > 0.95
    np.testing.assert_array_equal(opened, smooth)  # nobody's mouth is open here
