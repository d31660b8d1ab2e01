"""Things drawn before a rendered face, so that a fit learns what no rendered head wears. Build time only.

Hair: a curtain before one side, a fringe, locks. Else: bars as of straps, blocks and discs as of a microphone or a hand's
back, glasses. Strands have a hue of hair, a direction, a bend and a fineness of their own; the other things one colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Random = np.random.Generator
#: How often each is drawn.
HAIR = {"curtain": 0.26, "fringe": 0.22, "locks": 0.22}
OTHERS = {"bar": 0.08, "block": 0.14, "glasses": 0.08}
#: Reflectances of hair: black, dark brown, brown, blond, fair, red, grey.
HUES = np.array(
    [
        [0.012, 0.012, 0.014],
        [0.03, 0.018, 0.01],
        [0.08, 0.04, 0.018],
        [0.2, 0.11, 0.05],
        [0.4, 0.26, 0.13],
        [0.14, 0.04, 0.015],
        [0.3, 0.3, 0.3],
    ]
)
#: The picture's light, as a face of this reflectance shows it.
FACE = 0.25
GAMMA = 2.2


@dataclass(frozen=True, eq=False)
class Covered:
    """`picture` (H, W, 3) uint8 with something before the face; `cover` (H, W), 0 to 1, its share; whether it is `hair`."""

    picture: NDArray[np.uint8]
    cover: Array
    hair: bool


def covered(picture: NDArray[np.uint8], landmarks: Array, random: Random) -> Covered:
    """`picture` (H, W, 3) sRGB with one thing or several of a kind before the face of `landmarks` (n, 2)."""
    kinds = HAIR | OTHERS
    kind = str(random.choice(list(kinds), p=list(kinds.values())))
    hair, size = kind in HAIR, (picture.shape[0], picture.shape[1])
    mask = _mask(kind, landmarks, size, random)
    cover = np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.6), np.float32)[..., None]
    linear = (picture / 255.0) ** GAMMA
    low, high = landmarks.min(0).astype(int), landmarks.max(0).astype(int)
    face = linear[max(low[1], 0) : high[1], max(low[0], 0) : high[0]]
    thing = _strands(size, random) * max(float(np.median(face)), 0.02) / FACE if hair else _one_colour(random)
    seen = np.clip(linear * (1 - cover) + thing * cover, 0, 1) ** (1 / GAMMA)
    return Covered(np.rint(255 * seen).astype(np.uint8), cover[..., 0], hair)


def _mask(kind: str, landmarks: Array, size: tuple[int, int], random: Random) -> NDArray[np.bool_]:
    """(H, W): where a thing of this kind lies; measures are shares of the face's box."""
    (x0, y0), (x1, y1) = landmarks.min(0), landmarks.max(0)
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    x, y = (columns - x0) / (x1 - x0), (rows - y0) / (y1 - y0)
    if kind == "curtain":
        edge = random.uniform(0.1, 0.65) + _wave(y, 0.04, random) + random.normal(0, 0.2) * y
        return np.asarray((x < edge) if random.random() < 0.5 else (1 - x < edge))
    if kind == "fringe":
        edge = random.uniform(0.05, 0.42) + _wave(x, 0.03, random) + random.normal(0, 0.15) * (x - 0.5)
        return np.asarray((y < edge) & (y > -0.6))
    if kind == "locks":
        locks = np.zeros(size, bool)
        for _ in range(random.integers(1, 5)):
            off = x - random.uniform(-0.05, 1.05) - random.normal(0, 0.3) * y - _wave(y, 0.05, random)
            locks |= (np.abs(off) < random.uniform(0.01, 0.08)) & (y < random.uniform(0.3, 1.2))
        return locks
    if kind == "bar":
        turn = random.uniform(0, np.pi)
        off = (x - random.uniform(0, 1)) * np.cos(turn) + (y - random.uniform(0, 1)) * np.sin(turn)
        return np.asarray(np.abs(off) < random.uniform(0.03, 0.15))
    if kind == "block":
        return _block(x, y, random)
    return _glasses(x, y, random)


def _wave(along: Array, height: float, random: Random) -> Array:
    return np.asarray(height * np.sin(2 * np.pi * random.uniform(1, 4) * along + random.uniform(0, 7)))


def _block(x: Array, y: Array, random: Random) -> NDArray[np.bool_]:
    """A rectangle or an ellipse, upright, somewhere on the face or reaching into it."""
    across, down = (
        (x - random.uniform(0, 1)) / random.uniform(0.06, 0.3),
        (y - random.uniform(0, 1)) / random.uniform(0.06, 0.5),
    )
    if random.random() < 0.5:
        return np.asarray(np.hypot(across, down) < 1)
    return np.asarray((np.abs(across) < 1) & (np.abs(down) < 1))


def _glasses(x: Array, y: Array, random: Random) -> NDArray[np.bool_]:
    """Two rims and a bridge; of sunglasses the lenses too."""
    high, wide, tall = random.uniform(0.28, 0.4), random.uniform(0.13, 0.2), random.uniform(0.08, 0.14)
    rim, dark = random.uniform(0.1, 0.3), random.random() < 0.4
    worn = (np.abs(y - high) < 0.2 * tall) & (np.abs(x - 0.5) < 0.1)
    for middle in (0.28, 0.72):
        away = np.hypot((x - middle) / wide, (y - high) / tall)
        worn |= (away < 1) & (dark | (away > 1 - rim))
    return np.asarray(worn)


def _strands(size: tuple[int, int], random: Random) -> NDArray[np.float64]:
    """(H, W, 3) reflectance of hair that hangs down."""
    height, width = size
    turn, bend = random.normal(0, np.radians(14)), random.normal(0, 0.25) / height
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    place = columns * np.cos(turn) + rows * np.sin(turn) + bend * (rows - height / 2) ** 2
    fine = random.standard_normal((1, 4 * (height + width)))
    fine = np.asarray(cv2.GaussianBlur(fine, (0, 0), 0.3 * random.uniform(1, 4)))[0]
    strand = np.interp(place, np.arange(len(fine)) - 2 * width, fine / fine.std())
    shine = cv2.resize(random.standard_normal((5, 5)), (width, height), interpolation=cv2.INTER_CUBIC)
    hue = HUES[random.integers(len(HUES))] * np.exp(random.normal(0, 0.3))
    contrast = random.uniform(0.15, 0.6)
    return np.asarray(np.exp(contrast * strand + 0.3 * np.asarray(shine))[..., None] * hue, np.float64)


def _one_colour(random: Random) -> NDArray[np.float64]:
    """(3,): any brightness, a weak hue."""
    return np.asarray(np.exp(random.normal(-2, 1.4) + random.normal(0, 0.35, 3)), np.float64)
