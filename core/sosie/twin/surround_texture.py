"""The texture around the face: ears, jaw and neck as the photographs show them, in the surround's own rectangle.

Only views on one level take part (frontal and turned): a neck does not follow the head up and down. A texel counts in
a view where nothing stands before it, where the landmark network saw neither hair nor room, and where the colour is that of
the face's own skin; hair, clothes and what no view shows is filled as in the face. Brightness is led over from the face at its rim, so that no seam shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Mesh
from sosie.faces.shown import shown_at
from sosie.pictures.field import blurred, ramp
from sosie.twin.bare import inner, log_colour
from sosie.twin.basis import Basis, Camera
from sosie.twin.fill import fill
from sosie.twin.raster import Raster, rasterise, vertex_normals
from sosie.twin.rig import take_off_light
from sosie.twin.surround import FACE, Surround, surround_of
from sosie.twin.texture import Texture, sample, two_band

#: Rows and columns of the texture.
SIZE = (1024, 512)
#: Photographs are looked at in this many pixels, to see what hides what; and a surface this far behind, in units of
#: the eye distance, is hidden.
LOOK, BEHIND = 512, 0.06
#: Skin out of the lamps' light may be this much darker than the face, in log brightness.
SHADE = 0.12
#: What the landmark network says is bare by the first is surely hair or room, by the second it may be skin.
OWN = (0.05, 0.3)
#: What is narrower than this, in texels, or smaller than this part of the texture, is not taken for skin.
STRAND, SPECK = (41, 41), 0.02
#: Brightness is led over from the face within this share of the texture's height.
LEAD = 0.12


@dataclass(frozen=True, eq=False)
class Unrolled:
    """The surround drawn in its rectangle. Vertices on its rim and in the middle stand there more than once."""

    raster: Raster
    vertices: NDArray[np.int32]  # the head's vertex at each point of the raster


def unroll(surround: Surround, size: tuple[int, int] = SIZE) -> Unrolled:
    """The surround's polygons as triangles over one point for each corner."""
    corners = surround.polygons
    number = np.arange(corners.size, dtype=np.int32).reshape(corners.shape)
    triangles = np.concatenate([number[:, [0, 1, 2]], number[corners[:, 3] >= 0][:, [0, 2, 3]]])
    points = (surround.uv * [size[1], size[0]]).reshape(-1, 2).astype(np.float32)
    return Unrolled(rasterise(points, triangles, size, facing=False), np.maximum(corners, 0).ravel())


def triangles_of(polygons: NDArray[np.int32]) -> NDArray[np.int32]:
    """Polygons (m, 4), -1 last in a triangle, as triangles (k, 3)."""
    return np.concatenate([polygons[:, [0, 1, 2]], polygons[polygons[:, 3] >= 0][:, [0, 2, 3]]])


