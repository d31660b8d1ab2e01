"""What moves around a face that becomes wider."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Mesh, face_mesh
from sosie.models import ModelStore
from sosie.pictures.box import Region
from sosie.render.fit import Placed
from sosie.render.flow import flow_of
from sosie.twin.raster import vertex_normals

SIDE = 320
#: Where she ends on the left, and where her hair does; the face begins further right.
OUTLINE, HAIR = 60, 90
Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def placed(store: ModelStore) -> tuple[Placed, Mesh]:
    """A frontal face in the middle of the picture, a tenth wider than the stand-in's."""
    mesh = face_mesh(store)
    points = mesh.vertices * [1, -1, -1]
    points = (points - points.mean(0)) * 0.6 * SIDE / np.ptp(points[:, 1])
    wider = np.asarray(points * [1.1, 1, 1] + [SIDE / 2, SIDE / 2, 0], np.float32)
    source = np.asarray(np.array([SIDE / 2, SIDE / 2, 0]) + points, np.float32)
    return Placed(wider, vertex_normals(wider, mesh.triangles), source, 0.0), mesh


def shift_of(placed: tuple[Placed, Mesh], hair: bool) -> Array:
    """(H, W): how far things move, with hair before the left side of the head or without."""
    person, bare = np.zeros((SIDE, SIDE), np.float32), np.ones((SIDE, SIDE), np.float32)
    person[:, OUTLINE:-OUTLINE] = 1
    bare[:, : HAIR if hair else 0] = 0
    shift = flow_of(*placed, Region(0, 0, SIDE, SIDE), person, 1 - bare).shift
    return np.asarray(np.linalg.norm(shift, axis=-1), np.float32)


def test_what_lies_beyond_hair_stays_as_the_hair_does(placed: tuple[Placed, Mesh]) -> None:
    beyond = slice(SIDE // 3, -SIDE // 3), slice(0, OUTLINE + 4)
    assert shift_of(placed, hair=False)[beyond].max() > 1
    assert shift_of(placed, hair=True)[beyond].max() < 0.2
