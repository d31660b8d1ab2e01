"""FaceMesh V2 and its blendshape network: 478 landmarks, presence, 52 expression coefficients.

Conventions were checked against MediaPipe 0.10.21: crops are RGB / 255, channels last; landmarks come in crop
pixels with depth in the same scale; presence is a logit; the blendshape network takes 146 landmarks in pixels and
normalises them itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sosie.faces.accessories import FILE, accessories
from sosie.faces.crop import Crop, apply, sample
from sosie.faces.shown import load_weights, shown
from sosie.models import ModelStore

SIDE = 256
LANDMARKS = 478
#: A crop is this much larger than the landmarks in it: measured best on the test people, above all turned by 60 degrees.
#: (MediaPipe takes 1.5 for every pose; below 1.4 its outline shrinks.)
MARGIN = 1.6
#: Outer eye corners, picture's left and right.
EYES = (33, 263)
#: First landmark of each iris, her right eye's before her left's: its centre, then four points of its edge.
IRISES = (468, 473)
#: Where the lips meet, or the mouth opens: upper and lower lip, from corner to corner and back.
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
#: The landmarks the blendshape network takes (MediaPipe's `face_blendshapes_graph.cc`).
EXPRESSIVE = np.fromstring(
    """
    0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 84 87 88 91
    93 95 103 105 107 109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 157 158 159 160 161
    162 163 168 172 173 176 178 181 185 191 195 197 234 246 249 251 263 267 269 270 276 282 283 284 285
    288 291 293 295 296 297 300 308 310 311 312 314 317 318 321 323 324 332 334 336 338 356 361 362 365
    373 374 375 377 378 379 380 381 382 384 385 386 387 388 389 390 397 398 400 402 405 409 415 454 466
    468 469 470 471 472 473 474 475 476 477
    """,
    np.intp,
    sep=" ",
)

#: Points, presence, and what was seen (models/convert/landmarks.py).
OUTPUTS = ("Identity", "Identity_1", "seen_128", "seen_64", "seen_32", "seen_16", "seen_8", "seen_4")


@dataclass(frozen=True, eq=False)
class Look:
    """What one crop showed the network."""

    crop: Crop
    #: (478, 3) float32: plate pixels, and depth in the same scale.
    landmarks: NDArray[np.float32]
    #: 0 to 1: whether the crop shows a face.
    presence: float
    #: (2048,) float16: the last but one layer's map of the crop.
    features: NDArray[np.float16]
    #: (64, 64, 2) float16, 0 to 1: which cells of the crop show bare face or a hand before it, and which a hand.
    shown: NDArray[np.float16]
    #: (128, 128) float16, 0 to 1: which finer cells show an accessory, as glasses.
    accessories: NDArray[np.float16]


class Landmarker:
    """Landmarks and expression of one face."""

    def __init__(self, models: ModelStore) -> None:
        self._landmarks = models.session("face_landmarks")
        self._blendshapes = models.session("face_blendshapes")
        self._weights = load_weights(models.root)
        self._accessories = load_weights(models.root, FILE)

    def look(self, picture: NDArray[np.uint8], crop: Crop) -> Look:
        """What the network makes of the face in `crop`."""
        matrix = crop.matrix(SIDE)
        seen = sample(picture, matrix, SIDE).astype(np.float32) / np.float32(255)
        points, logit, *maps, features = self._landmarks.run(OUTPUTS, {"input_12": seen[None]})
        points = points.reshape(LANDMARKS, 3)
        depth = points[:, 2] * (crop.size / SIDE)
        presence = 1 / (1 + np.exp(-float(logit.ravel()[0])))
        landmarks = np.column_stack([apply(matrix, points[:, :2]), depth]).astype(np.float32)
        return Look(
            crop,
            landmarks,
            float(presence),
            features.astype(np.float16).ravel(),
            shown(maps, seen, self._weights),
            accessories(maps, seen, self._accessories),
        )

    def expression(self, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """(52,) float32 coefficients, 0 to 1."""
        points = landmarks[EXPRESSIVE, :2][None]
        values = self._blendshapes.run(None, {"serving_default_input_points:0": points})[0]
        return np.asarray(values, np.float32).reshape(-1)


def crop_around(landmarks: NDArray[np.float32]) -> Crop:
    """The crop MediaPipe's tracker would take next: level with the eyes, around all landmarks, with a margin."""
    across = landmarks[EYES[1], :2] - landmarks[EYES[0], :2]
    angle = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(angle), np.sin(angle)
    level = np.array([[cos, sin], [-sin, cos]])  # plate to level
    upright = landmarks[:, :2] @ level.T
    low, high = upright.min(0), upright.max(0)
    x, y = level.T @ ((low + high) / 2)
    return Crop(float(x), float(y), float((high - low).max()) * MARGIN, angle)