def fuse_surround(
    pictures: Sequence[NDArray[np.float32]],
    views: Sequence[Face],
    cameras: Sequence[Camera],
    shape: NDArray[np.float32],
    face: Texture,
    mesh: Mesh,
    basis: Basis,
    surround: Surround,
) -> Texture:
    """The texture (1024, 512) from linear-light `pictures` (H, W, 3) with their `views`, frontal first, of the neutral face
    `shape`.
    """
    head = np.concatenate([shape, surround_of(shape, basis, surround)])
    triangles = np.concatenate([mesh.triangles, triangles_of(surround.polygons)])
    normals = vertex_normals(head, triangles)
    drawn = unroll(surround)
    layers, weights, told = [], [], []
    for picture, view, camera in zip(pictures, views, cameras, strict=True):
        seen = camera.project(head)
        turned = normals @ camera.rotation.T.astype(np.float32)
        maps = drawn.raster.interpolate(np.concatenate([seen, turned], 1)[drawn.vertices])
        layers.append(take_off_light(sample(picture, maps[..., :2]), maps[..., 3:]))
        told.append(sample(shown_at(view.shown, view.crop, picture.shape[:2]), maps[..., :2]))
        facing = np.clip(-maps[..., 5], 0, 1)
        shown = _shown(seen, triangles, maps[..., :3], picture.shape[:2], BEHIND * camera.scale)
        weights.append(np.where(facing > 0.25, facing**3, 0) * shown * drawn.raster.covered)
    stack, weight = np.stack(layers), np.stack(weights).astype(np.float32)
    bare = log_colour(face.albedo[:: len(face.albedo) // 256, :: len(face.albedo) // 256])
    known = face.valid[:: len(face.valid) // 256, :: len(face.valid) // 256] > 0.9
    skin = _like_skin(log_colour(stack), bare[known]) * ramp(np.stack(told), *OWN)
    in_sight = weight > 0
    clean = weight * np.stack(
        [inner(_broad(one * there), SIZE[0] // 32) for one, there in zip(skin, in_sight, strict=True)]
    )
    albedo, seen_by = two_band(stack, clean, SIZE[0] / 40)
    valid = np.asarray(np.clip(seen_by / 0.05, 0, 1) * drawn.raster.covered, np.float32)
    whole = fill(albedo, valid)
    return Texture(np.clip(_led(whole, face, mesh, drawn), 0, 1).astype(np.float32), valid)


def _like_skin(coded: NDArray[np.float32], bare: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, H, W) 0 to 1: how much the log colours `coded` (n, H, W, 3) are those of `bare` (k, 3)."""
    centre = np.median(bare, 0)
    spread = 1.4826 * np.median(np.abs(bare - centre), 0) + np.array([SHADE, 0.06, 0.06], np.float32)
    blurred = np.stack([cv2.GaussianBlur(layer, (0, 0), SIZE[0] / 200) for layer in coded])
    distance = np.sqrt((((blurred - centre) / spread) ** 2).sum(-1))
    return np.asarray(np.clip((5.0 - distance) / 1.5, 0, 1), np.float32)


def _broad(skin: NDArray[np.float32]) -> NDArray[np.float32]:
    """`skin` (H, W) without strands and specks: they are hair that has caught the light."""
    opened = cv2.morphologyEx(skin, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, STRAND))
    _, parts, told, _ = cv2.connectedComponentsWithStats((opened > 0.2).astype(np.uint8))
    large = told[:, cv2.CC_STAT_AREA] >= SPECK * skin.size
    return np.asarray(opened * large[parts], np.float32)


def _shown(
    seen: NDArray[np.float32],
    triangles: NDArray[np.int32],
    place: NDArray[np.float32],
    size: tuple[int, int],
    behind: float,
) -> NDArray[np.float32]:
    """(H, W) 1 where `place` (H, W, 3: x, y, depth in a picture of `size`) is the nearest surface there."""
    scale = LOOK / max(size)
    small = (round(size[0] * scale), round(size[1] * scale))
    depths = rasterise(seen[:, :2] * scale, triangles, small, depth=seen[:, 2])
    far = np.where(depths.covered, depths.interpolate(seen[:, 2:])[..., 0], np.float32(np.inf))
    near = cv2.remap(
        cv2.erode(far, np.ones((3, 3), np.uint8)),
        place[..., 0] * np.float32(scale) - np.float32(0.5),
        place[..., 1] * np.float32(scale) - np.float32(0.5),
        cv2.INTER_NEAREST,
        borderValue=np.inf,
    )
    return np.asarray(
        cv2.GaussianBlur((place[..., 2] < near + behind).astype(np.float32), (0, 0), 2), np.float32
    )


def _led(albedo: NDArray[np.float32], face: Texture, mesh: Mesh, drawn: Unrolled) -> NDArray[np.float32]:
    """`albedo` times what takes it to the face's colour at the rim, fading away from there."""
    points = drawn.raster.points
    rim = np.flatnonzero((drawn.vertices < FACE) & (points.sum(1) > 0))
    side, height = len(face.albedo), SIZE[0]
    wanted, there = (
        blurred(texture, weight, sigma)
        for texture, weight, sigma in (
            (face.albedo[::4, ::4], face.valid[::4, ::4] + np.float32(1e-3), side / 4 / 60),
            (albedo, drawn.raster.covered.astype(np.float32), height / 60),
        )
    )
    at = np.clip((mesh.uv[drawn.vertices[rim]] * side / 4).astype(int), 0, side // 4 - 1)
    here = np.clip(points[rim].astype(int), 0, [SIZE[1] - 1, height - 1])
    ratio = np.log((wanted[at[:, 1], at[:, 0]] + 0.01) / (there[here[:, 1], here[:, 0]] + 0.01))
    stamped, mass = np.zeros_like(albedo), np.zeros(SIZE, np.float32)
    sure = face.valid[::4, ::4][at[:, 1], at[:, 0]]  # what the face itself has only filled leads nobody
    stamped[here[:, 1], here[:, 0]] = np.clip(ratio, -0.5, 0.5) * sure[:, None]
    mass[here[:, 1], here[:, 0]] = sure
    sigma = LEAD * height / 2
    spread = cv2.GaussianBlur(mass, (0, 0), sigma)
    carried = cv2.GaussianBlur(stamped, (0, 0), sigma) / (spread + 1e-9)[..., None]
    fade = np.clip(spread / max(float(np.max(spread)) / 2, 1e-9), 0, 1)[..., None]
    return np.asarray(albedo * np.exp(carried * fade), np.float32)
