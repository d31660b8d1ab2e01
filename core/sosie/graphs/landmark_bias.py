"""Fits the habits of the landmark network (faces/bias.py) to rendered heads whose surface is known. Build time only.

    python -m sosie.graphs.landmark_bias PEOPLE shared_models/graphs/landmark_bias.npz

PEOPLE has the layout of the synthetic people: pictures with `<name>.lm468.npz` beside them (`xy` (468, 2) plate pixels,
`visible` (468,)). Every picture counts a second time mirrored. Ridge regression, one for each landmark and axis; points
that a picture does not show have no say. Where the lips meet nothing is taken off: the network sees that line, while the
rendered heads' points lie within the mouth, and would open one that is closed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Faces, choose, face_mesh
from sosie.faces.bias import UNIT, Bias, frame_of, variables
from sosie.faces.landmarks import INNER_LIPS
from sosie.messages import FaceChoice
from sosie.models import ModelStore

RIDGE = 1.0
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture: `offset` (468, 2) from the network's points to the skin, eyes level, in eye distances."""

    person: str
    yaw: float
    pitch: float
    offset: Array
    visible: NDArray[np.bool_]


def main(people: Path, out: Path) -> None:
    """Fit everybody's pictures and write the file."""
    save(fit(samples(people, Faces(ModelStore.default()))), out)


def samples(people: Path, faces: Faces) -> Iterator[Sample]:
    """Every capture and plate in which a face is found."""
    manifest = json.loads((people / "manifest.json").read_text("utf-8"))
    pictures = [
        (name, people / "captures" / name / f"{view}.jpg")
        for name, about in sorted(manifest["people"].items())
        for view in about["captures"]
    ]
    pictures += [
        (path.stem.removeprefix("plate_"), path)
        for path in sorted((people / "plates").glob("*/plate_*.webp"))
    ]
    for person, path in pictures:
        read = np.asarray(cv2.imread(str(path)), np.uint8)
        if found := faces.find(np.ascontiguousarray(read[..., ::-1])):
            yield sample_of(person, choose(found, FaceChoice()), path.with_suffix(""))


def sample_of(person: str, face: Face, stem: Path) -> Sample:
    """How far `face` is off the truth beside its picture."""
    with np.load(f"{stem}.lm468.npz") as truth:
        xy, visible = truth["xy"].astype(np.float32), truth["visible"].astype(bool)
    level, span = frame_of(face.landmarks)
    offset = (xy - face.landmarks[:468, :2]) @ level.T / span
    return Sample(person, face.pose.yaw, face.pose.pitch, np.asarray(offset, np.float32), visible)


def fit(found: Iterable[Sample]) -> Bias:
    """The terms that explain the samples and their mirror images best."""
    kept = list(found)
    both = [*kept, *(_mirrored(one) for one in kept)]
    poses = np.abs([[one.yaw, one.pitch] for one in both]) / UNIT
    limits = poses.max(0).astype(np.float32)
    x = np.stack([variables(one.yaw, one.pitch, limits) for one in both]).astype(np.float64)
    y = np.stack([one.offset for one in both]).astype(np.float64)
    weight = np.stack([one.visible for one in both]).astype(np.float64)
    left = np.einsum("nl,ni,nj->lij", weight, x, x) + RIDGE * np.eye(x.shape[1])
    right = np.einsum("nl,ni,nlc->lic", weight, x, y)
    terms = np.linalg.solve(left, right)  # (468, 6, 2)
    terms[list(INNER_LIPS)] = 0
    return Bias(np.moveaxis(terms, 1, 0).astype(np.float32), limits)


def save(bias: Bias, path: Path) -> None:
    """Half floats: a ten-thousandth of an eye distance is enough."""
    np.savez_compressed(path, terms=bias.terms.astype(np.float16), limits=bias.limits)


def _mirrored(sample: Sample) -> Sample:
    other = _partners()
    return Sample(
        sample.person,
        -sample.yaw,
        sample.pitch,
        (sample.offset * np.array([-1, 1], np.float32))[other],
        sample.visible[other],
    )


def _partners() -> NDArray[np.intp]:
    """(468,): for each landmark the one on the other side of the face."""
    uv = face_mesh().uv
    return np.array([np.linalg.norm(uv - [1 - u, v], axis=1).argmin() for u, v in uv], np.intp)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
