"""What the lamps around a face do to it: second-order harmonics of their light, from the skin that was measured.

- Scattered by the skin, light depends on the surface's direction: its first order is weakened to 2/3, its second to 1/4
  (Basri and Jacobs 2003).
- Mirrored by it, as gloss, it depends on the direction that the eye sees in the mirror, and is weakened less (Ramamoorthi
  and Hanrahan 2001). So gloss lies where lamps are mirrored; on deep skin it is half of what is seen.

Each channel has its own harmonics, so that coloured lamps stay apart. Normals: x right, y down, z away from the camera.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.colour import LUMA
from sosie.pictures.field import Field, fill
from sosie.twin.raster import Raster
from sosie.twin.rig import harmonics

#: What is left of the light's two higher orders: scattered; and mirrored, by skin's roughness and as surely as they are known.
SCATTERED, MIRRORED = (2 / 3, 1 / 4), (0.8, 0.35)
#: The fit prefers small directional terms, most of all the second order.
RIDGE = np.diag(np.array([0, 1, 1, 1, 4, 4, 4, 4, 4], np.float32))
#: That much, of each pixel's weight.
RIDGED = 3e-3
#: A pixel this far off the fit, in mean shadings, counts half.
HALF_TRUST = 0.2
#: The darkest that lamps leave a surface, in mean shadings.
DARKEST = 0.1
#: Gloss is at least and at most so many times what even light would make it.
LEAST, MOST = 0.5, 3.0
#: Less measured skin, in pixels, says nothing.
FEWEST = 64
#: Its steps between the mesh's triangles are evened over so many pixels.
EVENED = 2
Array = NDArray[np.float32]


def lamps_of(shading: Array, sure: NDArray[np.bool_], raster: Raster, normals: Array) -> Array | None:
    """(9, 3): harmonics of the `shading` (H, W, 3) where it is `sure` (H, W), shadows left aside; None with too little skin.

    `normals` (468, 3) are those of the corners of the drawn mesh.
    """
    if sure.sum() < FEWEST:
        return None
    X, Y = harmonics(facing(raster, normals, sure)), shading[sure]
    level = max(float((Y @ LUMA).mean()), 1e-6)
    trust: Array = np.ones(len(X), np.float32)
    for _ in range(6):
        W = X * trust[:, None]
        lamps = np.linalg.solve(W.T @ X + RIDGED * len(X) * RIDGE, W.T @ Y)
        off = (Y - X @ lamps) @ LUMA / level
        trust = np.asarray(1 / (1 + (off / HALF_TRUST) ** 2), np.float32)
    return np.asarray(lamps, np.float32)


def facing(raster: Raster, normals: Array, where: NDArray[np.bool_]) -> Array:
    """(n, 3): unit normals `where` (H, W) they are asked for; `normals` (468, 3) are the drawn mesh's corners'."""
    dense = raster.interpolate(normals)[where]
    return np.asarray(dense / np.maximum(np.linalg.norm(dense, axis=-1, keepdims=True), 1e-6), np.float32)


def scattered(lamps: Array, normals: Array) -> Array:
    """(n, 3): the shading of surfaces with unit `normals` (n, 3)."""
    lit = harmonics(normals) @ lamps
    return np.asarray(np.maximum(lit, DARKEST * lit.mean(0)), np.float32)


def mirrored(lamps: Array, raster: Raster, normals: Array) -> Field:
    """(H, W, 3): how many times as glossy as in even light the drawn face is; beside it, as at its edge."""
    seen = facing(raster, normals, raster.covered)
    mirror = -2 * seen[:, 2:] * seen
    mirror[:, 2] += 1  # what the eye, which lies at (0, 0, -1), sees in the mirror
    first, second = (m / s for m, s in zip(MIRRORED, SCATTERED, strict=True))
    sharper = lamps * np.array([1] + 3 * [first] + 5 * [second], np.float32)[:, None]
    share = np.maximum(harmonics(mirror) @ sharper, 0) / np.maximum(scattered(lamps, seen), 1e-6)
    gloss = np.ones((*raster.covered.shape, 3), np.float32)
    gloss[raster.covered] = np.clip(share, LEAST, MOST)
    return np.asarray(
        cv2.GaussianBlur(fill(gloss, raster.covered.astype(np.float32)), (0, 0), EVENED), np.float32
    )
