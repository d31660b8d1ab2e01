"""Fits what tells an accessory before a face (faces/accessories.py). Build time only.

    python -m sosie.graphs.accessories_fit shared_models/graphs/accessories.npz HEADS HANDS ACCESSORIES

The folders hold pictures `<name>.png` with `<name>.part.png` beside them, what each pixel shows (heads.py renders them); in
the last one people wear or hold something. Every picture counts a second time mirrored and in other light (gels.py); heads
and hands once more with something drawn before the face (covers.py), of which hair is no accessory. Of each some cells of
every kind count.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Faces, choose
from sosie.faces.accessories import SIDE
from sosie.faces.crop import Crop
from sosie.graphs.covers import covered
from sosie.graphs.gels import relit
from sosie.graphs.rendered import HAIR, OWN, Array, Picture, cells_of, channels_of, rendered, some
from sosie.graphs.shown_fit import fit, joined
from sosie.graphs.wearer import ACCESSORY
from sosie.messages import FaceChoice
from sosie.models import ModelStore

#: What is fine and dark in a face itself: eyeballs, corneas, brows, lashes.
FINE = (2, 3, 4, 5)
#: A cell is all accessory and some of it from these shares on, and near one within so many cells; it is of fine parts, face, hair.
ALL, SOME, NEAR, FROM = 0.5, 0.08, 3, (0.3, 0.5, 0.4)
#: Cells of a kind from one picture, and what each counts: all, some, near, fine parts, face, hair, something else.
FEW = (60, 50, 60, 40, 50, 40, 25)
COUNTS = np.array([2, 1.5, 1.5, 1.5, 1, 1, 1], np.float32)
UNITS = 48
#: Of these folders only every so many counts, of the last one all.
EVERY = (2, 2, 1)
Sample = tuple[NDArray[np.float16], Array, NDArray[np.int64]]


def main(out: Path, *folders: Path) -> None:
    """Fit all pictures of heads, of hands and of accessories, and write the file."""
    models = ModelStore.default()
    faces = Faces(models)
    found = [
        one
        for folder, every in zip(folders, EVERY, strict=True)
        for one in samples(folder, faces, models, every)
    ]
    if not found:
        raise SystemExit("No picture with its parts was found.")
    seen, wanted, kinds = (np.concatenate(parts) for parts in zip(*found, strict=True))
    weights = fit(seen.astype(np.float32), wanted, COUNTS[kinds], UNITS)
    np.savez_compressed(out, **joined([weights], np.ones(1, np.float32)))  # type: ignore[arg-type]  # arrays by name


def samples(folder: Path, faces: Faces, models: ModelStore, every: int = 1) -> Iterator[Sample]:
    """Channels (n, d), the share of accessory (n,) and the kind (n,) of some cells of each picture in which the face is found, of
    its mirror image, and of both with something before the face.
    """
    network = models.session("face_landmarks")

    def of(picture: Picture, crop: Crop, *shares: Array) -> Sample:
        cells = channels_of(network, picture, crop, SIDE)
        accessory, *others = (cells_of(one, crop, SIDE) for one in shares)
        near = cv2.dilate(accessory, np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)) > SOME
        told = [
            accessory > ALL,
            accessory > SOME,
            near,
            *(one > least for one, least in zip(others, FROM, strict=True)),
        ]
        kind = np.select(told, range(len(told)), len(told)).ravel()
        few = np.concatenate(
            [some(np.flatnonzero(kind == one), most, random) for one, most in enumerate(FEW)]
        )
        return cells[few].astype(np.float16), accessory.ravel()[few], kind[few]

    for number, (picture, part) in enumerate(rendered(folder, every)):
        random = np.random.default_rng(number)
        shares = [np.isin(part, parts).astype(np.float32) for parts in (ACCESSORY, FINE, OWN, HAIR)]
        for way, light in ((slice(None), _same), (slice(None, None, -1), relit)):
            seen = light(np.ascontiguousarray(picture[:, way]), random)
            worn, fine, own, hair = (np.ascontiguousarray(one[:, way]) for one in shares)
            if found := faces.find(seen):
                face = choose(found, FaceChoice())
                yield of(seen, face.crop, worn, fine, own, hair)
                if not worn.any():
                    before = covered(seen, face.landmarks[:468, :2], random)
                    drawn, left = before.cover, 1 - before.cover
                    hairy, other = (drawn, 0 * drawn) if before.hair else (0 * drawn, drawn)
                    yield of(
                        before.picture,
                        face.crop,
                        other,
                        fine * left,
                        own * left,
                        np.maximum(hair * left, hairy),
                    )


def _same(picture: Picture, _: np.random.Generator) -> Picture:
    return picture


if __name__ == "__main__":
    main(*(Path(name) for name in sys.argv[1:5]))
