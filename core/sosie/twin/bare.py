"""Bare skin, told from hair by colour and by grain. There is no model with a clean licence that does it.

A texel is skin when its colour is that of surely bare skin (nose, cheeks, chin), in log brightness and two log ratios.
Hair may have the skin's own colour; then its strands tell it, if they lie over one half of the face alone.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.pictures.field import resized, softened
from sosie.twin.features import feature_mask

#: Where skin is hardly ever covered by hair: nose, philtrum, chin, inner cheeks.
SEEDS = (
    *(4, 5, 195, 197, 6, 51, 281, 45, 275, 36, 266, 101),
    *(330, 205, 425, 18, 200, 199, 175, 164, 203, 423, 50, 280),
)
#: Spread of the finest detail in log brightness: skin has 0.01 to 0.03, stubble 0.05, hair 0.15 to 0.25. From
#: the first number on a texel may be hair, from the second it is.
SMOOTH, STRANDS = 0.07, 0.11
#: A line this much darker than what lies beside it, in log brightness, may be a strand; from the second number on it is.
THIN = (0.12, 0.3)
#: Both halves of a face have creases and a rim; hair is told where one half has this share of the other's detail.
ONE_SIDED = 0.6


def bare_skin(stack: NDArray[np.float32], weight: NDArray[np.float32], mesh: Mesh) -> NDArray[np.float32]:
    """(n, T, T) 0 to 1 where the views `stack` (n, T, T, 3), linear, show skin.

    Args:
        stack: each view unwrapped, its light taken off.
        weight: (n, T, T) how well each view sees a texel, 0 to 1.
        mesh: the face.
    """
    side = stack.shape[1]
    seeds = np.zeros((side, side), np.uint8)
    for x, y in np.round(mesh.uv[list(SEEDS)] * side).astype(int):
        cv2.circle(seeds, (int(x), int(y)), side // 48, 1, -1)
    coded = log_colour(stack)
    smooth = 1 - _strands(coded[..., 0], weight, mesh)
    sure = (seeds[None] > 0) & (weight > 0.2) & (smooth > 0.5)
    return likeness_to(coded, coded[sure], side / 200) * smooth


def likeness_to(
    coded: NDArray[np.float32], bare: NDArray[np.float32], sigma: float, slack: float = 0.12
) -> NDArray[np.float32]:
    """(n, H, W) 0 to 1: how much the log colours `coded` (n, H, W, 3) are those of `bare` (k, 3), read over `sigma`.

    `slack` is how much darker or brighter skin may be, in log brightness, beyond the spread of `bare`.
    """
    centre = np.median(bare, 0)
    spread = 1.4826 * np.median(np.abs(bare - centre), 0) + np.array([slack, 0.06, 0.06], np.float32)
    blurred = np.stack([cv2.GaussianBlur(layer, (0, 0), sigma) for layer in coded])
    distance = np.sqrt((((blurred - centre) / spread) ** 2).sum(-1))
    return np.asarray(np.clip((5.0 - distance) / 1.5, 0, 1), np.float32)


def inner(skin: NDArray[np.float32], margin: int) -> NDArray[np.float32]:
    """Skin less a margin along hair: its shadow and its strands reach further than its colour. Specks are no hair."""
    whole = cv2.morphologyEx(_bytes(skin), cv2.MORPH_CLOSE, disc(margin // 2))
    eroded = cv2.erode(whole, disc(2 * margin), borderType=cv2.BORDER_CONSTANT, borderValue=255)
    soft = cv2.GaussianBlur(eroded.astype(np.float32), (0, 0), margin / 4)
    return np.asarray(soft * whole / np.float32(255 * 255), np.float32)


def _bytes(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`share` (H, W), 0 to 1, in 255 steps: shapes of bytes are eroded four times as fast."""
    return np.asarray(cv2.convertScaleAbs(share, alpha=255), np.uint8)


def among_skin(skin: NDArray[np.float32], margin: int) -> NDArray[np.float32]:
    """Skin and what has skin above and below it, as eyes, brows and lips have; less a margin along hair."""
    return inner(_with_features(skin), margin)


