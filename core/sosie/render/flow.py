"""Where each pixel of the region comes from: the twin's texture (UV), and the moved plate (relief).

All fields belong to a region of the plate, `Region`; values are in the pixels of that region or in UV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.faces.landmarks import INNER_LIPS
from sosie.pictures.box import Region, laid
from sosie.pictures.field import smoothstep, softened
from sosie.render.breaks import breaks_of
from sosie.render.fit import Placed
from sosie.render.lips import parted
from sosie.render.reference import BANDS
from sosie.twin.raster import faced, rasterise

#: The region reaches this much beyond the face box, in face sizes.
MARGIN = 0.45
#: Seen edge-on the mesh's rim jumps from pixel to pixel: this much of it, in face sizes, moves as its inside does.
RIM = 0.015
#: So near the rim, in face sizes, what moves is evened out.
EVEN = 0.08
#: Triangles whose cosine to the viewer is smaller are edges, not skin: what lies beside them goes on over them.
EDGE_ON = 0.15
#: How far the surroundings move along, in face sizes: as far as the region reaches, which bends them least; what moves
#: less than so many pixels stays where it is, and what moves a little more moves less.
REACH, STILL = MARGIN, 0.1
#: What lies before the face holds what is so near it, in face sizes.
HELD = 0.03
OPENING_EYES = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)


@dataclass(frozen=True, eq=False)
class Flow:
    """Fields of the region (H, W), and of its part `near` the face (h, w)."""

    near: Region  # in the region's pixels
    uv: NDArray[np.float32]  # (h, w, 2), 0 to 1; outside the face the nearest face point's
    inside: NDArray[np.float32]  # (h, w): the twin's face, 0 or 1
    shift: NDArray[np.float32]  # (H, W, 2): pixel p of the relief comes from p + shift of the plate
    openings: NDArray[np.float32]  # (h, w), 0 to 1: eyes and an open mouth, which stay the plate's
    breaks: NDArray[np.float32]  # (h, w), 0 to 1: where the texture leaps from pixel to pixel
    scale: float  # texels of a texture of side 1 per pixel (median): picks the texture's level
    face: tuple[float, float]  # its width and height


def region_of(points: NDArray[np.float32]) -> Region:
    """The region around mesh points (n, 2 or more) in plate pixels."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    margin = MARGIN * float((high - low).max())
    x0, y0 = np.floor(low - margin).astype(int)
    width, height = (np.ceil((high - low + 2 * margin) / BANDS).astype(int) * BANDS).tolist()
    return Region(int(x0), int(y0), int(x0 + width), int(y0 + height))


def flow_of(
    placed: Placed,
    mesh: Mesh,
    near: Region,
    person: NDArray[np.float32],
    still: NDArray[np.float32],
) -> Flow:
    """All fields, with `placed` in the region's own pixels; `near` holds the face and what is drawn around it.

    `person` (H, W): the surroundings' displacement dies with it, and where she is `still` (H, W): what lies before a
    face, as hair does, stays where it is.
    """
    target = placed.points[:, :2] - np.array([near.x0, near.y0], np.float32)
    raster = rasterise(target, mesh.triangles, near.size, depth=placed.points[:, 2])
    fields = raster.interpolate(np.concatenate([mesh.uv, placed.source[:, :2] - placed.points[:, :2]], 1))
    frontal = faced(placed.points, mesh.triangles)[raster.triangle] > EDGE_ON
    fields = _taken(fields, _nearest(raster.covered & frontal)[0])
    inside = _whole(raster.covered)
    u, v, across, down = (np.asarray(plane, np.float32) for plane in cv2.split(fields))
    scale = _step(u, v, inside[:, 1:] & inside[:, :-1])
    uv = np.asarray(cv2.merge([_calm(u), _calm(v)]), np.float32)
    wide, high = np.ptp(target, 0).tolist()
    face = max(wide, high)
    side = 2 * max(round(RIM * face), 1) + 1
    inner = np.asarray(cv2.erode(inside.view(np.uint8), np.ones((side, side), np.uint8)), np.uint8)
    evened = [laid(plane, near, person.shape) for plane in _even_rim((across, down), inner, face)]
    nearest = _nearest(laid(inner, near, person.shape) > 0)
    shift = _spread(evened, *nearest, person, np.minimum(person, still), face)
    openings = openings_of(target, near.size, mouth=parted(placed.source))
    breaks = breaks_of(uv, target, scale, face)
    return Flow(near, uv, inside.astype(np.float32), shift, openings, breaks, scale, (wide, high))


