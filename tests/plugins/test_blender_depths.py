"""A hand before its own face stays in front, a finger on its cheek too, with normals a strap; a nose is no hand."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie import messages
from sosie.messages import FaceInfo

MODEL = Path(__file__).parents[2] / "plugins" / "blender" / "sosie_blender" / "model"


@pytest.fixture(scope="module")
def model() -> Iterator[Any]:
    """The add-on's own modules, beside the client as the build puts it."""
    package = types.ModuleType("addon")
    package.__path__ = [str(MODEL.parent)]
    client = types.ModuleType("addon._sosie")
    client.__path__ = []
    added = {"addon": package, "addon._sosie": client, "addon._sosie.messages": messages}
    sys.modules.update(added)
    yield lambda name: importlib.import_module(f"addon.model.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == "addon"]:
        del sys.modules[name]


@pytest.fixture
def uncovered(model: Any) -> Any:
    return model("depths").uncovered


def face(*box: float, pitch: float = 0.0, roll: float = 0.0) -> FaceInfo:
    return FaceInfo((box[0], box[1], box[2], box[3]), 1.0, 0.0, pitch, roll, ())


#: The face of the tests: 150 pixels for 15 cm, its box in a picture of 200.
BOX = (25, 25, 175, 175)


@pytest.fixture
def depths() -> Any:
    """(200, 200) metres: a round face two metres away, with a nose of 2 cm that is seen from its side."""
    y, x = np.mgrid[-100:100, -100:100] / 1000
    found = 2 + 4 * (x**2 + y**2)
    nose = (np.abs(y) < 0.02) & (x > -0.03) & (x < 0.0)
    found[nose] -= (
        (x[nose] + 0.03) * (2 / 3) * np.clip((0.02 - np.abs(y[nose])) / 0.01, 0, 1)
    )  # a ramp, then a step
    return found.astype(np.float32)


@pytest.fixture
def slopes() -> Any:
    """(200, 200, 2) metres: by how much the depth of that face grows from pixel to pixel."""
    y, x = np.mgrid[-100:100, -100:100] / 1000
    found = np.stack([8 * x, 8 * y], -1)
    nose = (np.abs(y) < 0.02) & (x > -0.03) & (x < 0.0)
    fading = np.clip((0.02 - np.abs(y)) / 0.01, 0, 1)
    found[..., 0][nose] -= (fading * 2 / 3)[nose]
    found[..., 1][nose] += ((fading < 1) * (x + 0.03) * np.sign(y) * 100 * 2 / 3)[nose]
    return (found / 1000).astype(np.float32)


def capsule(depths: Any, tip: tuple[float, float], end: tuple[float, float]) -> Any:
    """Where a finger of 16 mm lies that touches the face at `tip` (metres, y up); the depths get it."""
    y, x = np.mgrid[-100:100, -100:100] / 1000
    along = np.subtract(end, tip)
    part = np.clip(((x - tip[0]) * along[0] + (y - tip[1]) * along[1]) / (along**2).sum(), 0, 1)
    beside = np.hypot(x - tip[0] - part * along[0], y - tip[1] - part * along[1])
    middle = 2 + 4 * (tip[0] ** 2 + tip[1] ** 2) - 0.008
    where = beside < 0.008
    depths[where] = (middle - np.sqrt(0.008**2 - beside[where] ** 2)).astype(np.float32)
    return where


def test_what_is_nearer_than_a_nose_is_left_out(uncovered: Any, depths: Any) -> None:
    mask = np.ones_like(depths)
    np.testing.assert_array_equal(uncovered(mask, depths, [face(*BOX)]), mask)
    depths[60:70, 20:190] = 1.8  # a hand
    found = uncovered(mask, depths, [face(*BOX)])
    assert (found[60:70, 20:190] == 0).all()
    assert (np.delete(found, np.s_[58:72], 0) == 1).all(), "what it cuts off is still her face"


@pytest.mark.parametrize(("pitch", "roll"), [(37, 0), (-37, 0), (37, 90), (37, 180)])
def test_a_raised_chin_is_no_hand(uncovered: Any, depths: Any, pitch: float, roll: float) -> None:
    mask = np.ones_like(depths)
    y, x = np.mgrid[-100:100, -100:100] / 1000
    up = y * np.cos(np.radians(roll)) + x * np.sin(np.radians(roll))
    leaning = (2 + (depths - 2) / 4 + np.tan(np.radians(pitch)) * up).astype(np.float32)
    found = uncovered(mask, leaning, [face(*BOX, pitch=pitch, roll=roll)])
    assert (found[25:175, 25:175] == 1).mean() > 0.99
    assert (uncovered(mask, leaning, [face(*BOX)])[25:175, 25:175] == 0).mean() > 0.03
    leaning[60:70, 20:190] -= 0.15  # a hand
    found = uncovered(mask, leaning, [face(*BOX, pitch=pitch, roll=roll)])
    assert (found[60:70, 25:175] == 0).all()


@pytest.mark.parametrize(
    ("tip", "end"),
    [
        ((-0.04, 0.01), (-0.09, -0.06)),  # on the cheek, coming over the jaw
        ((0.03, -0.03), (0.03, -0.099)),
        ((0.0, 0.05), (0.09, 0.05)),  # on the brow
        ((0.004, 0.0), (0.09, 0.0)),  # at the nose
    ],
)
def test_a_finger_that_touches_is_left_out(
    uncovered: Any, depths: Any, tip: tuple[float, float], end: tuple[float, float]
) -> None:
    mask = np.ones_like(depths)
    finger = capsule(depths, tip, end)
    found = uncovered(mask, depths, [face(*BOX)])
    inside = np.zeros_like(finger)
    inside[25:175, 25:175] = True
    assert (found[finger & inside] == 0).mean() > 0.98
    assert (found[~finger & inside] == 0).sum() < 0.35 * (finger & inside).sum(), "and the pixels of its edge"


def test_what_lies_behind_a_step_is_still_the_face(uncovered: Any, depths: Any) -> None:
    mask = np.ones_like(depths)
    depths[120:130, 60:85] += 0.008  # an eye between its lids
    np.testing.assert_array_equal(uncovered(mask, depths, [face(*BOX)]), mask)


def test_a_large_face_is_looked_at_in_fewer_pixels(uncovered: Any, depths: Any) -> None:
    finger = capsule(depths, (-0.04, 0.01), (-0.09, -0.06)).repeat(6, 0).repeat(6, 1)
    large = depths.repeat(6, 0).repeat(6, 1)
    found = uncovered(np.ones_like(large), large, [face(*(6 * side for side in BOX))])
    inside = np.zeros_like(finger)
    inside[150:1050, 150:1050] = True
    assert (found[finger & inside] == 0).mean() > 0.98


def test_rows_are_counted_from_the_bottom_and_the_face_is_the_objects(uncovered: Any) -> None:
    mask, depths = np.zeros((100, 80), np.float32), np.full((100, 80), 5.0, np.float32)
    mask[:40, :40] = 1  # below, on the left
    depths[:40, :40] = 2.0
    depths[10:20, 10:20] = 1.8
    stranger, hers = face(0, 0, 80, 50), face(5, 65, 35, 95)
    found = uncovered(mask, depths, [stranger, hers])
    assert found[15, 15] == 0
    assert found[5, 5] == found[30, 30] == 1
    np.testing.assert_array_equal(uncovered(mask, depths, [stranger]), mask)
    np.testing.assert_array_equal(uncovered(mask, depths, []), mask)


def strap(depths: Any, thick: float, wide: int) -> Any:
    """Where a band lies on the face, from its brow over its cheek; the depths get it."""
    row, column = np.mgrid[:200, :200]
    where = (np.abs(row - 150 + (column - 60) // 4) <= wide // 2) & (column > 60) & (column < 140)
    depths[where] -= np.float32(thick)
    return where


@pytest.mark.parametrize(("thick", "wide"), [(0.0012, 10), (0.002, 4)])
def test_a_strap_is_left_out_where_normals_tell_the_slope(
    uncovered: Any, depths: Any, slopes: Any, thick: float, wide: int
) -> None:
    mask = np.ones_like(depths)
    np.testing.assert_array_equal(uncovered(mask, depths, [face(*BOX)], slopes), mask)
    where = strap(depths, thick, wide)
    assert (uncovered(mask, depths, [face(*BOX)])[where] == 1).mean() > 0.9, "depths alone say little of it"
    found = uncovered(mask, depths, [face(*BOX)], slopes)
    assert (found[where] == 0).mean() > 0.98
    assert (found[~where] == 0).sum() < 0.7 * where.sum(), "and the pixels of its edge"


@pytest.mark.parametrize("parallel", [False, True])
def test_the_slope_of_a_plane_is_how_its_depth_grows(model: Any, parallel: bool) -> None:
    slopes = model("slopes")
    turned = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], np.float32)  # a camera that looks along -x
    normal = np.array([0.8, 0.3, -0.5], np.float32)  # in the scene
    seen = turned @ normal
    frame = (-0.2, 0.3, -0.1, 0.2)
    x = frame[0] + (np.arange(100) + 0.5) * 0.005
    y = (frame[2] + (np.arange(60) + 0.5) * 0.005)[:, None]
    if parallel:
        depths = 2 + (x * seen[0] + y * seen[1]) / seen[2]
    else:
        depths = 2 * seen[2] / (seen[2] - x * seen[0] - y * seen[1])
    found = slopes.slopes(
        depths.astype(np.float32), np.broadcast_to(normal, (60, 100, 3)), slopes.View(turned, frame, parallel)
    )
    np.testing.assert_allclose(found[:, :-1, 0], np.diff(depths, axis=1), rtol=0.02, atol=1e-6)
    np.testing.assert_allclose(found[:-1, :, 1], np.diff(depths, axis=0), rtol=0.02, atol=1e-6)
    nothing = slopes.slopes(
        np.full((4, 4), 1e10, np.float32), np.zeros((4, 4, 3), np.float32), slopes.View(turned, frame)
    )
    assert (nothing == 0).all()
