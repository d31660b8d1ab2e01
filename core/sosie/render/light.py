"""The plate's light on the stand-in's face, so that another skin can stand in it.

plate = albedo * shading + specular. The albedo of the stand-in is her tone (tone.py): what varies on bare skin is then
light. Features with an albedo of their own (brows, eyes, lips, nostrils) are cut out and filled from around; freckles,
pores, stubble and grain are smoothed away, cast shadows are not (they are stronger than any mark on skin).
The work is done at a fixed size, whatever the plate's: a 2,400 px face costs little more than one of 200 px.

Linear light, sRGB primaries, float32; coordinates continuous, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.faces.regions import face_skin
from sosie.pictures.colour import LUMA
from sosie.pictures.field import Field, blurred, fill, guided, mixed, resized, three, weighed
from sosie.render.lamps import RIDGE
from sosie.render.tone import GLOSS, HUMAN, Locus, Tone, estimate_tone
from sosie.twin.raster import Raster, rasterise, vertex_normals
from sosie.twin.rig import harmonics

#: Eye distance (outer corners) at which the field is computed; larger faces are reduced, smaller are not enlarged.
SPAN = 110
FLOOR = 2.0**-11
#: Edges of a fifth of a stop and less belong to the skin, stronger ones to the light (variance of log2).
EPSILON = 0.03
#: The field reaches this share of the face's size beyond it.
REACH = 0.35
#: log2 ratio of channels by which a pixel's hue may differ from what the lamps explain
STRANGE = 0.75
#: The same where `skin` says no: a shadow in another lamp's colour looks like an occluder to colour statistics.
DOUBTED = 0.55
#: Hues are one when the square of their angle's sine is less, as in black-and-white; then this share of what is brighter than the
#: skin around is a highlight.
ALIKE, UNTOLD = 1e-4, 0.5
#: What is dark and narrower than so many pixels at an edge of the skin is a line.
LINE = 5


@dataclass(frozen=True, eq=False)
class Light:
    """Fields over `box` (x0, y0, x1, y1; plate pixels, inside the plate): albedo * shading + specular = plate.

    `shading`, `specular` (h, w, 3) are filled everywhere; `valid` (h, w) is 1 where skin was measured. `tone` (3,) is
    the stand-in's mean albedo, `spread` one sigma of its log2 (0.3 is good, above 0.6 hardly known).
    """

    box: tuple[int, int, int, int]
    shading: Field
    specular: Field
    valid: Field
    tone: NDArray[np.float32]
    spread: float
    cues: dict[str, float]


def estimate_light(
    plate: Field,
    landmarks: NDArray[np.float32],
    mesh: Mesh,
    *,
    skin: Field | None = None,
    tone: NDArray[np.float32] | None = None,
    locus: Locus = HUMAN,
) -> Light:
    """Light on the face with `landmarks` (468 or 478, 3) in `plate` (H, W, 3).

    `skin` (H, W) 0 to 1: where the face is really seen (0 on hair, glasses, hands). `tone` (3,): the stand-in's albedo
    where it is known, for example from the frame before; then only the field is estimated. `locus`: else, the colours that it
    may have.
    """
    box = _box(landmarks, plate.shape[:2])
    crop = np.ascontiguousarray(plate[box[1] : box[3], box[0] : box[2]], np.float32)
    points = np.asarray(landmarks, np.float32) - np.array([box[0], box[1], 0], np.float32)
    shown = None if skin is None else skin[box[1] : box[3], box[0] : box[2]].astype(np.float32)
    small, scale = _reduced(crop, points)
    near = points * scale
    size = small.shape[:2]
    drawn = rasterise(near[:468, :2], mesh.triangles, size, depth=near[:468, 2])
    bare = face_skin(size, near) * _front(drawn)
    doubted = np.zeros(size, bool)
    if shown is not None:
        seen = resized(shown, size[1], size[0])
        bare *= seen > 0.5
        doubted = seen < 0.9
    bare = _without_strangers(
        small, bare, drawn.interpolate(vertex_normals(near[:468], mesh.triangles)), doubted
    )
    known = (
        estimate_tone(small, near, bare, locus)
        if tone is None
        else Tone(np.asarray(tone, np.float32), 0.0, {})
    )
    apparent = _apparent(crop, small, bare, near)
    soft = np.asarray(cv2.GaussianBlur(bare, (0, 0), 1.5), np.float32)
    valid = resized(soft, crop.shape[1], crop.shape[0])
    body = known.albedo + GLOSS
    # Highlights are soft: found at the working size, enlarged, and never more than the pixel holds.
    shine = _shine(resized(apparent, size[1], size[0]), body, soft, near)
    shine = np.minimum(resized(shine, crop.shape[1], crop.shape[0]), 0.9 * apparent)
    shading = np.asarray((apparent - shine) / body, np.float32)
    return Light(
        box,
        shading,
        np.asarray(shading * GLOSS + shine, np.float32),
        valid,
        known.albedo,
        known.spread,
        known.cues,
    )


def _box(landmarks: NDArray[np.float32], size: tuple[int, int]) -> tuple[int, int, int, int]:
    low, high = landmarks[:468, :2].min(0), landmarks[:468, :2].max(0)
    reach = REACH * float((high - low).max())
    x0, y0 = (max(0, int(v - reach)) for v in low)
    x1, y1 = (int(np.ceil(v + reach)) for v in high)
    x1, y1 = min(size[1], x1), min(size[0], y1)
    # A face wholly beside the plate still gets a box of one pixel: the caller's own checks speak first.
    x0, y0 = min(x0, size[1] - 1), min(y0, size[0] - 1)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def _reduced(crop: Field, points: NDArray[np.float32]) -> tuple[Field, np.float32]:
    span = float(np.linalg.norm(points[263, :2] - points[33, :2]))
    profile = (
        float(np.linalg.norm(points[10, :2] - points[152, :2])) * 0.6
    )  # a turned head has a short eye distance
    scale = min(1.0, SPAN / max(span, profile, 1e-3))
    if scale == 1.0:
        return crop, np.float32(1)
    return resized(crop, *(max(2, round(n * scale)) for n in crop.shape[1::-1])), np.float32(scale)


def _front(drawn: Raster) -> Field:
    """(H, W) 0 or 1: the mesh's visible side, 2 px in, because landmarks at the silhouette are the least sure."""
    closed = cv2.morphologyEx(drawn.covered.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.erode(closed, np.ones((5, 5), np.uint8), borderValue=0), np.float32)