def openings_of(
    points: NDArray[np.float32], size: tuple[int, int], *, mouth: float = 1.0
) -> NDArray[np.float32]:
    """(H, W) 0 to 1: eyes, and `mouth` of the inner mouth, of mesh points (n, 2 or more)."""
    canvas = np.zeros(size, np.uint8)
    for ring, share in ((INNER_LIPS, mouth), *((eye, 1.0) for eye in OPENING_EYES)):
        drawn = np.round((points[list(ring), :2] - 0.5) * 64)
        cv2.fillPoly(canvas, [drawn.astype(np.int32)], round(255 * share), cv2.LINE_AA, 6)
    return canvas.astype(np.float32) / np.float32(255)


def _whole(covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`covered` without the pixels that fall between two triangles where the face folds over itself."""
    return np.asarray(
        cv2.morphologyEx(covered.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    )


def _step(u: NDArray[np.float32], v: NDArray[np.float32], pairs: NDArray[np.bool_]) -> float:
    """How far a point of the texture is from its right neighbour's, where `pairs` (H, W - 1) of them count (median; every
    fourth row tells).
    """
    u, v = np.diff(u[::4], axis=1)[pairs[::4]], np.diff(v[::4], axis=1)[pairs[::4]]
    return float(np.median(cv2.magnitude(u, v))) if len(u) else 1e-3


def _calm(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without single pixels that land elsewhere than those around: skin seen edge-on, as under the nose."""
    return np.asarray(cv2.medianBlur(plane, 5), np.float32)


def _nearest(inside: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """(H, W): for every pixel the nearest pixel inside, counted row by row; and how far away it is."""
    distance, labels = cv2.distanceTransformWithLabels(
        (~inside).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    pixels = np.flatnonzero(inside)
    table = np.zeros(len(pixels) + 1, np.intp)
    table[np.take(labels, pixels)] = pixels
    return np.take(table, np.asarray(labels)), np.asarray(distance, np.float32)


def _taken(field: NDArray[np.float32], pixels: NDArray[np.intp]) -> NDArray[np.float32]:
    """`field` (H, W, k) as it is at `pixels` (H, W) of `_nearest`."""
    return np.take(field.reshape(-1, field.shape[-1]), pixels, axis=0)


def _even_rim(
    shift: tuple[NDArray[np.float32], NDArray[np.float32]], inner: NDArray[np.uint8], face: float
) -> list[NDArray[np.float32]]:
    """The planes of `shift`, even near the rim of `inner` (H, W; 0 or 1): there single triangles, seen edge-on, leap."""
    depth = cv2.distanceTransform(inner, cv2.DIST_L2, 5)
    deep = np.minimum(depth / np.float32(EVEN * face), 1)
    weight = inner.astype(np.float32)
    mass = softened(weight, EVEN / 2 * face) + np.float32(1e-6)
    means = [softened(plane * weight, EVEN / 2 * face) / mass for plane in shift]
    return [mean + (plane - mean) * deep for plane, mean in zip(shift, means, strict=True)]


def _spread(
    shift: Sequence[NDArray[np.float32]],
    nearest: NDArray[np.intp],
    distance: NDArray[np.float32],
    person: NDArray[np.float32],
    before: NDArray[np.float32],
    face: float,
) -> NDArray[np.float32]:
    """The face's displacement, a plane for each axis, carried outwards from the `nearest` pixels that are `distance`
    away: smoother with it, to nothing at REACH, off the person and in what lies `before` the face.
    """
    t = np.clip(1 - distance / np.float32(REACH * face), 0, 1)
    fade = smoothstep(t)
    reach = max(round(face * 0.03), 1)
    near = cv2.dilate((person > 0.5).view(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8))
    fade *= softened(near.astype(np.float32), max(reach / 2, 0.8))
    # A share of the person near by: what is beyond hair is held as the hair is.
    mass = softened(person, max(HELD * face, 0.8))
    fade *= 1 - softened(before, max(HELD * face, 0.8)) / np.maximum(mass, np.float32(1e-3))
    mix = np.minimum(distance / np.float32(0.06 * face), 1)
    planes = []
    for plane in shift:
        carried = np.take(plane, nearest)
        carried += (softened(carried, max(face * 0.05, 1.0)) - carried) * mix
        planes.append(carried * fade)
    length = np.maximum(cv2.magnitude(*planes), np.float32(STILL))
    shorter = 1 - np.square(np.float32(STILL) / length)
    return np.asarray(cv2.merge([plane * shorter for plane in planes]), np.float32)
