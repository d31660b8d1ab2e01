"""A hand before its own face stays in front; a nose is no hand."""

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
def uncovered() -> Iterator[Any]:
    """The add-on's own, beside the client as the build puts it."""
    package = types.ModuleType("addon")
    package.__path__ = [str(MODEL.parent)]
    client = types.ModuleType("addon._sosie")
    client.__path__ = []
    added = {"addon": package, "addon._sosie": client, "addon._sosie.messages": messages}
    sys.modules.update(added)
    yield importlib.import_module("addon.model.depths").uncovered
    for name in [name for name in sys.modules if name.split(".")[0] == "addon"]:
        del sys.modules[name]


def face(*box: float) -> FaceInfo:
    return FaceInfo((box[0], box[1], box[2], box[3]), 1.0, 0.0, 0.0, 0.0, ())


def test_what_is_nearer_than_a_nose_is_left_out(uncovered: Any) -> None:
    mask, depths = np.ones((100, 80), np.float32), np.full((100, 80), 2.0, np.float32)
    depths[40:50, 35:45] -= 0.03  # the nose
    depths[60:70, 20:60] -= 0.1  # a hand
    found = uncovered(mask, depths, [face(20, 10, 60, 90)])
    assert (found[60:70, 20:60] == 0).all()
    assert (np.delete(found, np.s_[60:70], 0) == 1).all()


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
