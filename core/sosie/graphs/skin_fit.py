"""Fits what tells skin from all else (render/odds.py) and the person network's hints (faces/person.py). Build time only.

    python -m sosie.graphs.skin_fit shared_models/graphs/skin.npz HEADS...

The folders hold pictures `<name>.png` with `<name>.part.png` beside them, what each pixel shows (heads.py
renders both). Of every picture so many pixels of each kind count; the cloth's, the neck's, hands' and hair's most, which are hardest.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Faces, choose, face_mesh
from sosie.faces.bias import load_bias, on_the_skin
from sosie.faces.crop import Crop
from sosie.faces.person import CELLS, REACH, Person, PersonMask
from sosie.faces.regions import hull_of, polygon
from sosie.faces.shown import bare_at, covered_at
from sosie.graphs.descent import descend, drawn, normal
from sosie.graphs.hands import HAND
from sosie.graphs.rendered import OWN, rendered, some
from sosie.messages import FaceChoice
from sosie.models import ModelStore
from sosie.models.convert.person import MAPS
from sosie.pictures import to_linear
from sosie.render.light import estimate_light
from sosie.render.odds import ALONG, PERSON
from sosie.render.skin import Looked, look
from sosie.render.tone import HUMAN, Locus

#: Pixels of a kind from one picture; the kinds are face, other skin, hair, cloth, room, and this is what each counts.
PIXELS, COUNTS = 150, (0.5, 1.7, 1.5, 2.0, 0.5)
HAIR, CLOTH, ROOM = (6,), (9,), (0, 10)
#: A head with a smaller share of hair in its picture is cropped; its scalp begins so high above the chin, in face heights, and
#: has a colour so far from the face's.
CROPPED, SCALP, STUBBLE = 0.003, 0.45, 2.6
HINTS, WIDE, NARROW = 4, 32, 16
#: Noise on what is weighed, in its standard deviations: cues and maps.
NOISE = (0.05, 0.1)
Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Samples = tuple[NDArray[np.float16], NDArray[np.float16], NDArray[np.int64]]


def main(out: Path, folders: list[Path]) -> None:
    """Fit all pictures and write the file."""
    write(out, samples(folders))


def write(out: Path, found: Iterable[Samples]) -> None:
    """Fit what was `found` and write the file."""
    cues, maps, kinds = (np.concatenate(parts) for parts in zip(*found, strict=True))
    stored: dict[str, Any] = fit(cues.astype(np.float32), maps.astype(np.float32), kinds)
    np.savez_compressed(out, **stored)


def samples(
    folders: list[Path],
    developed: Callable[[Bytes], Bytes] = lambda picture: picture,
    locus: Locus = HUMAN,
) -> Iterator[Samples]:
    """Of each picture, as it is `developed`, in which a face is found: cues (n, c), channels of the maps (n, d) and kinds (n,) of
    some pixels. `locus`: the colours that skin may have.
    """
    models = ModelStore.default()
    faces, person, mesh, bias = Faces(models), PersonMask(models), face_mesh(), load_bias()
    random = np.random.default_rng(0)
    for picture, part in chain.from_iterable(map(rendered, folders)):
        rgb = developed(np.ascontiguousarray(picture))
        if not (seen := faces.find(rgb)):
            continue
        face, linear = on_the_skin(choose(seen, FaceChoice()), bias), to_linear(rgb, "srgb")
        told = tuple(at(face.shown, face.crop, rgb.shape[:2]) for at in (bare_at, covered_at))
        light = estimate_light(linear, face.landmarks, mesh, locus=locus)
        crop = Crop(*face.centre, face.size * REACH)
        raw = np.dstack([cv2.resize(one[0], (CELLS, CELLS)) for one in person.seen(rgb, crop)[1:]])
        matte = person.close(rgb, face.centre, face.size).matte
        looked = look(linear, face.landmarks, Person(matte, raw, crop), light, (told[0], told[1]))
        if looked is None:
            continue
        kind = _kinds(
            np.asarray(cv2.resize(part, looked.own.shape[::-1], interpolation=cv2.INTER_NEAREST)), looked
        )
        kind[looked.cues[..., PERSON] < 0.02] = -1  # nobody is there
        chosen = np.concatenate(
            [some(np.flatnonzero(kind == one), PIXELS, random) for one in range(len(COUNTS))]
        )
        rows = looked.cues.reshape(-1, looked.cues.shape[-1])[chosen].astype(np.float16)
        known = rows.shape[1] - raw.shape[2]
        yield rows[:, :known], rows[:, known:], kind.ravel()[chosen]


def _kinds(part: NDArray[np.uint8], looked: Looked) -> NDArray[np.int64]:
    """(h, w): which of `COUNTS` a pixel is of; -1 for none. A cropped head's stubble is painted on the skin: it is hair."""
    face = polygon(part.shape, hull_of(looked.landmarks)) > 0
    own, hair = np.isin(part, OWN), np.isin(part, HAIR)
    if hair.mean() < CROPPED:
        hair |= own & ~face & (looked.cues[..., ALONG] > SCALP) & (looked.own > STUBBLE)
    kinds = (hair, own & face, own | (part == HAND), *(np.isin(part, parts) for parts in (CLOTH, ROOM)))
    return np.asarray(np.select(kinds, (2, 0, 1, 3, 4), -1), np.int64)


