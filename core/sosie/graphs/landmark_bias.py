"""Fits how far the landmark network is off (faces/bias.py) on rendered heads whose surface is known. Build time only.

    python -m sosie.graphs.landmark_bias HEADS shared_models/graphs/landmark_bias.npz

HEADS holds pictures `<name>.png` with `<name>.lm468.npz` beside them (`xy` (468, 2) pixels, `visible` (468,) 0 to 1), of
people who are in no test (heads.py renders them). Every picture counts a second time mirrored. Ridge regression on
principal components, one for each landmark and axis; points that a picture does not show have little say. Where the lips
meet nothing is taken off: the network sees that line, while the rendered heads' points lie within the mouth, and would
open one that is closed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Faces, choose, face_mesh
from sosie.faces.bias import Bias, frame_of, shape_of
from sosie.faces.landmarks import INNER_LIPS
from sosie.messages import FaceChoice
from sosie.models import ModelStore

#: Principal components of what the network saw, and of its points' shape; numbers that the whole is told in.
SEEN, SHAPE, RANK = 300, 40, 48
#: Chosen on the heads, every tenth left out: their points are off by 2.4 % of the eye distance below 20 degrees (3.7 before).
RIDGE = 300.0
#: A face that the network placed further off than this (eye distances) is not the one that was rendered, or is hidden.
LOST = 0.2
#: Least and greatest are these quantiles of what was met.
USUAL = (0.002, 0.998)
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture: what was seen, and `offset` (468, 2) from the network's points to the skin, as in `Bias`."""

    features: NDArray[np.float16]
    shape: NDArray[np.float32]
    offset: NDArray[np.float32]
    visible: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Components:
    """Standardised principal components: of x they are (x - mean) @ axes."""

    mean: Array
    axes: Array

    def __call__(self, x: Array) -> Array:
        """(n, k) of `x` (n, d)."""
        return np.asarray((x - self.mean) @ self.axes)


def main(heads: Path, out: Path) -> None:
    """Fit all heads and write the file."""
    save(fit(list(samples(heads, Faces(ModelStore.default())))), out)


def samples(heads: Path, faces: Faces) -> Iterator[Sample]:
    """Every picture in which the face is found, and its mirror image."""
    other = partners()
    for path in sorted(heads.glob("*.lm468.npz")):
        read = np.asarray(cv2.imread(str(path).replace(".lm468.npz", ".png")), np.uint8)
        picture = np.ascontiguousarray(read[..., ::-1])
        with np.load(path) as truth:
            xy, visible = truth["xy"].astype(np.float32), truth["visible"].astype(np.float32)
        mirrored = (xy * [-1, 1] + [picture.shape[1], 0]).astype(np.float32)[other]
        flipped = np.ascontiguousarray(picture[:, ::-1])
        for seen, true, shown in ((picture, xy, visible), (flipped, mirrored, visible[other])):
            if found := faces.find(seen):
                sample = sample_of(choose(found, FaceChoice()), true, shown)
                if np.linalg.norm(sample.offset, axis=1).mean() < LOST:
                    yield sample


def sample_of(face: Face, xy: NDArray[np.float32], visible: NDArray[np.float32]) -> Sample:
    """How far `face` is off the true points `xy` (468, 2)."""
    level, span = frame_of(face.landmarks)
    offset = (xy - face.landmarks[:468, :2]) @ level.T / span
    return Sample(face.features, shape_of(face.landmarks), np.asarray(offset, np.float32), visible)


def fit(found: Sequence[Sample]) -> Bias:
    """What explains the samples best."""
    features = np.stack([one.features for one in found]).astype(np.float64)
    shapes = np.stack([one.shape for one in found]).astype(np.float64)
    seen, shape = components(features, SEEN), components(shapes, SHAPE)
    x = np.concatenate([seen(features), shape(shapes)], 1)
    terms, mean = _ridge(x, found)
    # Of all the terms (components, 936) the few directions that matter: told @ offsets = x @ terms.
    left, strength, offsets = np.linalg.svd(terms, full_matrices=False)
    size = strength[:RANK] / np.sqrt(len(x)) * np.linalg.norm(x @ left[:, :RANK], axis=0)
    to_told, offsets = left[:, :RANK] * strength[:RANK] / size, offsets[:RANK] * size[:, None]
    count = seen.axes.shape[1]
    by_features, by_shape = _half(seen.axes @ to_told[:count]), _half(shape.axes @ to_told[count:])
    told = features @ by_features + shapes @ by_shape
    return Bias(
        features=by_features,
        shape=by_shape,
        limits=np.quantile(told, USUAL, axis=0).astype(np.float32),
        offsets=_half(offsets.reshape(-1, 468, 2)),
        mean=(mean - told.mean(0) @ offsets).reshape(468, 2).astype(np.float32),
    )


def components(x: Array, count: int) -> Components:
    """The `count` principal components of `x` (n, d), its columns standardised; fewer where n is small."""
    mean, spread = x.mean(0), x.std(0) + 1e-3
    _, size, axes = np.linalg.svd((x - mean) / spread, full_matrices=False)
    count = min(count, int((size > 1e-6 * size[0]).sum()))
    return Components(mean, (axes[:count] / spread).T / size[:count] * np.sqrt(len(x)))


def _ridge(x: Array, found: Sequence[Sample]) -> tuple[Array, Array]:
    """Terms (components, 936) and constant (936,)."""
    one = np.concatenate([np.ones((len(x), 1)), x], 1)
    ridge = np.diag([1e-3, *np.full(x.shape[1], RIDGE)])
    offset = np.stack([sample.offset for sample in found]).astype(np.float64)
    weight = np.stack([sample.visible for sample in found]).astype(np.float64)
    terms = np.zeros((one.shape[1], 468, 2))
    for point in np.setdiff1d(np.arange(468), INNER_LIPS):
        weighted = one * weight[:, point, None]
        terms[:, point] = np.linalg.solve(weighted.T @ one + ridge, weighted.T @ offset[:, point])
    return terms[1:].reshape(-1, 936), terms[0].ravel()


def save(bias: Bias, path: Path) -> None:
    """Half floats but for the limits and the mean."""
    halves = {name: value.astype(np.float16) for name, value in vars(bias).items()}
    np.savez_compressed(path, **halves | {"limits": bias.limits, "mean": bias.mean})


def _half(values: Array) -> NDArray[np.float32]:
    """`values` as the file will hold them: a ten-thousandth of an eye distance is enough."""
    return values.astype(np.float16).astype(np.float32)


def partners() -> NDArray[np.intp]:
    """(468,): for each landmark the one on the other side of the face."""
    uv = face_mesh().uv
    return np.array([np.linalg.norm(uv - [1 - u, v], axis=1).argmin() for u, v in uv], np.intp)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
