"""A licensed head as the agent hands it out: arrays checked, maps put into a folder of their own. Needs no Blender.

The agent's frame is glTF's (y up, z towards the viewer); Blender's has z up, and the face looks along -y.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .._sosie.client import Progress, Session
from .._sosie.errors import PackError
from .._sosie.messages import Head, HeadRequest

#: Regions of polygons, each a material.
SKIN, EYE, MOUTH = 0, 1, 2
#: Iris and pupil as angles seen from the eye's centre, in degrees: 11.4 mm and 3.6 mm across on a 24 mm eye.
IRIS, PUPIL = 28.4, 8.6
MERIDIANS, RINGS = 32, 24
#: How far an eye turns in each direction at full weight, in degrees.
TURNS = {"Up": (25.0, 0.0), "Down": (-30.0, 0.0), "In": (0.0, 35.0), "Out": (0.0, -35.0)}


@dataclass(frozen=True, eq=False)
class HeadData:
    """A head in Blender's frame, metres."""

    told: Head
    vertices: NDArray[np.float32]  # (n, 3)
    polygons: list[list[int]]
    regions: NDArray[np.uint8]  # (m,)
    uv: NDArray[np.float32]  # (m, 4, 2) of each polygon's corners, v up
    shapes: dict[str, NDArray[np.float32]]  # name -> (n, 3) offsets
    eyes: NDArray[np.float32]  # (2, 4) centre and radius: the person's right eye, then the left one
    maps: dict[str, Path]


@dataclass(frozen=True, eq=False)
class Ball:
    """Both eyes as one mesh."""

    vertices: NDArray[np.float32]
    polygons: list[list[int]]
    parts: list[int]  # 0 white, 1 iris, 2 pupil
    shapes: dict[str, NDArray[np.float32]]


def fetch(session: Session, request: HeadRequest, folder: Path, progress: Progress) -> HeadData:
    """Ask for a head and keep its maps below `folder`; called in a task.

    Raises:
        SosieError: refused, no agent, no pack.
        PackError: `head_unreadable`.
    """
    told = session.head(request, progress)
    kept = folder / f"{told.twin}-r{told.revision}"
    kept.mkdir(parents=True, exist_ok=True)
    try:
        with np.load(told.mesh, allow_pickle=False) as found:
            data = {name: found[name] for name in found.files}
        maps = {name: Path(shutil.copy(path, kept / f"{name}.png")) for name, path in told.maps.items()}
        return HeadData(
            told=told,
            vertices=blenders(data["vertices"]),
            polygons=[[int(corner) for corner in row if corner >= 0] for row in data["polygons"]],
            regions=data["regions"],
            uv=data["uv"],
            shapes={
                str(name): blenders(moved) for name, moved in zip(data["names"], data["shapes"], strict=True)
            },
            eyes=np.concatenate([blenders(data["eyes"][:, :3]), data["eyes"][:, 3:]], 1),
            maps=maps,
        )
    except (OSError, KeyError, ValueError) as error:
        raise PackError(
            f"The head cannot be read: {error}.",
            remedy="Install the add-on and Sosie of the same version, then add the head again.",
            code="head_unreadable",
        ) from error


def blenders(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., 3) from the agent's axes to Blender's."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def eyeballs(eyes: NDArray[np.float32]) -> Ball:
    """Two spheres that look along -y, and the eight ARKit shapes that turn them."""
    angles = np.radians([PUPIL, IRIS, *np.linspace(IRIS, 180, RINGS)[1:-1]])
    around = np.linspace(0, 2 * np.pi, MERIDIANS, endpoint=False)
    ring = np.stack([np.cos(around), np.zeros(MERIDIANS), np.sin(around)], 1)
    unit = np.concatenate(
        [[[0, -1, 0]], *(np.sin(a) * ring - np.cos(a) * np.array([0, 1, 0]) for a in angles), [[0, 1, 0]]]
    )
    polygons, parts = _sphere(len(angles))
    half = len(unit)
    vertices = np.concatenate([eye[:3] + eye[3] * unit for eye in eyes])
    shapes = {}
    for side, first, sign in (("Right", 0, 1), ("Left", half, -1)):
        for name, (up, inwards) in TURNS.items():
            moved = np.zeros_like(vertices)
            turned = unit @ _turn(up, sign * inwards).T
            moved[first : first + half] = eyes[first // half, 3] * (turned - unit)
            shapes[f"eyeLook{name}{side}"] = moved.astype(np.float32)
    both = polygons + [[corner + half for corner in polygon] for polygon in polygons]
    return Ball(vertices.astype(np.float32), both, parts * 2, shapes)


def _sphere(rings: int) -> tuple[list[list[int]], list[int]]:
    """Polygons from pole to pole, counter-clockwise from outside, and the part each belongs to."""
    polygons, parts = [], []
    last = 1 + rings * MERIDIANS
    for k in range(MERIDIANS):
        after = (k + 1) % MERIDIANS
        polygons.append([0, 1 + k, 1 + after])
        parts.append(2)
        for ring in range(rings - 1):
            a = 1 + ring * MERIDIANS
            b = a + MERIDIANS
            polygons.append([a + k, b + k, b + after, a + after])
            parts.append(1 if ring == 0 else 0)
        a = last - MERIDIANS
        polygons.append([a + k, last, a + after])
        parts.append(0)
    return polygons, parts


def _turn(up: float, right: float) -> NDArray[np.float64]:
    """The rotation that takes a look along -y up and to +x, in degrees."""
    a, b = np.radians(-up), np.radians(right)
    pitch = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    yaw = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    return np.asarray(yaw @ pitch)
