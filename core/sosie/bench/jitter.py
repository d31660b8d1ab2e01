"""How much landmarks tremble from frame to frame, against a motion that is known.

A plate rests, then sways, turns and zooms by parts of a pixel, with new noise in every frame. Landmarks are brought back
by the known motion: what then still moves from one frame to the next is jitter, in pixels of the plate (faces 200 to
270 px). `off` is how far they are from where they rest, on the whole: what a filter that lags would lose.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Faces, choose
from sosie.faces.crop import apply, for_warp
from sosie.messages import FaceChoice
from sosie.pictures import read_picture
from sosie.render.steady import Memory

FRAMES, REST = 24, 10
#: Standard deviation of each frame's noise, of 255.
NOISE = 3.0
Matrix = NDArray[np.float64]


def jitter(people: Path, faces: Faces) -> dict[str, dict[str, float]]:
    """`single` and `steady`: mean over plates of `rest` and `moving` jitter and `off`, in pixels."""
    found: dict[str, list[dict[str, float]]] = {"single": [], "steady": []}
    for number, plate in enumerate(sorted((people / "plates").glob("*/plate_p??.webp"))):
        rgb = np.ascontiguousarray(read_picture(plate).pixels[..., :3])
        seen = [
            _seen(rgb, motion, faces, seed=100 * number + k) for k, motion in enumerate(_motions(rgb.shape))
        ]
        if any(face is None for face in seen):
            continue
        whole = [face for face in seen if face is not None]
        memory = Memory()
        found["single"].append(_figures(whole, rgb.shape))
        found["steady"].append(_figures([memory.face(face) for face in whole], rgb.shape))
    return {
        name: {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
        for name, rows in found.items()
        if rows
    }


def _motions(shape: tuple[int, ...]) -> list[Matrix]:
    """(2, 3) for each frame: plate to frame."""
    centre = np.array([shape[1], shape[0]]) / 2
    motions = []
    for frame in range(FRAMES):
        t = max(frame - REST + 1, 0)
        angle, scale = np.radians(4 * np.sin(t / 5)), 1 + 0.05 * np.sin(t / 8)
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        turn = np.array([[cos, -sin], [sin, cos]])
        shift = centre - turn @ centre + [0.7 * t, 6 * np.sin(t / 4)]
        motions.append(np.column_stack([turn, shift]))
    return motions


def _seen(rgb: NDArray[np.uint8], motion: Matrix, faces: Faces, seed: int) -> Face | None:
    size = (rgb.shape[1], rgb.shape[0])
    frame = cv2.warpAffine(
        rgb, for_warp(motion), size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    noisy = frame + np.random.default_rng(seed).normal(0, NOISE, frame.shape)
    found = faces.find(np.clip(noisy, 0, 255).astype(np.uint8))
    return choose(found, FaceChoice()) if found else None


def _figures(seen: Sequence[Face], shape: tuple[int, ...]) -> dict[str, float]:
    back = [np.asarray(cv2.invertAffineTransform(motion), np.float64) for motion in _motions(shape)]
    places = np.array([apply(m, face.landmarks[:468, :2]) for m, face in zip(back, seen, strict=True)])
    steps = np.linalg.norm(np.diff(places, axis=0), axis=-1).mean(1)
    off = np.linalg.norm(places - places[:REST].mean(0), axis=-1).mean(1)
    return {
        "rest": float(steps[: REST - 1].mean()),
        "moving": float(steps[REST:].mean()),
        "off": float(off.mean()),
    }
