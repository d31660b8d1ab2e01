"""How light or dark the stand-in's skin is, from one picture in unknown light.

Brightness on skin is reflectance times light, and only their product is seen. Two witnesses for the light:

- the exposure: cameras and photographers put the lit part of a face within about a stop of the same light level;
- the eye white: it has nearly the same reflectance in everybody, so that the skin beside it reads against it. It lies
  in a socket, so light from above darkens it more than the lower lid: alone it errs by a stop, together they agree
  to a quarter. A third, weak one corrects the first: hard light with deep shadows is exposed darker.

All witnesses tell about light, not about people: none of them can tell one person from another, and their weights were
fitted so that the tone enters with slope one. Hue is not estimated: under unknown coloured light the locus of human
skin is a far better guess (its ratio red to green varies by a tenth of a stop between very fair and very deep skin).

Colours are linear light, sRGB primaries. "Apparent" reflectance is what an even light shows: albedo + `GLOSS`, the
share that the skin's surface mirrors without entering it, of the light's own colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.faces.regions import EYES, LOWER_LIDS, face_skin, polygon
from sosie.pictures.colour import LUMA

#: Mean surface reflection of skin under even light (fitted on the captures, which agree with 0.028 of Fresnel's law).
GLOSS = 0.03
#: Fitted on 72 pictures, 6 people, 12 lights (graphs/tone_fit.py). With the picture's person and light left out of
#: the fit, half the errors are below 0.30 stop, RMS 0.37.
EYE_WHITE = 2.20  # log2 of (lower lid of unit reflectance / eye white), the sockets' mean shade included
EXPOSURE = 0.28  # log2 of the light on the lit part of a well exposed face
EXPOSURE_SHARE = 0.76
CONTRAST, MEAN_CONTRAST = 0.18, 1.55
POPULATION = -1.75  # mean log2 apparent luminance of human skin


@dataclass(frozen=True)
class Locus:
    """The colours that skin has: log2 of red over green and of blue over green, apparent reflectance at the population's mean,
    and how much more both are for a stop more of luminance.
    """

    red: float
    blue: float
    redder: float
    bluer: float


HUMAN = Locus(0.83, -0.61, -0.06, 0)  # deep skin is redder
NEUTRAL = Locus(0, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Tone:
    """`albedo` (3,) mean over bare skin; `spread`: one sigma of its log2; `cues`: what the witnesses said."""

    albedo: NDArray[np.float32]
    spread: float
    cues: dict[str, float]


def estimate_tone(
    plate: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    skin: NDArray[np.float32],
    locus: Locus = HUMAN,
) -> Tone:
    """The tone of the face with `landmarks` (468 or 478, 3) in `plate` (H, W, 3); `skin` (H, W) is bare facial skin."""
    luma = np.log2(np.maximum(plate @ LUMA, 1e-4))[skin > 0.5]
    if luma.size < 16:
        return Tone(from_luminance(POPULATION, locus), 1.0, {"skin_pixels": float(luma.size)})
    dark, lit = (float(q) for q in np.quantile(luma, (0.25, 0.9)))
    exposure = lit - EXPOSURE
    cues = {"exposure": exposure, "contrast": lit - dark}
    eyes = beside_eye_white(plate, landmarks)
    if eyes is None:
        apparent, spread = exposure, 0.45
    else:
        cues["eye_white"] = eyes - EYE_WHITE
        apparent = EXPOSURE_SHARE * exposure + (1 - EXPOSURE_SHARE) * cues["eye_white"]
        # Witnesses that contradict each other are both less believable.
        spread = float(np.hypot(0.3, 0.25 * (cues["eye_white"] - exposure)))
    apparent += CONTRAST * (cues["contrast"] - MEAN_CONTRAST)
    # No pull towards the population's mean: it would err most for the fairest and the deepest skin.
    cues["log2"] = apparent
    return Tone(from_luminance(apparent, locus), spread, cues)


def from_luminance(log2: float, locus: Locus = HUMAN) -> NDArray[np.float32]:
    """Albedo (3,) of skin with this log2 apparent luminance: the locus, less the surface's gloss."""
    stops = log2 - POPULATION
    colour = np.exp2([locus.red + locus.redder * stops, 0, locus.blue + locus.bluer * stops]).astype(
        np.float32
    )
    apparent = colour * np.float32(2**log2) / (colour @ LUMA)
    return np.asarray(np.clip(apparent - GLOSS, 0.012, 0.9), np.float32)


def beside_eye_white(plate: NDArray[np.float32], landmarks: NDArray[np.float32]) -> float | None:
    """log2 of lower lid over eye white, both eyes by their size; None when neither can be read."""
    xy = landmarks[:, :2]
    size = plate.shape[:2]
    span = float(np.linalg.norm(xy[263] - xy[33]))
    rows, columns = np.mgrid[: size[0], : size[1]] + np.float32(0.5)
    readings, weights = [], []
    for side, (ring, (upper, lower)) in enumerate(zip(EYES, LOWER_LIDS, strict=True)):
        eye = xy[list(ring)]
        width = float(np.linalg.norm(eye[0] - eye[8]))
        centre = xy[468 + 5 * side] if len(xy) >= 478 else eye.mean(0)
        away = np.hypot(columns - centre[0], rows - centre[1]) > 0.23 * max(width, 0.3 * span)
        white = plate[(polygon(size, eye, 0.92) > 0) & away] @ LUMA
        lid = plate[polygon(size, np.concatenate([xy[list(upper)], xy[list(lower)][::-1]])) > 0] @ LUMA
        if min(len(white), len(lid)) < 6:
            continue
        low, high = np.quantile(white, (0.6, 0.95))  # not the lashes' shadow, not the catch light
        bright = float(white[(white >= low) & (white <= high)].mean())
        readings.append(np.log2(max(float(np.median(lid)), 1e-4) / max(bright, 1e-4)))
        weights.append((width / span) ** 2 * (len(white) / span**2) ** 0.5)
    return float(np.average(readings, weights=weights)) if readings else None


def mean_tone(albedo: NDArray[np.float32], valid: NDArray[np.float32], mesh: Mesh) -> NDArray[np.float32]:
    """(3,): mean of a UV texture `albedo` (T, T, 3) over bare skin, where `valid` (T, T) 0 to 1."""
    side = min(len(albedo), 512)
    small = cv2.resize(np.asarray(albedo, np.float32), (side, side), interpolation=cv2.INTER_AREA)
    seen = cv2.resize(np.asarray(valid, np.float32), (side, side), interpolation=cv2.INTER_AREA)
    chosen = (face_skin((side, side), mesh.uv * side) > 0.5) & (seen > 0.5 * seen.max())
    return np.asarray(small[chosen].mean(0), np.float32)
