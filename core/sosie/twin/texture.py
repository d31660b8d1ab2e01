"""The fused UV texture: each neutral view unwrapped, cleaned of hair, its light taken off, and blended.

Low frequencies are an average over the views, detail comes from the view that sees the texel best; eyes, brows and
mouth come from the frontal view alone, so that nothing is doubled. What no view shows as skin (hair over the face)
is marked invalid and filled from the other half of the face, then from the neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Mesh
from sosie.twin.raster import Raster, rasterise, vertex_normals
from sosie.twin.rig import take_off_light
from sosie.twin.shape import Neutral

#: Work is done at this side, then enlarged: a 640 px photograph holds less than 512 texels across the face.
SIDE = 2048
#: Landmark rings that must come from one view: eyes with lids, brows, mouth, nostrils.
FEATURES = {
    "right_eye": (226, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25),
    "left_eye": (446, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255),
    "right_brow": (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    "left_brow": (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
    "mouth": (57, 186, 92, 165, 167, 164, 393, 391, 322, 410, 287, 273, 335, 406, 313, 18, 83, 182, 106, 43),
    "nostrils": (98, 97, 2, 326, 327, 279, 360, 363, 281, 5, 51, 134, 131, 49),
}
#: Where a brow's end may lie beyond its landmarks.
BROW_ENDS = ((46, 70, 63, 156, 124), (276, 300, 293, 383, 353))
#: An eye or brow can be hidden when less than this share of the skin around it shows.
SHOWN = 0.4
#: Where skin is hardly ever covered by hair: nose, philtrum, chin, inner cheeks.
SEEDS = (
    4,
    5,
    195,
    197,
    6,
    51,
    281,
    45,
    275,
    36,
    266,
    101,
    330,
    205,
    425,
    18,
    200,
    199,
    175,
    164,
    203,
    423,
    50,
    280,
)


@dataclass(frozen=True, eq=False)
class Texture:
    """`albedo` (T, T, 3) float32 linear reflectance; `valid` (T, T) float32, 1 where a photograph shows skin."""

    albedo: NDArray[np.float32]
    valid: NDArray[np.float32]


def uv_raster(mesh: Mesh, side: int) -> Raster:
    """The mesh drawn in its own UV square."""
    return rasterise(mesh.uv * side, mesh.triangles, (side, side), facing=False)


def fuse(
    pictures: Sequence[NDArray[np.float32]],
    views: Sequence[Face],
    neutral: Neutral,
    mesh: Mesh,
    side: int = SIDE,
) -> Texture:
    """One texture from linear-light `pictures` (H, W, 3) with their `views`; the first one is the frontal view."""
    work = min(side, 1024)
    raster = uv_raster(mesh, work)
    normals = vertex_normals(neutral.shape, mesh.triangles)
    layers, weights = [], []
    for picture, view, camera in zip(pictures, views, neutral.cameras, strict=True):
        turned = normals @ camera.rotation.T.astype(np.float32)
        attributes = np.concatenate([view.landmarks[:468, :2], turned], 1).astype(np.float32)
        maps = raster.interpolate(attributes)
        scale = camera.scale / 300  # photographs with more pixels on the face count more
        layer = sample(picture, maps[..., :2])
        layers.append(take_off_light(layer, maps[..., 2:]))
        facing = np.clip(-maps[..., 4], 0, 1)
        weights.append(np.where(facing > 0.35, facing**4, 0) * min(scale, 2.0) * raster.covered)
    stack, weight = np.stack(layers), np.stack(weights).astype(np.float32)
    bare = _skin(stack, weight, raster, mesh)
    skin = np.stack([inner(one, work // 40) for one in bare])
    features = feature_mask(mesh, work, bare[0])
    # A brow's end belongs to the brow's view too, unless hair lies there.
    features = np.maximum(features, _soft_mask(mesh, BROW_ENDS, work) * skin[0])
    clean = weight * np.maximum(skin, features[None])
    # The frontal view owns the features; elsewhere it is preferred, because its landmarks are the most exact.
    clean[0] = np.where(features > 0.5, np.maximum(clean[0], 1.0) * raster.covered, clean[0] * 1.5)
    clean[1:] *= 1 - features
    albedo, seen = two_band(stack, clean, work / 40)
    valid = np.clip(seen / 0.05, 0, 1) * raster.covered
    albedo = fill(albedo, valid)
    big = cv2.resize(albedo, (side, side), interpolation=cv2.INTER_CUBIC)
    return Texture(
        np.clip(big, 0, 1).astype(np.float32),
        cv2.resize(valid.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR),
    )


def feature_mask(mesh: Mesh, side: int, skin: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """(side, side) float32: 1 in eyes, brows, mouth and nostrils, soft edges.

    With `skin` (side, side), an eye or brow under hair is left out.
    """
    shapes = {name: _hull(mesh, ring, side) for name, ring in FEATURES.items()}
    shown = [name for name in shapes if skin is None or not _hidden(name, shapes, skin)]
    return _soft_mask(mesh, [FEATURES[name] for name in shown], side)


def _soft_mask(mesh: Mesh, rings: Iterable[Sequence[int]], side: int) -> NDArray[np.float32]:
    """(side, side), 0 to 1: the hulls of `rings`, grown a little, with soft edges."""
    mask = np.zeros((side, side), np.uint8)
    for ring in rings:
        mask |= _hull(mesh, ring, side)
    grown = cv2.dilate(mask, np.ones((side // 64, side // 64), np.uint8))
    return np.asarray(cv2.GaussianBlur(grown, (0, 0), side / 128) / np.float32(255), np.float32)


def _hull(mesh: Mesh, ring: Sequence[int], side: int) -> NDArray[np.uint8]:
    """(side, side), 0 or 255."""
    one = np.zeros((side, side), np.uint8)
    hull = cv2.convexHull(np.round(mesh.uv[list(ring)] * side).astype(np.int32))
    cv2.fillConvexPoly(one, hull, 255)
    return one


def _hidden(name: str, shapes: dict[str, NDArray[np.uint8]], skin: NDArray[np.float32]) -> bool:
    """Whether hair lies over one eye or brow: the skin around it is gone, that around the other one is there."""
    side, _, part = name.partition("_")
    other = {"left": "right", "right": "left"}.get(side)
    if other is None:
        return False
    here, there = (_shown_around(shapes[n], skin) for n in (name, f"{other}_{part}"))
    return here < SHOWN and there > here + 0.3


def _shown_around(shape: NDArray[np.uint8], skin: NDArray[np.float32]) -> float:
    width = len(shape) // 20
    around = (cv2.dilate(shape, np.ones((width, width), np.uint8)) > 0) & (shape == 0)
    return float(skin[around].mean())


def sample(picture: NDArray[np.float32], xy: NDArray[np.float32]) -> NDArray[np.float32]:
    out = cv2.remap(
        picture, xy[..., 0] - 0.5, xy[..., 1] - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.maximum(np.asarray(out, np.float32), 0)


def _skin(
    stack: NDArray[np.float32], weight: NDArray[np.float32], raster: Raster, mesh: Mesh
) -> NDArray[np.float32]:
    """(n, T, T) 0 to 1: colour statistics of surely bare skin, asked of every texel of every view."""
    side = raster.triangle.shape[0]
    seeds = np.zeros((side, side), np.uint8)
    for x, y in np.round(mesh.uv[list(SEEDS)] * side).astype(int):
        cv2.circle(seeds, (int(x), int(y)), side // 48, 1, -1)
    coded = log_colour(stack)
    return likeness_to(coded, coded[(seeds[None] > 0) & (weight > 0.2)], side / 200)


def likeness_to(
    coded: NDArray[np.float32], bare: NDArray[np.float32], sigma: float, slack: float = 0.12
) -> NDArray[np.float32]:
    """(n, H, W) 0 to 1: how much the log colours `coded` (n, H, W, 3) are those of `bare` (k, 3), read over `sigma`.

    `slack` is how much darker or brighter skin may be, in log brightness, beyond the spread of `bare`.
    """
    centre = np.median(bare, 0)
    spread = 1.4826 * np.median(np.abs(bare - centre), 0) + np.array([slack, 0.06, 0.06], np.float32)
    blurred = np.stack([cv2.GaussianBlur(layer, (0, 0), sigma) for layer in coded])
    distance = np.sqrt((((blurred - centre) / spread) ** 2).sum(-1))
    return np.asarray(np.clip((5.0 - distance) / 1.5, 0, 1), np.float32)


def inner(skin: NDArray[np.float32], margin: int) -> NDArray[np.float32]:
    """Skin less a margin along hair: its shadow and its strands reach further than its colour. Specks are no hair."""
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (margin // 2 | 1, margin // 2 | 1))
    whole = cv2.morphologyEx(skin, cv2.MORPH_CLOSE, round_)
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1))
    eroded = cv2.erode(whole, wide, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return np.asarray(cv2.GaussianBlur(eroded, (0, 0), margin / 4) * whole, np.float32)


def log_colour(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log brightness and two log ratios."""
    safe = np.log(np.maximum(linear, 0.004))
    codes = [safe.mean(-1), safe[..., 0] - safe[..., 1], safe[..., 1] - safe[..., 2]]
    return np.stack(codes, -1).astype(np.float32, copy=False)


