"""The twin's iris colour in the plate's eyes: gaze, lids, pupil and reflections stay the plate's.

A pixel of an iris is taken apart (Shafer's dichromatic model): up to the brightness that its streaks have it is the iris itself,
which becomes the twin's, in her hue and with the plate's shade; what is brighter is reflected by the cornea and stays.
Each channel multiplied on its own would turn whatever grey lies in a dark brown eye into glowing turquoise. A dark eye shows
neither pupil nor rim: one that becomes light gets both, as dark as its iris was.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.colour import LUMA
from sosie.render.flow import openings_of
from sosie.render.irises import irises_of
from sosie.render.light import Light

#: An eye looks out of its socket: its light is what falls on the cheek this far below it, in face heights, not that
#: of the skin around it, which lies deeper and in the shade of brow and lashes.
BELOW, TOP, CHIN = 0.1, 10, 152
#: A change of brightness beyond these factors is a wrong measurement.
LEAST, MOST = 0.12, 8.0
#: What is this much brighter than the iris's median is reflected; pixels as bright as the second are catch lights.
MATT, CATCH = 1.7, 2.2
#: An eye that becomes so many times lighter begins to get a pupil and a rim, and has them: radius, width and the edges'
#: softness in iris radii, and how dark the rim is.
LIGHTER = (1.5, 3.0)
PUPIL, SOFT, LIMBUS, LIMBUS_DARK = 0.36, 0.1, 0.22, 0.6


def iris_gain(
    plate: NDArray[np.float32], landmarks: NDArray[np.float32], iris: NDArray[np.float32], light: Light
) -> NDArray[np.float32]:
    """(H, W, 3) to multiply `plate` (H, W, 3; linear) with: 1 but on the irises.

    `landmarks` (478, 3) in the plate's pixels, `iris` (3,) the twin's reflectance, `light` of the same plate.
    """
    size = plate.shape[:2]
    gain = np.ones((*size, 3), np.float32)
    open_eyes = openings_of(landmarks, size)
    down = np.float32(BELOW) * (landmarks[CHIN, :2] - landmarks[TOP, :2])
    for found in irises_of(plate, landmarks, open_eyes):
        centre, radius = np.array([found.x, found.y], np.float32), found.radius
        x0, y0 = np.maximum(np.floor(centre - 1.5 * radius).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(centre + 1.5 * radius).astype(int), size[::-1])
        if x1 <= x0 or y1 <= y0:
            continue
        window = (slice(y0, y1), slice(x0, x1))
        rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32) + 0.5
        distance = np.hypot(columns - centre[0], rows - centre[1]) / radius
        inside = np.clip((1.05 - distance) / max(SOFT, 1 / radius), 0, 1)
        inside *= cv2.GaussianBlur(open_eyes[window], (0, 0), max(SOFT / 2 * radius, 0.3))
        ring = (distance > 0.45) & (distance < 0.9) & (open_eyes[window] > 0.9)
        if ring.sum() < 4:
            continue
        shown = np.maximum(plate[window], 1e-4)
        bright = shown @ LUMA
        now = float(np.median(bright[ring]))
        wanted = iris * _light_at(light, centre + down)
        new = float(np.clip(wanted @ LUMA / now, LEAST, MOST)) * now
        own = np.minimum(bright, MATT * now)[..., None]
        hers = own / now * new * wanted / max(float(wanted @ LUMA), 1e-4)
        change = (hers + shown * (1 - own / bright[..., None])) / shown
        share = inside * np.clip((CATCH * 1.5 - bright / now) / (CATCH * 0.5), 0, 1)
        share *= 1 - _dark(distance, radius) * np.float32(np.interp(new / now, LIGHTER, (0, 1)))
        gain[window] *= 1 + share[..., None] * (change - 1)
    return gain


def _dark(distance: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """(h, w) 0 to 1: how much of an iris's lightness its pupil and its rim, the limbus, lack, `distance` radii from its centre."""
    soft = max(SOFT, 1 / radius)
    pupil = np.clip(0.5 + (PUPIL - distance) / soft, 0, 1)
    limbus = np.clip((distance - (1 - LIMBUS)) / LIMBUS, 0, 1)
    return np.asarray(np.maximum(pupil, LIMBUS_DARK * limbus), np.float32)


def _light_at(light: Light, point: NDArray[np.float32]) -> NDArray[np.float32]:
    x0, y0, x1, y1 = light.box
    column = int(np.clip(point[0], x0, x1 - 1)) - x0
    row = int(np.clip(point[1], y0, y1 - 1)) - y0
    return np.asarray(light.shading[row, column], np.float32)
