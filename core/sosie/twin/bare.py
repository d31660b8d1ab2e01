"""Bare skin of the photographs, told from hair as it is on a plate (faces/occlusion.py), and what hair leaves beside it:
shadow, and loose strands.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Mesh
from sosie.faces.accessories import accessory_at
from sosie.faces.cutout import accessory_matte
from sosie.faces.occlusion import visible_skin
from sosie.faces.shown import hand_at, shown_at
from sosie.pictures.field import resized
from sosie.twin.raster import rasterise

#: A line this much darker than what lies beside it, in log brightness, may be a strand; from the second number on it is.
THIN = (0.12, 0.3)


def bare_skin(picture: NDArray[np.float32], face: Face, mesh: Mesh) -> NDArray[np.float32]:
    """(H, W) 0 to 1: where the `picture` (H, W, 3), linear, shows bare `face`."""
    size = picture.shape[:2]
    points = face.landmarks[:468]
    inside = rasterise(points[:, :2], mesh.triangles, size, facing=False).covered
    told = shown_at(face.shown, face.crop, size) * (1 - hand_at(face.shown, face.crop, size))
    skin = visible_skin(picture, points, inside.astype(np.float32), told)
    worn = accessory_matte(picture, accessory_at(face.accessories, face.crop, size), inside, face.size)
    return np.asarray(skin * (1 - worn), np.float32)


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
