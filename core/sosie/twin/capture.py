"""Capture: a folder of photographs becomes a twin.

Every photograph is judged on its own, then against the others (one person?), then named by its pose. A frontal
view and one of each side are needed, but for a side that her hair hides in the frontal view too: that one is the
other's mirror image. All that was refused, and why, is in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import CaptureError
from sosie.faces import Face, Faces, face_mesh
from sosie.faces.bias import load_bias, on_the_skin
from sosie.faces.landmarks import IRISES
from sosie.pictures import from_linear
from sosie.twin.acting import Shown, acted, shown, wrinkles
from sosie.twin.basis import Basis, Camera, load_basis, moved
from sosie.twin.checks import Photograph, Verdict, strangers, try_read
from sosie.twin.features import SIDES, hidden_halves
from sosie.twin.report import CaptureReport
from sosie.twin.rig import take_off_light
from sosie.twin.shape import Neutral, bundle
from sosie.twin.surround import load_surround
from sosie.twin.surround_texture import fuse_surround
from sosie.twin.texture import Texture, fuse
from sosie.twin.twin import Figures, Twin
from sosie.twin.views import name_views, resting

ACTING = ("smile", "open", "expression")
#: Views in which a neck is not where the neutral head has it.
NODDING = ("up", "down")
NEEDED = {
    "frontal": ("frontal",),
    "left": ("left", "left_profile"),
    "right": ("right", "right_profile"),
}
THUMBNAIL = 256
Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Capture:
    """A twin, the report about its photographs, and a JPEG to recognise it by."""

    twin: Twin
    report: CaptureReport
    thumbnail: bytes


def capture(photographs: Sequence[Path], *, faces: Faces, progress: Progress = lambda *_: None) -> Capture:
    """Build the twin of the one person whom `photographs` show.

    `progress` is told a fraction of 1 and what is going on; what it raises ends the capture.

    Raises:
        CaptureError: capture_incomplete, when good views are missing; lists every refused photograph and why.
    """
    good, verdicts = _select(photographs, faces, progress)
    missing = _missing(good)
    if len(missing) > 1 or "frontal" in missing:
        raise _incomplete(missing, verdicts)
    bias = load_bias()
    good = [replace(item, face=on_the_skin(item.face, bias)) for item in good]
    neutral = sorted((item for item in good if item.view not in ACTING), key=_off_the_front)
    front = neutral[0]
    mesh, basis = face_mesh(), load_basis()
    progress(0.5, "Finding the shape")
    shape = bundle([item.face for item in neutral], basis, mesh.triangles)
    progress(0.6, "Fusing the texture")
    views = [_posed(item.face, camera, shape) for item, camera in zip(neutral, shape.cameras, strict=True)]
    texture = fuse([item.linear for item in neutral], views, shape, mesh)
    unseen = hidden_halves(mesh, texture.valid)
    mirrored = tuple(side for side in ("left", "right") if f"{side}_eye" in unseen)
    if not set(missing) <= set(mirrored):
        raise _incomplete(missing, verdicts)
    progress(0.8, "Ears and neck")
    around = _around(neutral, shape, texture)
    progress(0.9, "Measuring expressions and colours")
    rest = resting(neutral)
    acting = [item for item in good if item.view in ACTING]
    deltas, others = _acted(acting, shape, rest, basis)
    at_rest = shown(front.linear, front.face, shape.shape, shape.cameras[0])
    shown_share = float(texture.valid[_covered(texture)].mean())
    views_used = tuple(item.view for item in (*neutral, *acting))
    figures = Figures(views_used, shape.residual, shown_share, _eye_pixels(front.face))
    thumbnail = _thumbnail(front)
    twin = Twin(
        shape=shape.shape,
        albedo=texture.albedo.astype(np.float16),
        valid=np.round(texture.valid * 255).astype(np.uint8),
        expressions=np.asarray([item.face.expression for item in acting], np.float32).reshape(-1, 52),
        deltas=deltas,
        resting=rest,
        tone=_tone(texture),
        iris=_iris(front, texture.hidden),
        identity=np.asarray(front.embedding, np.float32),
        thumbnail=thumbnail,
        figures=figures,
        surround=around.albedo.astype(np.float16),
        surround_valid=np.round(around.valid * 255).astype(np.uint8),
        wrinkles=wrinkles(at_rest, others, mesh),
    )
    progress(1.0, "Done")
    report = CaptureReport(
        figures.views, tuple(verdicts), figures, _previews(good), _preview(texture), mirrored
    )
    return Capture(twin, report, thumbnail)


def _select(
    paths: Sequence[Path], faces: Faces, progress: Progress
) -> tuple[list[Photograph], list[Verdict]]:
    read: list[Photograph] = []
    verdicts: list[Verdict] = []
    for number, path in enumerate(paths):
        progress(0.5 * number / max(len(paths), 1), f"Looking at {path.name}")
        result = try_read(path, faces)
        if isinstance(result, Verdict):
            verdicts.append(result)
        else:
            read.append(result)
    others = strangers(read)
    for item in read:
        if item.path in others:
            why = f"It shows another person than the rest (distance {others[item.path]:.2f})."
            verdicts.append(Verdict(item.path.name, "", f"{why} Photograph one person alone."))
    kept = [item for item in read if item.path not in others]
    if kept:
        kept = [replace(item, view=view) for item, view in zip(kept, name_views(kept), strict=True)]
    verdicts += [Verdict(item.path.name, item.view) for item in kept]
    return kept, sorted(verdicts, key=lambda verdict: verdict.name)


def _off_the_front(item: Photograph) -> tuple[bool, float]:
    """A level head may be measured as lowered or raised; its view was named by comparison with the others."""
    return item.view != "frontal", abs(item.face.pose.yaw) + abs(item.face.pose.pitch)


def _missing(good: Sequence[Photograph]) -> list[str]:
    """Which of `frontal`, `left` and `right` no photograph shows."""
    views = {item.view for item in good}
    return [name for name, any_of in NEEDED.items() if not views & set(any_of)]


def _incomplete(missing: Sequence[str], verdicts: Sequence[Verdict]) -> CaptureError:
    words = [
        "a frontal view with a resting face" if name == "frontal" else f"a view turned to the {name}"
        for name in missing
    ]
    refused = "; ".join(f"{v.name}: {v.reason}" for v in verdicts if v.reason)
    return CaptureError(
        f"Missing: {', '.join(words)}. " + (f"Refused: {refused}" if refused else "Nothing was refused."),
        remedy="Photograph what is missing (30 degrees to each side is enough) and capture again.",
        code="capture_incomplete",
    )


def _posed(face: Face, camera: Camera, neutral: Neutral) -> Face:
    """`face` with its landmarks where the shape that explains all views puts them: one skin, read from every side."""
    landmarks = face.landmarks.copy()
    landmarks[:468, :2] = camera.project(neutral.shape)[:, :2]
    return replace(face, landmarks=landmarks)


def _around(neutral: Sequence[Photograph], shape: Neutral, face: Texture) -> Texture:
    """Ears, jaw and neck out of the views on one level, the frontal one first."""
    level = [
        (item.linear, item.face, camera)
        for item, camera in zip(neutral, shape.cameras, strict=True)
        if item.view not in NODDING
    ]
    pictures, views, cameras = zip(*level, strict=True)
    return fuse_surround(
        pictures, views, cameras, shape.shape, face, face_mesh(), load_basis(), load_surround()
    )


def _acted(
    acting: Sequence[Photograph], neutral: Neutral, rest: NDArray[np.float32], basis: Basis
) -> tuple[NDArray[np.float32], list[Shown]]:
    """(n, 468, 3) how each expression moves the shape, and the photographs of them as that explains them."""
    fits = [acted(item.face, basis, neutral.shape, rest) for item in acting]
    shapes = [moved(fit, basis) for fit in fits]
    seen = [
        shown(item.linear, item.face, shape, fit.camera)
        for item, shape, fit in zip(acting, shapes, fits, strict=True)
    ]
    return np.asarray([shape - neutral.shape for shape in shapes], np.float32).reshape(-1, 468, 3), seen


def _covered(texture: Texture) -> NDArray[np.bool_]:
    side = len(texture.valid)
    mesh = face_mesh()
    mask = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(mesh.uv * side).astype(np.int32)), 1)
    return mask > 0


def _tone(texture: Texture) -> NDArray[np.float32]:
    """Mean reflectance of the cheeks and the nose bridge, seen or filled."""
    mesh, side = face_mesh(), len(texture.valid)
    mask = np.zeros((side, side), np.uint8)
    for x, y in np.round(mesh.uv[[50, 280, 205, 425, 101, 330, 6, 197]] * side).astype(int):
        cv2.circle(mask, (int(x), int(y)), side // 50, 1, -1)
    return np.asarray(texture.albedo[mask > 0].mean(0), np.float32)


def _iris(front: Photograph, hidden: frozenset[str]) -> NDArray[np.float32]:
    """Median reflectance of the irises that show, without pupil and catch light."""
    samples = []
    for first in [first for side, first in zip(SIDES, IRISES, strict=True) if f"{side}_eye" not in hidden]:
        points = front.face.landmarks[first : first + 5, :2]
        radius = float(np.linalg.norm(points[1:] - points[0], axis=1).mean())
        y, x = np.indices(front.linear.shape[:2], dtype=np.float32)
        distance = np.hypot(x + 0.5 - points[0, 0], y + 0.5 - points[0, 1])
        ring = (distance > 0.45 * radius) & (distance < 0.85 * radius) & (y + 0.5 > points[0, 1])
        samples.append(front.linear[ring])
    pixels = np.concatenate(samples)
    if not len(pixels):
        return np.full(3, 0.05, np.float32)
    frontal = np.zeros((1, 1, 3), np.float32)
    frontal[..., 2] = -1
    middle = np.asarray(np.median(pixels, 0), np.float32)
    return np.asarray(take_off_light(middle[None, None], frontal)[0, 0], np.float32)


def _eye_pixels(face: Face) -> float:
    return float(np.linalg.norm(face.landmarks[33, :2] - face.landmarks[263, :2]))


def _crop(item: Photograph, side: int) -> NDArray[np.uint8]:
    """(side, side, 3) sRGB around the face."""
    (x, y), half = item.face.centre, 0.75 * item.face.size
    scale = side / (2 * half)
    matrix = np.array([[scale, 0, side / 2 - scale * x], [0, scale, side / 2 - scale * y]])
    crop = cv2.warpAffine(
        item.linear, matrix, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(from_linear(np.asarray(crop, np.float32), np.uint8, "srgb"), np.uint8)


def _thumbnail(item: Photograph) -> bytes:
    _, data = cv2.imencode(".jpg", _crop(item, THUMBNAIL)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    return bytes(data)


def _previews(good: Sequence[Photograph]) -> tuple[NDArray[np.uint8], ...]:
    return tuple(_crop(item, THUMBNAIL) for item in good)


def _preview(texture: Texture) -> NDArray[np.uint8]:
    small = cv2.resize(texture.albedo, (512, 512), interpolation=cv2.INTER_AREA)
    seen = cv2.resize(texture.valid, (512, 512), interpolation=cv2.INTER_AREA)[..., None]
    shown = small * (0.25 + 0.75 * seen)
    return np.asarray(from_linear(shown.astype(np.float32), np.uint8, "srgb"), np.uint8)


__all__ = ["ACTING", "Capture", "CaptureReport", "capture"]
