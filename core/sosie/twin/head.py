"""The twin as a head for 3D programs: mesh, UVs, the 52 ARKit shapes, and maps.

The face is measured. Around it stand forehead, jaw, ears and neck: their shape is the likeliest for this face
(`surround.py`), their colours are the photographs' where these show skin. Hair, the back of the head, teeth and tongue
are not there; of a pack without a surround, the face alone. The eyes' openings are polygons of their own, to be left
out where `eyes` are shown as spheres.

Frame: metres, x to the picture's right, y up, z towards the viewer, the origin between the eyes (glTF's axes). One unit
of the basis is the distance between the outer eye corners, taken from the canonical mesh: photographs do not tell a
person's size. The maps show the face in their left two thirds, and the surround in the right third.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import EXPRESSIONS, Mesh
from sosie.pictures import from_linear
from sosie.twin.basis import Basis
from sosie.twin.surround import Surround, surround_of
from sosie.twin.texture import uv_raster
from sosie.twin.twin import Twin

#: Apple's 52nd, of which neither network nor basis knows anything: it is there by name and moves nothing.
UNKNOWN = "tongueOut"
NAMES: tuple[str, ...] = (*EXPRESSIONS[1:], UNKNOWN)
#: Regions of polygons, each a material.
SKIN, EYE, MOUTH = 0, 1, 2
EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
OILY = (4, 5, 195, 197, 6, 168, 8, 9, 151, 10, 108, 337, 69, 299)  # nose and forehead
#: Perceptual roughness: skin, where it shines, lips (Weyrich et al. 2006 measured the order, not these figures).
ROUGHNESS = (0.5, 0.4, 0.34)
#: A corner this far from a right angle, in degrees, makes a quad not worth having.
CROOKED = 75.0
ROUGHNESS_SIDE = 512
#: What of the maps' width and height face and surround take.
FACE_PART, AROUND_PART = np.array([2 / 3, 1]), np.array([1 / 3, 1])
#: Metres. Eyes hardly differ in size (Bekerman et al. 2014: 24 mm across).
EYE_RADIUS, CORNEA = 0.012, 0.0025


@dataclass(frozen=True, eq=False)
class Head:
    """See the module for the frame."""

    vertices: NDArray[np.float32]  # (n, 3), n at least 468: the face's come first
    polygons: NDArray[np.int32]  # (m, 4), -1 last in a triangle; counter-clockwise from outside
    regions: NDArray[np.uint8]  # (m,)
    uv: NDArray[np.float32]  # (m, 4, 2) of each polygon's corners, v up
    shapes: NDArray[np.float32]  # (52, n, 3) offsets, in the order of NAMES
    eyes: NDArray[np.float32]  # (2, 4) centre and radius, the person's right eye first
    albedo: NDArray[np.uint8]  # (T, W, 3) sRGB; W is 1.5 T with a surround, else T
    roughness: NDArray[np.uint8]  # (R, .), R any side
    relief: NDArray[np.uint8]  # (T, W); 128 is level


def build_head(twin: Twin, basis: Basis, mesh: Mesh, surround: Surround) -> Head:
    """The head of `twin`; `mesh` gives the face's topology, UVs and average size, `surround` what stands around it."""
    corners = mesh.vertices[[33, 263]]
    unit = float(np.linalg.norm(corners[0] - corners[1])) / 100
    towards_us = np.array([1, -1, -1], np.float32) * np.float32(unit)
    regions = _regions(mesh.triangles)
    polygons, kinds = quads(mesh.triangles, regions, mesh.uv)
    vertices, shapes = twin.shape, basis.expression[1:]
    uv = np.where(polygons[..., None] >= 0, mesh.uv[polygons], 0)
    if twin.surround is not None:
        vertices = np.concatenate([vertices, surround_of(twin.shape, basis, surround)])
        shapes = np.concatenate([shapes, surround.expression[1:]], 1)
        polygons = np.concatenate([polygons, surround.polygons])
        kinds = np.concatenate([kinds, np.full(len(surround.polygons), SKIN, np.uint8)])
        uv = np.concatenate([uv * FACE_PART, surround.uv * AROUND_PART + FACE_PART * [1, 0]])
    return Head(
        vertices=vertices * towards_us,
        polygons=polygons,
        regions=kinds,
        uv=np.stack([uv[..., 0], 1 - uv[..., 1]], -1).astype(np.float32),
        shapes=np.concatenate([shapes, np.zeros_like(shapes[:1])]) * towards_us,
        eyes=_eyes(twin.shape * towards_us),
        albedo=_albedo(twin),
        roughness=_roughness(mesh, surrounded=twin.surround is not None),
        relief=_relief(twin),
    )


def _albedo(twin: Twin) -> NDArray[np.uint8]:
    """(T, W, 3) sRGB, by a table of what each half float becomes."""
    levels = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    finite = np.nan_to_num(levels, nan=0, posinf=1, neginf=0)
    table = np.asarray(from_linear(finite[:, None, None], np.uint8, "srgb"), np.uint8).ravel()
    surround = None if twin.surround is None else table[twin.surround.view(np.uint16)]
    beside = _beside(table[np.ascontiguousarray(twin.albedo).view(np.uint16)], surround)
    return np.round(np.clip(beside, 0, 255)).astype(np.uint8)