def two_band(
    stack: NDArray[np.float32], weight: NDArray[np.float32], sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Low frequencies averaged, high ones from the best view with a narrow seam. Also the total weight."""
    soft = np.stack([cv2.GaussianBlur(w, (0, 0), sigma / 2) * (w > 0) for w in weight])
    total = soft.sum(0) + 1e-8
    best = (weight == weight.max(0)) & (weight > 0)
    sharp = np.stack([cv2.GaussianBlur(b.astype(np.float32), (0, 0), 2.5) for b in best])
    sharp /= sharp.sum(0) + 1e-8
    low = np.zeros_like(stack[0])
    high = np.zeros_like(stack[0])
    for layer, w, s in zip(stack, soft, sharp, strict=True):
        mass = cv2.GaussianBlur((w > 0).astype(np.float32), (0, 0), sigma)[..., None] + 1e-4
        band = cv2.GaussianBlur(layer * (w > 0)[..., None], (0, 0), sigma) / mass
        low += band * (w / total)[..., None]
        high += (layer - band) * s[..., None]
    return np.maximum(low + high, 0), weight.sum(0)


def fill(albedo: NDArray[np.float32], valid: NDArray[np.float32]) -> NDArray[np.float32]:
    """Invalid texels from the mirrored half, then from the valid neighbourhood (the mesh's UV is symmetric)."""
    mirror, mirror_valid = albedo[:, ::-1], valid[:, ::-1]
    side = len(valid)
    low, other = smooth(albedo, valid, side / 12), smooth(mirror, mirror_valid, side / 12)
    # The two halves differ a little in tone; a larger ratio is a measurement without ground.
    matched = mirror * np.clip((low + 0.01) / (other + 0.01), 0.7, 1.4)
    use = np.clip(mirror_valid, 0, 1)[..., None]
    filler = matched * use + low * (1 - use)
    soft = cv2.GaussianBlur(cv2.erode(valid, np.ones((7, 7), np.uint8)), (0, 0), 4)[..., None]
    return np.asarray(albedo * soft + filler * (1 - soft), np.float32)


def smooth(picture: NDArray[np.float32], weight: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Normalised blur; far from any weight the mean."""
    mean = (picture * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    top = cv2.GaussianBlur(picture * weight[..., None], (0, 0), sigma) + 1e-3 * mean
    return np.asarray(top / (cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-3)[..., None], np.float32)