def _without_strangers(small: Field, bare: Field, normals: Field, doubted: NDArray[np.bool_]) -> Field:
    """`bare` less what is not skin: a fringe, a strap, a sticker; `normals` (H, W, 3) of any length.

    The hue of light on a face is a smooth function of the surface's direction (coloured lamps included): harmonics are
    fitted robustly, and pixels far from the fit are strangers.
    """
    rows, columns = np.nonzero(bare > 0.5)
    if len(rows) < 64:
        return bare
    log = np.log2(np.maximum(cv2.GaussianBlur(small, (0, 0), 1.0), FLOOR))[rows, columns]
    hue = np.stack([log[:, 0] - log[:, 1], log[:, 2] - log[:, 1]], -1)
    facing = normals[rows, columns]
    length = np.linalg.norm(facing, axis=-1, keepdims=True)
    X = harmonics(facing / np.maximum(length, 1e-6)) * (length > 0)  # 0 between triangles
    trust = np.where(doubted[rows, columns], 0.5, 1).astype(np.float32)
    weight = trust
    off = np.zeros(len(rows), np.float32)
    for _ in range(6):
        W = X * weight[:, None]
        coefficients = np.linalg.solve(W.T @ X + 1e-3 * len(rows) * RIDGE, W.T @ hue)
        off = np.abs(hue - X @ coefficients).max(-1)
        weight = trust / (1 + (off / 0.2) ** 2)
    clean = np.zeros_like(bare)
    clean[rows, columns] = off < np.where(doubted[rows, columns], DOUBTED, STRANGE)
    # At an occluder's edge its colour is mixed with skin's: the doubt decides there.
    occluder = (
        cv2.dilate((doubted & (bare > 0.5) & (clean == 0)).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    )
    clean[doubted & occluder & (bare > 0.5)] = 0
    return np.asarray(cv2.erode(clean, np.ones((3, 3), np.uint8)), np.float32)


def _apparent(crop: Field, small: Field, bare: Field, points: NDArray[np.float32]) -> Field:
    """What the plate would show on skin of even albedo, in the plate's units, at the crop's size."""
    log = np.log2(np.maximum(small, FLOOR))
    guide = np.log2(np.maximum(small @ LUMA, FLOOR))
    span = float(np.linalg.norm(points[263, :2] - points[33, :2]))
    radius = max(2, round(0.06 * span))
    a, b = guided(log, guide, bare, radius, EPSILON)
    smooth = a * guide[..., None] + b
    filled = _without_lines(fill(smooth, bare), bare)
    if crop.shape == small.shape:
        return np.asarray(np.exp2(filled), np.float32)
    # Fast guided filter (He and Sun, 2015): coefficients are enlarged, edges come from the plate's own pixels.
    height, width = crop.shape[:2]
    a, b, filled = (resized(x, width, height) for x in (a, b, filled))
    inner = np.asarray(cv2.erode(bare, np.ones((3, 3), np.uint8)), np.float32)
    mask = resized(inner, width, height)
    sharp = a * three(np.log2(np.maximum(weighed(crop, LUMA), FLOOR)))
    sharp += b
    return np.asarray(np.exp2(mixed(sharp, filled, mask)), np.float32)


def _without_lines(field: Field, bare: Field) -> Field:
    """`field` (H, W, 3) without dark lines at the edges of `bare` (H, W; 0 or 1): a shadow's last row, where the rest of it
    lies on lips or lashes.
    """
    edge = cv2.morphologyEx(bare, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(field, cv2.MORPH_CLOSE, np.ones((LINE, LINE), np.uint8))
    return np.asarray(np.where(edge[..., None] > 0, closed, field), np.float32)


def _shine(apparent: Field, body: NDArray[np.float32], valid: Field, points: NDArray[np.float32]) -> Field:
    """Highlights: what is brighter than the smooth level around and has the lamp's hue instead of the skin's.

    Shafer's dichromatic model: a pixel is d * (hue of lit skin) + s * (hue of the lamp), both hues smooth. On deep skin
    a highlight is many times brighter than the skin; taken for shading it would burn out a fair one.
    """
    span = max(float(np.linalg.norm(points[263, :2] - points[33, :2])), 1.0)
    k = max(1, round(span / 50))  # smooth levels need few pixels
    few = (max(2, apparent.shape[1] // k), max(2, apparent.shape[0] // k))
    smooth = blurred(resized(apparent, *few), resized(valid, *few), 0.35 * span / k)
    level = resized(smooth, apparent.shape[1], apparent.shape[0])
    bright = level @ LUMA
    skin = level / np.maximum(bright, 1e-5)[..., None]
    lamp = skin / body
    lamp /= np.maximum(lamp @ LUMA, 1e-5)[..., None]
    ss, ll, sl = (skin * skin).sum(-1), (lamp * lamp).sum(-1), (skin * lamp).sum(-1)
    amount = (ss * (apparent * lamp).sum(-1) - sl * (apparent * skin).sum(-1)) / np.maximum(
        ss * ll - sl**2, 1e-4
    )
    brighter = np.maximum(apparent @ LUMA - bright, 0)
    amount = np.where(ss * ll - sl**2 < ALIKE * ss * ll, UNTOLD * brighter, amount)
    amount = np.clip(amount, 0, brighter) * valid
    soft = np.asarray(cv2.GaussianBlur(amount, (0, 0), max(0.5, 0.013 * span)), np.float32)
    return np.asarray(np.minimum(soft[..., None] * lamp, 0.9 * apparent), np.float32)
