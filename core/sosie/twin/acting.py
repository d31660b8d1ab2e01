"""What expressions do to a face, told from the expression photographs alone: its shape moves, and its skin wrinkles.

A wrinkle is what such a photograph shows darker or brighter than the frontal one does at the same place of the skin,
finer than `BROAD`, where the expression presses skin together. Hair, eyes, brows, lips and nostrils are left out: what
differs there is no wrinkle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Mesh, face_mesh
from sosie.pictures.colour import LUMA
from sosie.twin.bare import bare_skin, inner
from sosie.twin.basis import Basis, Camera, Fit, fit_face
from sosie.twin.features import brow_ends, feature_mask
from sosie.twin.raster import vertex_normals
from sosie.twin.rig import take_off_light
from sosie.twin.texture import sample, uv_raster
from sosie.twin.twin import AS_AT_REST, LEVELS_A_STOP, WRINKLES_SIDE

#: What changes over a larger part of the texture's side is light, not a wrinkle; and the photographs' own noise is finer.
BROAD, NOISE = 1 / 14, 1 / 640
#: Skin pressed to less than 1 minus the first of its length begins to wrinkle; beyond the second it may do so freely.
PRESSED = (0.04, 0.24)
#: Landmarks of two photographs are off against each other by no more than the first, evenly over the second (sides).
ASTRAY, EVENLY = 1 / 85, 1 / 32
#: Detail finer than this share of the side tells which skin lies where; so many levels are a stop of it.
DETAIL, CONTRAST = 1 / 128, 180
#: Seen at less than the first cosine a place tells nothing, from the second on all.
FACING = (0.5, 0.75)
#: A wrinkle's change of reflectance, in stops, is no larger.
MOST = 1.5
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Shown:
    """A photograph `linear` (H, W, 3) of a face of `shape` (468, 3) before `camera`; `points` (468, 2) is where it lies, `bare`
    (H, W; 0 to 1) where it is seen.
    """

    linear: Array
    bare: Array
    points: Array
    shape: Array
    camera: Camera


def acted(face: Face, basis: Basis, neutral: Array, rest: Array) -> Fit:
    """The expression of `face`, whose shape at rest (468, 3) and coefficients at rest (52,) are known."""
    normals = vertex_normals(basis.mean, face_mesh().triangles)
    coefficients = np.clip(face.expression - rest, 0, 1)
    return fit_face(basis, face.landmarks, normals, coefficients, neutral=neutral)


def shown(linear: Array, face: Face, shape: Array, camera: Camera) -> Shown:
    """The photograph of `face`, which is of `shape` (468, 3) before `camera`."""
    return Shown(linear, bare_skin(linear, face, face_mesh()), face.landmarks[:468, :2], shape, camera)


def wrinkles(resting: Shown, acting: Sequence[Shown], mesh: Mesh) -> NDArray[np.uint8]:
    """(n, S, S): what each photograph of `acting` adds to the texture of the `resting` one, as in `Twin.wrinkles`."""
    side = WRINKLES_SIDE
    if not acting:
        return np.zeros((0, side, side), np.uint8)
    pairs = [_unwrapped(one, mesh, side) for one in (resting, *acting)]
    stack, bare = np.stack([layer for layer, _ in pairs]), np.stack([seen for _, seen in pairs])
    skin = 1 - np.maximum(feature_mask(mesh, side), brow_ends(mesh, side))
    bright = np.log2(np.maximum(stack @ LUMA, 0.004))
    found = []
    for one, layer, seen in zip(acting, bright[1:], bare[1:], strict=True):
        sure = skin * np.minimum(seen, bare[0])
        change = np.clip(_matched(layer, bright[0]) - bright[0], -MOST, MOST)
        broad = _soft(change * sure, BROAD * side) / (_soft(sure, BROAD * side) + np.float32(1e-3))
        fine = (_soft(change, NOISE * side) - broad) * sure * _pressed(resting.shape, one.shape, mesh, side)
        found.append(np.rint(AS_AT_REST + LEVELS_A_STOP * np.clip(fine, -MOST, MOST)))
    return np.stack(found).astype(np.uint8)


def _unwrapped(one: Shown, mesh: Mesh, side: int) -> tuple[Array, Array]:
    """(S, S, 3) its reflectance, and (S, S) 0 to 1 how well bare skin of it is seen."""
    turned = vertex_normals(one.shape, mesh.triangles) @ one.camera.rotation.T.astype(np.float32)
    raster = uv_raster(mesh, side)
    maps = raster.interpolate(np.concatenate([one.points, turned], 1).astype(np.float32))
    facing = np.clip((-maps[..., 4] - FACING[0]) / (FACING[1] - FACING[0]), 0, 1) * raster.covered
    seen = facing * inner(np.minimum(sample(one.bare, maps[..., :2]), 1), side // 40)
    return take_off_light(sample(one.linear, maps[..., :2]), maps[..., 2:]), seen.astype(np.float32)


def _matched(layer: Array, resting: Array) -> Array:
    """`layer` (S, S; stops) with its pores, freckles and stubble brought onto those of `resting`: else each would count."""
    side = len(layer)
    coded = [
        np.clip(AS_AT_REST + CONTRAST * (one - _soft(one, DETAIL * side)), 0, 255) for one in (resting, layer)
    ]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    found = search.calc(
        coded[0].astype(np.uint8), coded[1].astype(np.uint8), np.zeros((side, side, 2), np.float32)
    )
    shift = _soft(np.clip(found, -ASTRAY * side, ASTRAY * side), EVENLY * side)
    columns, rows = np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32)[:, None]
    to = cv2.remap(layer, columns + shift[..., 0], rows + shift[..., 1], cv2.INTER_LINEAR)
    return np.asarray(to, np.float32)


def _pressed(rest: Array, acting: Array, mesh: Mesh, side: int) -> Array:
    """(S, S) 0 to 1: how much the skin is shortened, in the direction in which it is most."""
    ours, theirs = (_products(shape[mesh.triangles].astype(np.float64)) for shape in (rest, acting))
    size = np.linalg.det(ours)
    flat = size < 1e-12  # the lips' inner edges touch
    ours[flat] = theirs[flat] = np.eye(2)
    squares = np.linalg.solve(ours, theirs)  # its eigenvalues: the stretches, squared
    half, product = np.trace(squares, axis1=1, axis2=2) / 2, np.linalg.det(squares)
    least = np.sqrt(np.maximum(half - np.sqrt(np.maximum(half**2 - product, 0)), 0))
    weight = np.where(flat, 0, np.sqrt(np.maximum(size, 0)))
    corners = mesh.triangles.ravel()
    mass = np.bincount(corners, np.repeat(weight, 3), len(rest))
    length = np.bincount(corners, np.repeat(weight * least, 3), len(rest)) / np.maximum(mass, 1e-12)
    short = np.where(mass > 0, 1 - length, 0).astype(np.float32)
    share = (uv_raster(mesh, side).interpolate(short[:, None])[..., 0] - PRESSED[0]) / (
        PRESSED[1] - PRESSED[0]
    )
    return _soft(np.clip(share, 0, 1), side / 128)


def _products(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m, 2, 2): the scalar products of two sides of each triangle (m, 3, 3)."""
    sides = corners[:, 1:] - corners[:, :1]
    return np.asarray(sides @ sides.transpose(0, 2, 1))


def _soft(field: NDArray[np.floating], sigma: float) -> Array:
    return np.asarray(cv2.GaussianBlur(field.astype(np.float32), (0, 0), sigma), np.float32)
