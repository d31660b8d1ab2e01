"""Fits what tells bare face from hair, collar and room (faces/shown.py). Build time only.

    python -m sosie.graphs.shown_fit HEADS shared_models/graphs/shown.npz

HEADS holds pictures `<name>.png` with `<name>.part.png` beside them, what each pixel shows (heads.py renders both);
pictures without are left out. Every picture counts a second time mirrored, and both once more with something drawn before
the face (covers.py): no head wears hair over its eyes. Of each some cells of every kind count.
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
from sosie.graphs.covers import covered
from sosie.graphs.descent import descend, drawn, normal
from sosie.messages import FaceChoice
from sosie.models import ModelStore

#: Parts that are the face's own: skin, eyeballs, corneas, brows, lashes, teeth, tongue.
OWN = (1, 2, 3, 4, 5, 7, 8)
HAIR = 6
#: A cell is of a kind from these shares on: covered by what is drawn, face, hair; else something else.
FROM = (0.4, 0.5, 0.4)
#: Cells of a kind from one picture, and what each counts: covered, face, hair, something else.
FEW, COUNTS = 40, (1.2, 2.0, 1.2, 1.0)
UNITS = 24
#: Noise on what is weighed, in its standard deviations.
NOISE = 0.1
#: Of the odds so much is kept, as an exponent: colour has its say after them (render/occlusion.py), and it saw the same picture.
SHARE = np.float32(0.6)
Array = NDArray[np.float32]
Picture = NDArray[np.uint8]
Sample = tuple[NDArray[np.float16], Array, NDArray[np.int64]]


def main(heads: Path, out: Path) -> None:
    """Fit all heads and write the file."""
    models = ModelStore.default()
    found = list(samples(heads, Faces(models), models))
    if not found:
        raise SystemExit("No picture with its parts was found.")
    seen, wanted, kinds = (np.concatenate(parts) for parts in zip(*found, strict=True))
    np.savez_compressed(out, **fit(seen.astype(np.float32), wanted, kinds))  # type: ignore[arg-type]  # arrays by name


def samples(heads: Path, faces: Faces, models: ModelStore) -> Iterator[Sample]:
    """Channels (n, d), the shares of face (n,) and the kinds (n,) of some cells of each picture in which the face is found, of
    its mirror image, and of both with something before the face.
    """
    network = models.session("face_landmarks")

    def of(picture: Picture, crop: Crop, *shares: Array) -> Sample:
        small = sample(picture, crop.matrix(SIDE), SIDE).astype(np.float32) / np.float32(255)
        maps = network.run(list(OUTPUTS[2:-1]), {"input_12": small[None]})
        cells = np.dstack([to_cells(one) for one in channels(maps, small)]).reshape(CELLS * CELLS, -1)
        cover, face, hair = (_cells_of(one, crop).ravel() for one in shares)
        kinds = [one > least for one, least in zip((cover, face, hair), FROM, strict=True)]
        kind = np.select(kinds, range(3), 3)
        some = np.concatenate([_some(np.flatnonzero(kind == one), random) for one in range(len(COUNTS))])
        return cells[some].astype(np.float16), face[some], kind[some]

    for number, path in enumerate(sorted(heads.glob("*.part.png"))):
        random = np.random.default_rng(number)
        picture = np.asarray(cv2.imread(str(path).replace(".part.png", ".png")), np.uint8)[..., ::-1]
        part = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        own, hair = np.isin(part, OWN).astype(np.float32), (part == HAIR).astype(np.float32)
        for way in (slice(None), slice(None, None, -1)):
            seen, bare, hairy = (np.ascontiguousarray(one[:, way]) for one in (picture, own, hair))
            if found := faces.find(seen):
                face = choose(found, FaceChoice())
                yield of(seen, face.crop, np.zeros_like(bare), bare, hairy)
                before = covered(seen, face.landmarks[:468, :2], random)
                yield of(before.picture, face.crop, before.cover, bare * (1 - before.cover), hairy)


def fit(seen: Array, wanted: Array, kinds: NDArray[np.int64]) -> dict[str, Array]:
    """The arrays of the file. What is weighed is first brought to mean 0 and deviation 1, which goes into the weights."""
    random = np.random.default_rng(0)
    (x, mean, deviation), counts = normal(seen), np.array(COUNTS, np.float32)[kinds]
    weights = drawn([(x.shape[1], UNITS), (1, UNITS), (UNITS, 1), (1, 1)], random)

    def slopes(batch: NDArray[np.int64]) -> list[Array]:
        noisy = x[batch] + NOISE * random.standard_normal((len(batch), x.shape[1]), np.float32)
        return _slopes(weights, noisy, wanted[batch], counts[batch])

    descend(weights, slopes, len(kinds), random)
    first, first_bias, last, last_bias = weights
    scaled = first / deviation[:, None]
    found = {
        "first": scaled,
        "first_bias": first_bias[0] - mean @ scaled,
        "last": SHARE * last[:, 0],
        "last_bias": SHARE * last_bias[0],
    }
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


def _slopes(weights: list[Array], seen: Array, wanted: Array, counts: Array) -> list[Array]:
    """How the mean cross entropy of a batch, each cell as `counts` says, grows with every weight."""
    first, first_bias, last, last_bias = weights
    units = np.maximum(seen @ first + first_bias, 0)
    off = (1 / (1 + np.exp(-(units @ last + last_bias)[:, 0])) - wanted) * counts / len(counts)
    at_units = off[:, None] * last.T * (units > 0)
    return [
        seen.T @ at_units,
        at_units.sum(0, keepdims=True),
        units.T @ off[:, None],
        off.sum(keepdims=True)[:, None],
    ]


def _some(cells: NDArray[np.intp], random: np.random.Generator) -> NDArray[np.intp]:
    return random.choice(cells, min(FEW, len(cells)), replace=False)


def _cells_of(mask: Array, crop: Crop) -> Array:
    """(64, 64): the share of each of the crop's cells that `mask` (H, W) covers."""
    large = cv2.warpAffine(
        np.ascontiguousarray(mask),
        for_warp(crop.matrix(SIDE)),
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    return to_cells(np.asarray(large, np.float32))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
