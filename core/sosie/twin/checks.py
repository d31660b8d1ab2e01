"""Which photographs can be used, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import CaptureError, PictureError
from sosie.faces import EXPRESSIONS, Face, Faces
from sosie.faces.identity import SAME_PERSON
from sosie.pictures import from_linear, read_picture, to_linear

#: Pixels between the top and bottom of the face.
MIN_FACE = 160.0
#: Detail of the face region, relative to its brightness; sharp photographs reach 0.03 to 0.07.
MIN_SHARPNESS = 0.012
MAX_BLINK = 0.6
#: Turned heads look less alike to the embedder: the limit grows with the yaw (per degree).
STRANGER, STRANGER_PER_DEGREE = SAME_PERSON + 0.08, 0.004
#: In white light every skin is redder than green and greener than blue; the fairest reaches 1.3 and 1.1.
MIN_REDNESS, MIN_YELLOWNESS = 1.12, 0.95
BARE = (4, 5, 195, 197, 50, 280, 205, 425, 101, 330, 36, 266, 118, 347)
DOUBTFUL, OTHER_SKIN = 0.5, 0.45


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph that was read and holds one face."""

    path: Path
    linear: NDArray[np.float32]  # (H, W, 3) linear light
    face: Face
    embedding: NDArray[np.float32]
    sharpness: float
    view: str  # frontal, left, right, left_profile, right_profile, up, down, smile, open, expression


@dataclass(frozen=True)
class Verdict:
    """What became of one photograph: `view` is empty when it was refused, and `reason` says why."""

    name: str
    view: str
    reason: str = ""


def read_photograph(path: Path, faces: Faces) -> Photograph:
    """One photograph with exactly one usable face.

    Raises:
        PictureError, CaptureError: why not.
    """
    picture = read_picture(path)
    linear = to_linear(picture.pixels, picture.colour)[..., :3]
    rgb = np.asarray(from_linear(linear, np.uint8, "srgb"), np.uint8)
    found = faces.find(rgb)
    if not found:
        raise CaptureError("No face was found.", remedy="Take it again with the whole face in the picture.")
    face = max(found, key=lambda item: item.size)
    others = [item for item in found if item is not face and item.size > 0.4 * face.size]
    if others:
        raise CaptureError(f"It shows {len(found)} faces.", remedy="Photograph one person alone.")
    if face.size < MIN_FACE:
        raise CaptureError(
            f"The face is {face.size:.0f} pixels high; {MIN_FACE:.0f} are needed.", remedy="Come closer."
        )
    sharpness = sharpness_of(linear, face)
    if sharpness < MIN_SHARPNESS:
        raise CaptureError(
            f"It is blurred (sharpness {sharpness:.4f}, at least {MIN_SHARPNESS}).",
            remedy="Use a tripod or more light.",
        )
    redness, yellowness = skin_colour(linear, face)
    if redness < MIN_REDNESS or yellowness < MIN_YELLOWNESS:
        raise CaptureError(
            f"The face has no colour of skin (red over green {redness:.2f}, green over blue {yellowness:.2f}).",
            remedy="Use colour photographs in even white light; leave out maps, drawings and black-and-white.",
        )
    blink = min(expression(face, "eyeBlinkLeft"), expression(face, "eyeBlinkRight"))
    if blink > MAX_BLINK and face.pose.pitch > -12:  # looking down lowers the lids
        raise CaptureError(f"The eyes are closed ({blink:.0%}).", remedy="Take it again with open eyes.")
    return Photograph(path, linear, face, faces.embed(rgb, face), sharpness, "")


def expression(face: Face, name: str) -> float:
    """One coefficient by its ARKit name."""
    return float(face.expression[EXPRESSIONS.index(name)])


def skin_colour(linear: NDArray[np.float32], face: Face) -> tuple[float, float]:
    """Red over green and green over blue, median over nose and cheeks, linear light."""
    height, width = linear.shape[:2]
    points = face.landmarks[list(BARE), :2].astype(int)
    inside = (points >= 0).all(1) & (points[:, 0] < width) & (points[:, 1] < height)
    if not inside.any():
        return 0.0, 0.0
    red, green, blue = np.maximum(linear[points[inside, 1], points[inside, 0]], 1e-4).T
    return float(np.median(red / green)), float(np.median(green / blue))


def sharpness_of(linear: NDArray[np.float32], face: Face) -> float:
    """Spread of the finest detail around eyes, nose and mouth, in log brightness, at 256 px face size."""
    x0, y0 = (max(int(v), 0) for v in face.box[:2])
    crop = linear[y0 : int(face.box[3]), x0 : int(face.box[2])].mean(-1)
    scale = min(256 / max(crop.shape), 1.0)
    small = cv2.resize(
        np.log(np.maximum(crop, 0.004)), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    fine = small - cv2.GaussianBlur(small, (0, 0), 1.0)
    h, w = fine.shape
    inner = fine[h // 5 : h * 4 // 5, w // 5 : w * 4 // 5]
    return float(np.quantile(np.abs(inner), 0.9))


def strangers(photographs: Sequence[Photograph]) -> dict[Path, float]:
    """Photographs of another person than most, with their median distance to the rest.

    Under one light a person's skin keeps its brightness: where that differs too, a smaller distance is enough.
    """
    if len(photographs) < 3:
        return {}
    points = np.stack([item.embedding for item in photographs])
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    tones = np.array([_log_tone(item) for item in photographs])
    found = {}
    for row, item, tone in zip(distances, photographs, tones, strict=True):
        typical = float(np.median(np.sort(row)[1:]))
        other_skin = abs(tone - np.median(tones)) > OTHER_SKIN
        limit = DOUBTFUL if other_skin else STRANGER
        if typical > limit + STRANGER_PER_DEGREE * abs(item.face.pose.yaw):
            found[item.path] = typical
    return found


def _log_tone(item: Photograph) -> float:
    """Log brightness of nose and cheeks."""
    height, width = item.linear.shape[:2]
    points = item.face.landmarks[list(BARE), :2].astype(int)
    points = np.clip(points, 0, [width - 1, height - 1])
    return float(np.log(max(float(np.median(item.linear[points[:, 1], points[:, 0]])), 1e-4)))


def try_read(path: Path, faces: Faces) -> Photograph | Verdict:
    """The photograph, or why not."""
    try:
        return read_photograph(path, faces)
    except (CaptureError, PictureError) as error:
        return Verdict(path.name, "", str(error))
