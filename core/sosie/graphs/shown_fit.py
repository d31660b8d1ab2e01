"""Fits the weights that tell bare face from hair, collar and room (faces/shown.py). Build time only.

    python -m sosie.graphs.shown_fit HEADS shared_models/graphs/shown.npz

HEADS holds pictures `<name>.png` with `<name>.part.png` beside them, what each pixel shows (heads.py renders both);
pictures without are left out. Every picture counts a second time mirrored. Least squares: 1 on a face, -1 elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Faces, choose
from sosie.faces.crop import Crop, for_warp, sample
from sosie.faces.landmarks import OUTPUTS, SIDE
from sosie.faces.shown import CELLS, channels, to_cells
from sosie.messages import FaceChoice
from sosie.models import ModelStore

#: Parts that are the face's own: skin, eyeballs, corneas, brows, lashes, teeth, tongue.
OWN = (1, 2, 3, 4, 5, 7, 8)
#: Of the mean square of a channel.
RIDGE = 1e-2
Array = NDArray[np.float64]


def main(heads: Path, out: Path) -> None:
    """Fit all heads and write the file."""
    models = ModelStore.default()
    np.savez_compressed(out, weights=fit(samples(heads, Faces(models), models)).astype(np.float32))


def samples(heads: Path, faces: Faces, models: ModelStore) -> Iterator[tuple[Array, Array]]:
    """Channels (4096, d) and wanted sums (4096,) of each picture in which the face is found, and of its mirror image."""
    network = models.session("face_landmarks")
    for path in sorted(heads.glob("*.part.png")):
        picture = np.asarray(cv2.imread(str(path).replace(".part.png", ".png")), np.uint8)[..., ::-1]
        part = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        own = np.isin(part, OWN).astype(np.float32)
        for rgb, wanted in ((picture, own), (picture[:, ::-1], own[:, ::-1])):
            seen = np.ascontiguousarray(rgb)
            if found := faces.find(seen):
                crop = choose(found, FaceChoice()).crop
                small = sample(seen, crop.matrix(SIDE), SIDE).astype(np.float32) / np.float32(255)
                maps = network.run(list(OUTPUTS[2:-1]), {"input_12": small[None]})
                cells = [to_cells(one).reshape(CELLS * CELLS, -1) for one in channels(maps, small)]
                yield np.concatenate(cells, 1).astype(np.float64), 2 * _cells_of(wanted, crop).ravel() - 1


def fit(found: Iterator[tuple[Array, Array]]) -> Array:
    """(d,) weights."""
    left: Array | None = None
    right, count = np.zeros(1), 0
    for x, y in found:
        left, right, count = (x.T @ x if left is None else left + x.T @ x), right + x.T @ y, count + len(x)
    if left is None:
        raise SystemExit("No picture with its parts was found.")
    size = np.sqrt(np.diag(left) / count) + 1e-6
    normal = left / np.outer(size, size) / count + RIDGE * np.eye(len(size))
    return np.asarray(np.linalg.solve(normal, right / size / count) / size)


def _cells_of(mask: NDArray[np.float32], crop: Crop) -> Array:
    """(64, 64): the share of each of the crop's cells that `mask` (H, W) covers."""
    large = cv2.warpAffine(
        np.ascontiguousarray(mask),
        for_warp(crop.matrix(SIDE)),
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    return to_cells(np.asarray(large, np.float32)).astype(np.float64)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
