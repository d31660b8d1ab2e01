"""What our pictures are held against: the classical way, and the best that a network of a given size could do.

`classical` warps the frontal capture onto the plate's face, triangle by triangle, and clones it in (bench/peers.py).
`best_case` puts in the *true* face, at the resolution of a peer's crop, by the peer's own five-point warp and paste-back:
what a perfect network would deliver through it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.bench.metrics import Truth
from sosie.bench.peers import clone, paste_back, patch_within
from sosie.faces import Face, Mesh
from sosie.faces.crop import sample, similarity
from sosie.faces.regions import OVAL
from sosie.twin.raster import rasterise

#: Five points in the crop of 128 px that swapping networks are trained on (ArcFace's template).
TEMPLATE = np.array([[46.3, 51.7], [81.5, 51.5], [64.0, 71.7], [49.5, 92.4], [78.7, 92.2]])
#: The crops' sides.
SIDES = (128, 256, 512)
#: The cloned part of the oval: its very edge is the donor's hair and background.
INSIDE = 0.96
Picture = NDArray[np.uint8]


def classical(plate: Picture, face: Face, donor: Picture, donor_face: Face, mesh: Mesh) -> Picture:
    """`donor`'s face (its frontal capture) in the place of `plate`'s `face`; both (H, W, 3) uint8."""
    size = plate.shape[:2]
    points = face.landmarks[:468]
    raster = rasterise(points[:, :2], mesh.triangles, size, depth=points[:, 2])
    source = raster.interpolate(np.ascontiguousarray(donor_face.landmarks[:468, :2])) - np.float32(0.5)
    warped: Any = cv2.remap(
        donor, source[..., 0], source[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    picture = np.where(raster.covered[..., None], warped, plate).astype(np.uint8)
    oval = points[list(OVAL), :2]
    centre = oval.mean(0)
    inside = np.clip(centre + INSIDE * (oval - centre), 2, np.array(size[::-1]) - 3)
    return clone(plate, picture, patch_within(np.asarray(inside, np.float32)))


def best_case(plate: Picture, truth: Truth, side: int) -> Picture:
    """The true face through a crop of `side` pixels, pasted into `plate` (H, W, 3) uint8."""
    matrix = similarity(truth.five, TEMPLATE * side / 128)
    right = np.asarray(np.rint(truth.picture * 255), np.uint8)
    crop = sample(right, np.asarray(cv2.invertAffineTransform(matrix), np.float64), side)
    return paste_back(plate, crop, matrix)
