"""Fits the weights that tell bare face from hair, collar and room (faces/shown.py). Build time only.

    python -m sosie.graphs.shown_fit HEADS shared_models/graphs/shown.npz

HEADS holds pictures `<name>.png` with `<name>.part.png` beside them, what each pixel shows (heads.py renders both);
pictures without are left out. Every picture counts a second time mirrored, and both once more with something drawn before
the face (covers.py): no head wears hair over its eyes. Least squares: 1 on a face, -1 elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Faces, choose
from sosie.faces.crop import Crop, for_warp, sample
from sosie.faces.landmarks import OUTPUTS, SIDE
from sosie.faces.shown import CELLS, channels, to_cells
from sosie.graphs.covers import covered
from sosie.messages import FaceChoice
from sosie.models import ModelStore

#: Parts that are the face's own: skin, eyeballs, corneas, brows, lashes, teeth, tongue.
OWN = (1, 2, 3, 4, 5, 7, 8)
HAIR = 6
#: A cell is face or hair from these shares on; what counts how much: face, hair, all else; the same where a thing that is no
#: hair is drawn, which few pictures show.
FACE_FROM, HAIR_FROM = 0.5, 0.4
COUNTS, RARE = (1.2, 2.3, 1.4), (2.0, 2.0, 5.0)
#: Of the mean square of a channel.
RIDGE = 1e-2
Array = NDArray[np.float64]
Picture = NDArray[np.uint8]
Mask = NDArray[np.float32]


def main(heads: Path, out: Path) -> None:
    """Fit all heads and write the file."""
    models = ModelStore.default()
    np.savez_compressed(out, weights=fit(samples(heads, Faces(models), models)).astype(np.float32))


def samples(heads: Path, faces: Faces, models: ModelStore) -> Iterator[tuple[Array, Array, Array]]:
    """Channels (4096, d), wanted sums (4096,) and what they count (4096,), of each picture in which the face is found, of its
    mirror image, and of both with something before the face.
    """
    network = models.session("face_landmarks")

    def of(
        picture: Picture, crop: Crop, own: Mask, hair: Mask, counts: Sequence[float]
    ) -> tuple[Array, Array, Array]:
        small = sample(picture, crop.matrix(SIDE), SIDE).astype(np.float32) / np.float32(255)
        maps = network.run(list(OUTPUTS[2:-1]), {"input_12": small[None]})
        cells = [to_cells(one).reshape(CELLS * CELLS, -1) for one in channels(maps, small)]
        face, covering = _cells_of(own, crop).ravel(), _cells_of(hair, crop).ravel()
        kind = np.where(face > FACE_FROM, 0, np.where(covering > HAIR_FROM, 1, 2))
        return np.concatenate(cells, 1).astype(np.float64), 2 * face - 1, np.array(counts)[kind]

    for number, path in enumerate(sorted(heads.glob("*.part.png"))):
        random = np.random.default_rng(number)
        picture = np.asarray(cv2.imread(str(path).replace(".part.png", ".png")), np.uint8)[..., ::-1]
        part = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        own, hair = np.isin(part, OWN).astype(np.float32), (part == HAIR).astype(np.float32)
        for way in (slice(None), slice(None, None, -1)):
            seen, bare, hairy = (np.ascontiguousarray(one[:, way]) for one in (picture, own, hair))
            if found := faces.find(seen):
                face = choose(found, FaceChoice())
                yield of(seen, face.crop, bare, hairy, COUNTS)
                drawn = covered(seen, face.landmarks[:468, :2], random)
                left = 1 - drawn.cover
                over = np.maximum(hairy * left, drawn.cover if drawn.hair else 0)
                yield of(drawn.picture, face.crop, bare * left, over, COUNTS if drawn.hair else RARE)


def fit(found: Iterator[tuple[Array, Array, Array]]) -> Array:
    """(d,) weights."""
    left: Array | None = None
    right, count = np.zeros(1), 0.0
    for x, y, counts in found:
        counted = x * counts[:, None]
        left = x.T @ counted if left is None else left + x.T @ counted
        right, count = right + counted.T @ y, count + counts.sum()
    if left is None:
        raise SystemExit("No picture with its parts was found.")
    size = np.sqrt(np.diag(left) / count) + 1e-6
    normal = left / np.outer(size, size) / count + RIDGE * np.eye(len(size))
    return np.asarray(np.linalg.solve(normal, right / size / count) / size)


def _cells_of(mask: Mask, crop: Crop) -> Array:
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