def fit(cues: Array, maps: Array, kinds: NDArray[np.int64]) -> dict[str, Array]:
    """The arrays of the file. What is weighed is first brought to mean 0 and deviation 1, which goes into the weights."""
    random = np.random.default_rng(0)
    (x, *of_cues), (z, *of_maps) = normal(cues), normal(maps)
    wanted, counts = (kinds < 2).astype(np.float32), np.array(COUNTS, np.float32)[kinds]
    sizes = [(z.shape[1], HINTS), (x.shape[1] + HINTS, WIDE), (1, WIDE), (WIDE, NARROW), (1, NARROW)]
    weights = drawn([*sizes, (NARROW, 1), (1, 1)], random)

    def slopes(batch: NDArray[np.int64]) -> list[Array]:
        one, other = (
            part[batch] + noise * random.standard_normal(part[batch].shape, np.float32)
            for part, noise in zip((x, z), NOISE, strict=True)
        )
        return _slopes(weights, one, other, wanted[batch], counts[batch])

    descend(weights, slopes, len(kinds), random)
    return _stored(weights, (of_cues[0], of_cues[1]), (of_maps[0], of_maps[1]))


def _slopes(weights: list[Array], cues: Array, maps: Array, wanted: Array, counts: Array) -> list[Array]:
    """How the mean cross entropy of a batch, each pixel as `counts` says, grows with every weight."""
    hints, first, first_bias, second, second_bias, last, last_bias = weights
    seen = np.concatenate([cues, maps @ hints], 1)
    wide = np.maximum(seen @ first + first_bias, 0)
    narrow = np.maximum(wide @ second + second_bias, 0)
    off = (1 / (1 + np.exp(-(narrow @ last + last_bias)[:, 0])) - wanted) * counts / len(counts)
    at_narrow = off[:, None] * last.T * (narrow > 0)
    at_wide = at_narrow @ second.T * (wide > 0)
    at_hints = (at_wide @ first.T)[:, cues.shape[1] :]
    biases = [np.sum(one, 0, keepdims=True) for one in (at_wide, at_narrow, off[:, None])]
    return [
        maps.T @ at_hints,
        seen.T @ at_wide,
        biases[0],
        wide.T @ at_narrow,
        biases[1],
        narrow.T @ off[:, None],
        biases[2],
    ]


def _stored(
    weights: list[Array], of_cues: tuple[Array, Array], of_maps: tuple[Array, Array]
) -> dict[str, Array]:
    """The `weights` as faces/person.py and render/odds.py read them: for cues and maps as they are, not brought to mean 0."""
    hints, first, first_bias, second, second_bias, last, last_bias = weights
    (mean, deviation), (middle, spread) = of_cues, of_maps
    maps = hints / spread[:, None]
    scaled = first / np.concatenate([deviation, np.ones(HINTS)])[:, None]
    starts = np.cumsum([0, *(channels for _, _, channels in MAPS)])
    found = {f"hints_{number}": maps[a:b] for number, (a, b) in enumerate(pairwise(starts))}
    found |= {"first": scaled, "first_bias": first_bias[0] - np.concatenate([mean, middle @ maps]) @ scaled}
    found |= {"second": second, "second_bias": second_bias[0], "last": last[:, 0], "last_bias": last_bias[0]}
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