def _with_features(skin: NDArray[np.float32]) -> NDArray[np.float32]:
    tall = np.ones((len(skin) // 8, 1), np.uint8)
    return np.asarray(cv2.morphologyEx(skin, cv2.MORPH_CLOSE, tall), np.float32)


def loose_strands(stack: NDArray[np.float32], skin: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, T, T) 0 to 1: thin dark lines near the hair of each view `stack` (n, T, T, 3), linear, with `skin` (n, T, T).

    Stubble is dots, and a line far from any hair is a wrinkle.
    """
    side = stack.shape[1]
    lines = [_line(side // 40, angle) for angle in np.arange(8) * np.pi / 8]
    found = []
    for picture, bare in zip(stack, skin, strict=True):
        dark = cv2.morphologyEx(log_colour(picture)[..., 0], cv2.MORPH_BLACKHAT, disc(side // 60))
        drawn = np.max([cv2.morphologyEx(dark, cv2.MORPH_OPEN, line) for line in lines], 0)
        hair = cv2.morphologyEx(_bytes(1 - _with_features(bare)), cv2.MORPH_OPEN, disc(side // 24))
        few = resized(hair / np.float32(255), side // 4, side // 4)
        near = resized(np.asarray(cv2.dilate(few, disc(side // 32)), np.float32), side, side)
        thin = np.clip((drawn - THIN[0]) / (THIN[1] - THIN[0]), 0, 1) * near
        found.append(cv2.GaussianBlur(cv2.dilate(thin, disc(side // 60)), (0, 0), side / 300))
    return np.stack(found).astype(np.float32, copy=False)


def _line(length: int, angle: float) -> NDArray[np.uint8]:
    kernel = np.zeros((length | 1, length | 1), np.uint8)
    middle, reach = length // 2, length / 2
    x, y = round(reach * np.cos(angle)), round(reach * np.sin(angle))
    cv2.line(kernel, (middle - x, middle - y), (middle + x, middle + y), 1)
    return kernel


def disc(width: int) -> NDArray[np.uint8]:
    """A round structuring element of about this width."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width | 1, width | 1)), np.uint8)


def log_colour(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log brightness and two log ratios."""
    safe = np.log(np.maximum(linear, 0.004))
    codes = [safe.mean(-1), safe[..., 0] - safe[..., 1], safe[..., 1] - safe[..., 2]]
    return np.stack(codes, -1).astype(np.float32, copy=False)


def _strands(brightness: NDArray[np.float32], weight: NDArray[np.float32], mesh: Mesh) -> NDArray[np.float32]:
    """(n, T, T) 0 to 1: broad places of one half that are much less smooth than their mirror image."""
    side = brightness.shape[1]
    plain = 1 - feature_mask(mesh, side)  # eyes and mouths have their own detail
    energies, masses = [], []
    for layer, seen in zip(brightness, weight, strict=True):
        fine = layer - cv2.GaussianBlur(layer, (0, 0), side / 250)
        energies.append(softened(fine * fine * seen * plain, side / 60))
        masses.append(softened(seen * plain, side / 60) + np.float32(1e-5))
    energy, mass = np.stack(energies), np.stack(masses)
    # Hair lies on the same texels in most views; a crease or a rim is sharp in one of them.
    detail = np.sqrt(energy.sum(0) / mass.sum(0))
    one_sided = _rough(detail) * (detail[:, ::-1] < ONE_SIDED * detail) * (mass.max(0) > 1e-4)
    within = np.ones((side // 8, side // 8))  # features are hidden with what is around them
    hair = cv2.morphologyEx(
        cv2.morphologyEx(one_sided, cv2.MORPH_OPEN, disc(side // 24)), cv2.MORPH_CLOSE, within
    )
    own = [cv2.morphologyEx(_rough(one), cv2.MORPH_CLOSE, within) for one in np.sqrt(energy / mass)]
    return np.asarray(hair * np.stack(own), np.float32)


def _rough(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.clip((detail - SMOOTH) / (STRANDS - SMOOTH), 0, 1), np.float32)
