"""What moves around a face that becomes wider."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Mesh, face_mesh
from sosie.models import ModelStore
from sosie.render.fit import Placed
from sosie.render.flow import flow_of
from sosie.render.matte import face_matte
from sosie.render.regions import LIPS, polygon
from sosie.twin.raster import vertex_normals

#: A picture's side, and how many times as large one of a large face is.
SIDE, LARGE = 320, 4
#: Where she ends on the left, and where her hair does; the face begins further right.
OUTLINE, HAIR = 60, 90
#: Upper and lower inner lip, from the middle to the corners.
PRESSED = ((13, 14), (82, 87), (81, 178), (80, 88), (191, 95), (312, 317), (311, 402), (310, 318), (415, 324))
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
    shift = flow_of(*placed, (SIDE, SIDE), person, bare).shift
    return np.asarray(np.linalg.norm(shift, axis=-1), np.float32)


def test_what_lies_beyond_hair_stays_as_the_hair_does(placed: tuple[Placed, Mesh]) -> None:
    beyond = slice(SIDE // 3, -SIDE // 3), slice(0, OUTLINE + 4)
    assert shift_of(placed, hair=False)[beyond].max() > 1
    assert shift_of(placed, hair=True)[beyond].max() < 0.2


def test_where_the_texture_leaps_the_likeness_is_left_out(placed: tuple[Placed, Mesh]) -> None:
    """Of a turned face, whose nose hides a part of the cheek: nowhere else."""
    frontal, mesh = placed
    turn = np.radians(50)
    about = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    centre = np.array([SIDE / 2, SIDE / 2, 0])
    points = np.asarray((frontal.points - centre) @ about.T + centre, np.float32)
    side = Placed(points, vertex_normals(points, mesh.triangles), points, 0.0)
    whole = np.ones((SIDE, SIDE), np.float32)
    flow = flow_of(side, mesh, (SIDE, SIDE), whole, whole)
    matte, _ = face_matte(flow, side, whole)
    leaps = np.abs(np.diff(flow.uv, axis=1)).max(-1) > 10 * flow.scale
    leaps[polygon((SIDE, SIDE), points[list(LIPS), :2])[:, 1:] > 0] = False  # a line that belongs there
    assert leaps.sum() > 10
    assert matte[:, 1:][leaps].max() < 0.5
    assert (flow.breaks > 0.1)[flow.inside > 0].mean() < 0.03


def test_between_closed_lips_the_likeness_is_whole(placed: tuple[Placed, Mesh]) -> None:
    """Pressed lips hide a part of each other: a leap on a large face, but the line there is hers, not the stand-in's."""
    frontal, mesh = placed
    points, side = frontal.points * np.float32(LARGE), SIDE * LARGE
    source = points.copy()
    for upper, lower in PRESSED:
        source[[upper, lower]] = points[[upper, lower]].mean(0)
        points[[upper, lower], 1] = points[[lower, upper], 1]
    closed = Placed(points, frontal.normals, source, 0.0)
    whole = np.ones((side, side), np.float32)
    flow = flow_of(closed, mesh, (side, side), whole, whole)
    lips = polygon((side, side), points[list(LIPS), :2]) > 0
    assert (np.abs(np.diff(flow.uv, axis=0)).max(-1) > 8 * flow.scale)[lips[1:]].sum() > 10
    assert face_matte(flow, closed, whole)[0][lips].min() > 0.95
