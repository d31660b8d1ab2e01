"""The fused UV texture: each neutral view unwrapped, cleaned of hair, its light taken off, and blended.

Low frequencies are an average over the views, detail comes from the view that sees the texel best; eyes, brows and
mouth come from the frontal view alone, nostrils from the one that looks into them, so that nothing is doubled. What no
view shows as skin (hair over the face) is marked invalid and filled from the other half of the face, then from the
neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Mesh
from sosie.pictures.field import softened, three
from sosie.twin.bare import among_skin, bare_skin, inner, loose_strands
from sosie.twin.features import brow_ends, feature_mask, hidden_halves, nostrils, underside
from sosie.twin.fill import fill
from sosie.twin.raster import Raster, rasterise, vertex_normals
from sosie.twin.rig import take_off_light
from sosie.twin.shape import Neutral

#: Work is done at this side, then enlarged: a 640 px photograph holds less than 512 texels across the face.
SIDE = 2048


@dataclass(frozen=True, eq=False)
class Texture:
    """`albedo` (T, T, 3) float32 linear reflectance; `valid` (T, T) float32, 1 where a photograph shows skin.

    `hidden` names the halves of features that hair hides, as `left_eye`.
    """

    albedo: NDArray[np.float32]
    valid: NDArray[np.float32]
    hidden: frozenset[str] = frozenset()


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
    layers, weights, bares = [], [], []
    for picture, view, camera in zip(pictures, views, neutral.cameras, strict=True):
        turned = normals @ camera.rotation.T.astype(np.float32)
        attributes = np.concatenate([view.landmarks[:468, :2], turned], 1).astype(np.float32)
        maps = raster.interpolate(attributes)
        scale = camera.scale / 300  # photographs with more pixels on the face count more
        layer = sample(picture, maps[..., :2])
        layers.append(take_off_light(layer, maps[..., 2:]))
        bares.append(np.minimum(sample(bare_skin(picture, view, mesh), maps[..., :2]), 1))
        facing = np.clip(-maps[..., 4], 0, 1)
        weights.append(np.where(facing > 0.35, facing**4, 0) * min(scale, 2.0) * raster.covered)
    stack, weight = np.stack(layers), np.stack(weights).astype(np.float32)
    bare = np.stack(bares)
    loose = loose_strands(stack, bare)
    skin = np.stack([inner(one, work // 40) for one in bare]) * (1 - loose)
    hidden = hidden_halves(mesh, bare[0])
    # What hides half an eye in the frontal view may let it be seen in another: still it is filled from the other half.
    features = feature_mask(mesh, work, hidden)
    skin *= 1 - (feature_mask(mesh, work) - features)
    # A brow's end belongs to the brow's view too, unless hair lies there.
    features = np.maximum(features, brow_ends(mesh, work) * skin[0])
    among = np.stack([among_skin(one, work // 40) for one in bare])
    features *= among[0]
    clean = weight * np.maximum(skin, features[None])
    # The frontal view owns the features; elsewhere it is preferred, because its landmarks are the most exact.
    clean[0] = np.where(features > 0.5, np.maximum(clean[0], 1.0) * raster.covered, clean[0] * 1.5)
    clean[1:] *= 1 - features
    nose, below = nostrils(mesh, work) * features, _from_below(weight, underside(mesh, work))
    clean *= 1 - nose
    clean[below] = np.maximum(clean[below], nose * weight[below])
    albedo, seen = two_band(stack, clean, work / 40)
    # What little weight is left in the margin along hair sees its shadow.
    shown = np.maximum((among * (1 - loose) * (weight > 0)).max(0), features)
    valid = np.clip(seen / 0.05, 0, 1) * np.clip(2 * shown - 1, 0, 1) * raster.covered
    albedo = fill(albedo, valid)
    big = cv2.resize(albedo, (side, side), interpolation=cv2.INTER_CUBIC)
    return Texture(
        np.clip(big, 0, 1).astype(np.float32),
        cv2.resize(valid.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR),
        hidden,
    )


def _from_below(weight: NDArray[np.float32], under: NDArray[np.float32]) -> int:
    """The view that sees both halves of the nose's underside best: the one with the head raised, if there is one."""
    both = np.minimum(weight, weight[:, :, ::-1])
    return int((both * under).sum((1, 2)).argmax())


def sample(picture: NDArray[np.float32], xy: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w[, 3]): the `picture` (H, W[, 3]), 0 upwards, at its places `xy` (h, w, 2)."""
    out = cv2.remap(
        picture, xy[..., 0] - 0.5, xy[..., 1] - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.maximum(np.asarray(out, np.float32), 0)


def two_band(
    stack: NDArray[np.float32], weight: NDArray[np.float32], sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Low frequencies averaged, high ones from the best view with a narrow seam. Also the total weight."""
    soft = np.stack([softened(w, sigma / 2) * (w > 0) for w in weight])
    total = soft.sum(0) + 1e-8
    best = (weight == weight.max(0)) & (weight > 0)
    sharp = np.stack([cv2.GaussianBlur(b.astype(np.float32), (0, 0), 2.5) for b in best])
    sharp /= sharp.sum(0) + 1e-8
    low = np.zeros_like(stack[0])
    high = np.zeros_like(stack[0])
    for layer, w, s in zip(stack, soft, sharp, strict=True):
        seen = (w > 0).astype(np.float32)
        band = softened(layer * three(seen), sigma) / (softened(seen, sigma)[..., None] + np.float32(1e-4))
        low += band * (w / total)[..., None]
        high += (layer - band) * s[..., None]
    return np.maximum(low + high, 0), weight.sum(0)