def _beside(face: NDArray[Any], surround: NDArray[Any] | None) -> NDArray[np.float32]:
    """The face's map (T, T, k), and the surround's enlarged to (T, T / 2, k) on its right."""
    side = len(face)
    if surround is None:
        return face.astype(np.float32)
    large = cv2.resize(surround.astype(np.float32), (side // 2, side), interpolation=cv2.INTER_CUBIC)
    return np.concatenate([face.astype(np.float32), np.clip(large, 0, None).reshape(side, side // 2, -1)], 1)


def quads(
    triangles: NDArray[np.int32], regions: NDArray[np.uint8], uv: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Triangles of one region joined in pairs, the most rectangular first; polygons (m, 4) and their regions (m,)."""
    sides: dict[frozenset[int], list[int]] = {}
    for number, corners in enumerate(triangles.tolist()):
        for k in range(3):
            sides.setdefault(frozenset((corners[k], corners[(k + 1) % 3])), []).append(number)
    pairs = []
    for side, owners in sides.items():
        if len(owners) == 2 and regions[owners[0]] == regions[owners[1]]:
            quad = _joined(triangles[owners[0]].tolist(), triangles[owners[1]].tolist(), side)
            pairs.append((_crookedness(uv[quad]), owners, quad))
    free = np.ones(len(triangles), bool)
    polygons, kinds = [], []
    for crooked, owners, quad in sorted(pairs, key=lambda pair: (pair[0], pair[1])):
        if crooked < CROOKED and free[owners].all():
            free[owners] = False
            polygons.append(quad)
            kinds.append(regions[owners[0]])
    for number in np.flatnonzero(free).tolist():
        polygons.append([*triangles[number].tolist(), -1])
        kinds.append(regions[number])
    return np.asarray(polygons, np.int32), np.asarray(kinds, np.uint8)


def _joined(first: list[int], second: list[int], side: frozenset[int]) -> list[int]:
    """The four corners in the triangles' own order: each triangle's third corner, and the shared side between."""
    at = next(k for k in range(3) if first[k] not in side)
    beyond = next(corner for corner in second if corner not in side)
    return [first[at], first[(at + 1) % 3], beyond, first[(at + 2) % 3]]


def _crookedness(corners: NDArray[np.float32]) -> float:
    """The largest distance of an angle from 90 degrees; a quad that is not convex is 180 or more away."""
    before, after = np.roll(corners, 1, 0) - corners, np.roll(corners, -1, 0) - corners
    cross = after[:, 0] * before[:, 1] - after[:, 1] * before[:, 0]
    if not ((cross > 0).all() or (cross < 0).all()):
        return 180.0
    angle = np.degrees(np.arctan2(np.abs(cross), (before * after).sum(1)))
    return float(np.abs(angle - 90).max())


def _regions(triangles: NDArray[np.int32]) -> NDArray[np.uint8]:
    regions = np.full(len(triangles), SKIN, np.uint8)
    for ring in EYES:
        regions[np.isin(triangles, ring).all(1)] = EYE
    regions[np.isin(triangles, INNER_LIPS).all(1)] = MOUTH
    return regions


def _eyes(vertices: NDArray[np.float32]) -> NDArray[np.float32]:
    """Spheres of an adult's size, their fronts where the middle of the lids' edge is, and a cornea's height before."""
    fronts = np.stack([vertices[list(ring)].mean(0) for ring in EYES]) + np.array([0, 0, CORNEA], np.float32)
    centres = fronts - np.array([0, 0, EYE_RADIUS], np.float32)
    return np.concatenate([centres, np.full((2, 1), EYE_RADIUS)], 1).astype(np.float32)


def _roughness(mesh: Mesh, *, surrounded: bool) -> NDArray[np.uint8]:
    values = np.full((len(mesh.uv), 1), ROUGHNESS[0], np.float32)
    values[list(OILY)] = ROUGHNESS[1]
    values[[*LIPS, *INNER_LIPS]] = ROUGHNESS[2]
    raster = uv_raster(mesh, ROUGHNESS_SIDE)
    drawn = np.where(raster.covered, raster.interpolate(values)[..., 0], ROUGHNESS[0])
    soft = np.asarray(cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), ROUGHNESS_SIDE / 100), np.float32)
    plain = np.full((ROUGHNESS_SIDE, ROUGHNESS_SIDE // 2 if surrounded else 0), ROUGHNESS[0], np.float32)
    return _grey(np.concatenate([soft, plain], 1))


def _relief(twin: Twin) -> NDArray[np.uint8]:
    """Pores and lines as heights: darker than the neighbourhood is deeper ("dark is deep", Glencross et al. 2008)."""
    valid = _beside(
        twin.valid[..., None], None if twin.surround_valid is None else twin.surround_valid[..., None]
    )
    bright = np.log(np.maximum(_beside(twin.albedo, twin.surround).mean(-1), 0.01))
    fine = bright - cv2.GaussianBlur(bright, (0, 0), twin.texture_px / 256)
    return _grey(np.asarray(0.5 + fine * (valid[..., 0] > 127), np.float32))


def _grey(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
