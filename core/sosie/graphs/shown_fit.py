"""Fits what tells bare face and hands from hair, collar and room (faces/shown.py). Build time only.

    python -m sosie.graphs.shown_fit shared_models/graphs/shown.npz HEADS HANDS

Both folders hold pictures `<name>.png` with `<name>.part.png` beside them, what each pixel shows (heads.py renders both);
pictures without are left out. In HANDS people hold one before their face: hands are learned from both, skin from HEADS
alone. Every picture counts a second time mirrored, and both once more with something drawn before
the face (covers.py): no head wears hair over its eyes. Of each some cells of every kind count.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sosie.faces import Faces, choose
from sosie.faces.crop import Crop
from sosie.graphs.covers import covered
from sosie.graphs.descent import descend, drawn, normal
from sosie.graphs.hands import HAND
from sosie.graphs.rendered import HAIR, OWN, Array, Picture, cells_of, channels_of, rendered, some
from sosie.messages import FaceChoice
from sosie.models import ModelStore

#: A cell is of a kind from these shares on: covered by what is drawn, hand, face, hair; else something else.
FROM = (0.4, 0.5, 0.5, 0.4)
#: What is told.
SKIN, HANDS = 0, 1
#: Cells of a kind from one picture, and what each counts for skin and for hands.
FEW = 40
COUNTS = ((1.2, 0.0, 2.0, 1.2, 1.0), (1.3, 3.0, 2.0, 1.6, 1.0))
#: Of each there are so many.
UNITS = (24, 48)
#: Noise on what is weighed, in its standard deviations.
NOISE = 0.1
#: Of the odds so much is kept, as an exponent: colour has its say on skin after them (faces/occlusion.py), and it saw the same
#: picture.
SHARES = np.array([0.6, 1], np.float32)
Sample = tuple[NDArray[np.float16], Array, NDArray[np.int64]]


def main(out: Path, heads: Path, hands: Path) -> None:
    """Fit all heads and write the file."""
    models = ModelStore.default()
    faces = Faces(models)
    without, held = (list(samples(folder, faces, models)) for folder in (heads, hands))
    np.savez_compressed(out, **joined([_fitted(without, SKIN), _fitted(without + held, HANDS)], SHARES))  # type: ignore[arg-type]  # arrays by name


def _fitted(found: list[Sample], kind: int) -> list[Array]:
    if not found:
        raise SystemExit("No picture with its parts was found.")
    seen, wanted, kinds = (np.concatenate(parts) for parts in zip(*found, strict=True))
    counts = np.array(COUNTS[kind], np.float32)[kinds]
    return fit(seen.astype(np.float32), wanted[:, kind], counts, UNITS[kind])


def samples(heads: Path, faces: Faces, models: ModelStore) -> Iterator[Sample]:
    """Channels (n, d), the shares of face and hand (n, 2) and the kinds (n,) of some cells of each picture in which the face is found, of
    its mirror image, and of both with something before the face.
    """
    network = models.session("face_landmarks")

    def of(picture: Picture, crop: Crop, *shares: Array) -> Sample:
        cells = channels_of(network, picture, crop)
        told = [cells_of(one, crop).ravel() for one in shares]
        kinds = [one > least for one, least in zip(told, FROM, strict=True)]
        kind, (_, hand, face, _) = np.select(kinds, range(4), 4), told
        few = np.concatenate([some(np.flatnonzero(kind == one), FEW, random) for one in range(len(FROM) + 1)])
        return cells[few].astype(np.float16), np.column_stack([face, hand])[few], kind[few]

    for number, (picture, part) in enumerate(rendered(heads)):
        random = np.random.default_rng(number)
        own, hair, hand = (np.isin(part, parts).astype(np.float32) for parts in (OWN, HAIR, HAND))
        for way in (slice(None), slice(None, None, -1)):
            seen = np.ascontiguousarray(picture[:, way])
            bare, hairy, held = (np.ascontiguousarray(one[:, way]) for one in (own, hair, hand))
            if found := faces.find(seen):
                face = choose(found, FaceChoice())
                yield of(seen, face.crop, np.zeros_like(bare), held, bare, hairy)
                before = covered(seen, face.landmarks[:468, :2], random)
                left = 1 - before.cover
                yield of(before.picture, face.crop, before.cover, held * left, bare * left, hairy)


def fit(seen: Array, wanted: Array, counts: Array, units: int) -> list[Array]:
    """Weights of `units` (d, units), of their sum (units, 1), and what is added to each, that tell `wanted` (n,) from `seen`
    (n, d), of which each row `counts` (n,). What is weighed is first brought to mean 0 and deviation 1, which goes into the weights.
    """
    random = np.random.default_rng(0)
    x, mean, deviation = normal(seen)
    weights = drawn([(x.shape[1], units), (1, units), (units, 1), (1, 1)], random)

    def slopes(batch: NDArray[np.int64]) -> list[Array]:
        noisy = x[batch] + NOISE * random.standard_normal((len(batch), x.shape[1]), np.float32)
        return _slopes(weights, noisy, wanted[batch], counts[batch])

    descend(weights, slopes, len(counts), random)
    first, first_bias, last, last_bias = weights
    scaled = first / deviation[:, None]
    return [scaled, first_bias[0] - mean @ scaled, last, last_bias]


def joined(layers: Sequence[list[Array]], shares: Array) -> dict[str, Array]:
    """The arrays of a file of `layers`, each of which sums its own units; so much of their odds is kept."""
    last = np.zeros((sum(len(layer[2]) for layer in layers), len(layers)))
    rows = np.cumsum([0, *(len(layer[2]) for layer in layers)])
    for kind, layer in enumerate(layers):
        last[rows[kind] : rows[kind + 1], kind] = shares[kind] * layer[2][:, 0]
    found = {
        "first": np.hstack([layer[0] for layer in layers]),
        "first_bias": np.concatenate([layer[1] for layer in layers]),
        "last": last,
        "last_bias": shares * [layer[3].item() for layer in layers],
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


if __name__ == "__main__":
    main(*(Path(name) for name in sys.argv[1:4]))
