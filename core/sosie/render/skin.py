"""Skin beyond the face: neck, ears, chest, hands. Where it is, and what another person's tone makes of it.

The colours of the plate's own face, in the plate's own light, are the model; hair, cloth and the room are told by theirs,
and by what two networks saw (render/odds.py weighs it all). Skin must hang together with the face or be large, and lie
inside the person. Shade and edges are the plate's: only the ratio of the two tones is multiplied in.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.person import COLOUR, Person
from sosie.faces.regions import OVAL, hull_of, polygon
from sosie.pictures.colour import LUMA
from sosie.pictures.field import Field, guided, resized, softened, weighed
from sosie.render.light import Light
from sosie.render.odds import FAR, cues_of, load_odds
from sosie.render.rim import on_the_rim
from sosie.render.skin_edges import edged
from sosie.render.tone import GLOSS

#: Eye distance (px) at which the matte is found; larger pictures are reduced first.
SPAN = 70
FLOOR = 2.0**-11
#: Brighter than this, over the mean of the skin around, is a highlight's.
SHINY = 1.15
#: Where the person network says less, there is surely room only; so near her outline, in face heights, it may be wrong.
EMPTY, OUTLINE = 0.05, 0.1
#: So likely skin is, on average, what has none of the face beside it. A hand is; a shirt under a gel, or a wall in
#: black-and-white, is less.
SURE = 0.8
#: A place (see `_place`) from here on is on the face.
FACE = 1.25


@dataclass(frozen=True, eq=False)
class Looked:
    """A plate looked at for skin, in small: fields (h, w) at `scale` of its size."""

    scale: float
    small: Field  # (h, w, 3) linear
    code: Field  # (h, w, 3), see `_code`
    own: Field  # how far a colour is from the face's own, in their sigmas
    place: Field  # see `_place`
    body: Field  # the person, less what looks like the room beside her
    seeds: NDArray[np.bool_]  # certainly skin
    landmarks: NDArray[np.float32]  # (n, 2)
    cues: Field  # (h, w, k): see render/odds.py


def skin_matte(
    plate: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    person: Person,
    light: Light,
    told: tuple[NDArray[np.float32], NDArray[np.float32]],
    odds: str = COLOUR,
) -> NDArray[np.float32]:
    """(H, W) float32, 0 to 1: skin of this person, face included.

    `plate` (H, W, 3) linear; `landmarks` (468 or 478, 3) plate pixels; `person`, whose matte is (H, W): outside it this one
    is 0 exactly; `light` from `estimate_light` on the same plate (its `valid` says which pixels are certainly skin);
    `told` (H, W) twice, 0 to 1, what the landmark network surely saw as bare face, and as something else; `odds` names those
    for the plate's kind (render/odds.py).
    """
    seen = look(plate, landmarks, person.hinting(odds), light, told)
    if seen is None:
        return np.zeros(plate.shape[:2], np.float32)
    near, span = seen.landmarks, _span(landmarks) * seen.scale
    likely, possible = np.zeros(seen.own.shape, np.float32), seen.body > 0.5
    likely[possible] = load_odds(odds)(seen.cues[possible])
    face = polygon(seen.own.shape, hull_of(near[list(OVAL)]))
    grown = _connected(likely, seen.seeds, span, face)
    refined = edged(_refined(grown, seen.small, seen.body), seen.code, seen.body, _height(near))
    soft = resized(refined, *plate.shape[1::-1])
    rimmed = on_the_rim(np.clip(soft, 0, 1), plate, person.matte, _span(landmarks))
    return np.asarray(np.where(person.matte > 0.02, rimmed, 0), np.float32)


def look(
    plate: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    person: Person,
    light: Light,
    told: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> Looked | None:
    """What there is to tell skin from; None where too little of it is certain. As `skin_matte` takes them."""
    size = plate.shape[:2]
    height = _height(landmarks)
    eyes = float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2]))
    scale = min(1.0, SPAN / max(eyes, 0.6 * height, 1e-3))
    few = (max(2, round(size[1] * scale)), max(2, round(size[0] * scale)))
    small, body, bare, covered = (resized(field, *few) for field in (plate, person.matte, *told))
    certain = np.zeros(size, np.float32)
    certain[light.box[1] : light.box[3], light.box[0] : light.box[2]] = light.valid
    seeds = resized(certain, *few) > 0.95
    if seeds.sum() < 32:
        return None
    near = np.asarray(landmarks[:, :2] * np.float32(scale), np.float32)
    code = _code(np.asarray(cv2.GaussianBlur(small, (0, 0), 0.7), np.float32))
    place = _place(near, few[::-1])
    own = _distance(code, _models(code[seeds], steps=5))
    strangers = _strangers(code, own, place, body)
    rival = _distance(code, strangers) if strangers else np.full_like(own, FAR)
    hints = person.hints_at(few[::-1], (few[1] / size[0], few[0] / size[1]))
    usual = np.median(code[seeds], 0)
    cues = cues_of(code, own, rival, body, (bare, covered), hints, near, usual)
    body = without_room(code, own, place, body, OUTLINE * height * scale)
    return Looked(scale, small, code, own, place, body, seeds, near, cues)


def _span(landmarks: NDArray[np.float32]) -> float:
    """The eye distance in pixels; a turned head's eyes lie closer together, its ears and highlights are as large as ever."""
    eyes = float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2]))
    return max(eyes, 0.5 * _height(landmarks))


def _height(landmarks: NDArray[np.float32]) -> float:
    """From chin to hairline, in pixels."""
    return float(np.linalg.norm(landmarks[10, :2] - landmarks[152, :2]))


def less_highlights(
    matte: NDArray[np.float32], plate: NDArray[np.float32], span: float
) -> NDArray[np.float32]:
    """`matte` (H, W) less what mirrors the lamp: that has no tone, and multiplied on deep skin it would burn out.

    `plate` (H, W, 3) linear; `span` the eye distance in its pixels. A highlight is what lies more than `SHINY` above
    the mean brightness of the skin around.
    """
    luma, weight = weighed(plate, LUMA), matte + np.float32(1e-4)
    level = softened(luma * weight, 0.35 * span) / softened(weight, 0.35 * span)
    share = np.clip(luma - SHINY * level, 0, None) / np.maximum(luma, FLOOR)
    soft = cv2.GaussianBlur(np.asarray(share, np.float32), (0, 0), 0.5 + 0.01 * span)
    return np.asarray(matte * (1 - soft), np.float32)


def skin_gain(tone_a: NDArray[np.float32], tone_b: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3,): what B's skin shows over what A's does in the same light; both tones are mean albedos."""
    return np.asarray((tone_b + GLOSS) / (tone_a + GLOSS), np.float32)


def retone(
    plate: NDArray[np.float32], matte: NDArray[np.float32], gain: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`plate` (H, W, 3) linear with `gain` (3,) where `matte` (H, W) is 1; the very same value where it is 0."""
    made = factor(matte, gain)
    made *= plate
    return made


def factor(matte: NDArray[np.float32], gain: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3) to multiply with: `gain` (3,) where `matte` (H, W) is 1, 1 where it is 0."""
    planes = [cv2.addWeighted(matte, one - 1, matte, 0, 1) for one in gain.tolist()]
    return np.asarray(cv2.merge(planes), np.float32)


def _code(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """log2 red over green, log2 blue over green, log2 luminance."""
    log = np.log2(np.maximum(linear, FLOOR))
    luma = np.log2(np.maximum(linear @ LUMA, FLOOR))
    return np.stack([log[..., 0] - log[..., 1], log[..., 2] - log[..., 1], luma], -1)


Model = tuple[NDArray[np.float32], NDArray[np.float32], float, float]  # hue, its sigmas, darkest, brightest


def _models(sample: NDArray[np.float32], steps: int) -> list[Model]:
    """What `sample` (n, 3) of codes looks like, in `steps` of brightness.

    Hue on a face changes with brightness: lamp and sky are of two colours, dark parts are redder.
    """
    edges = np.quantile(sample[:, 2], np.linspace(0, 1, steps + 1))
    found: list[Model] = []
    for low, high in itertools.pairwise(float(e) for e in edges):
        part = sample[(sample[:, 2] >= low) & (sample[:, 2] <= high)][:, :2]
        if len(part) >= 8:
            centre = np.median(part, 0)
            spread = 1.4826 * np.median(np.abs(part - centre), 0) + 0.07
            found.append((centre, np.asarray(spread, np.float32), low, high))
    return found


def _distance(code: NDArray[np.float32], models: list[Model]) -> NDArray[np.float32]:
    """(H, W): sigmas to the nearest model."""
    best = np.full(code.shape[:2], 99**2, np.float32)
    red, blue, luma = (np.ascontiguousarray(code[..., k]) for k in range(3))
    for centre, spread, low, high in models:
        # The neck lies in the chin's shadow: darker than the face is more likely skin than brighter.
        off = np.maximum(low - 0.5 - luma, 0) / 0.6 + np.maximum(luma - high - 0.2, 0) / 0.25
        hue = ((red - centre[0]) / spread[0]) ** 2 + ((blue - centre[1]) / spread[1]) ** 2
        best = np.minimum(best, hue + off**2)
    return np.asarray(np.sqrt(best), np.float32)


def _place(near: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """(H, W): how much a pixel's place speaks for skin; 1 is neutral.

    Above 1 on the face; 1 on ears and neck; less where hair hangs, and on the body, where cloth is the rule.
    """
    top, chin = near[10], near[152]
    up = (top - chin) / max(float(np.linalg.norm(top - chin)), 1e-3)
    height = float(np.linalg.norm(top - chin))
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    dx, dy = columns + 0.5 - chin[0], rows + 0.5 - chin[1]
    along = (dx * up[0] + dy * up[1]) / height  # 0 at the chin, 1 at the hairline
    across = np.abs(-dx * up[1] + dy * up[0]) / height
    hull = polygon(size, hull_of(near[list(OVAL)]), 1.0)
    away = cv2.distanceTransform((1 - hull).astype(np.uint8), cv2.DIST_L2, 3) / height
    place = np.full(size, 0.45, np.float32)
    neck = (along < 0.25) & (across < 0.42 - 0.5 * np.minimum(along, 0)) & (along > -1.0)
    ears = (along > 0.2) & (along < 0.75) & (away < 0.2)
    place[neck | ears] = 1.0
    place[(along > 0.75) & (away > 0)] = 0.45
    place[away < 0.03] = 1.0
    place[hull > 0] = 1.3
    return np.asarray(cv2.GaussianBlur(place, (0, 0), max(0.6, 0.03 * height)), np.float32)


def _strangers(
    code: NDArray[np.float32],
    own: NDArray[np.float32],
    place: NDArray[np.float32],
    body: NDArray[np.float32],
) -> list[Model]:
    """Models of hair and cloth: what on this person, off the face and the neck, is unlike the face."""
    return _colours(code[(place < 0.6) & (body > 0.8) & (own > 1.2)])


def without_room(
    code: NDArray[np.float32],
    own: NDArray[np.float32],
    place: NDArray[np.float32],
    body: NDArray[np.float32],
    reach: float,
) -> NDArray[np.float32]:
    """`body` (H, W; 0 to 1) less what lies within `reach` of its outline and looks like the room.

    The person network's outline is coarse and closes gaps, as between a chin and a lock of hair. What is nearer to skin
    (`own` sigmas) than to the room's colours stays, and so does all that lies on the face.
    """
    rival = _distance(code, _colours(code[body < EMPTY]))
    depth = cv2.distanceTransform((body > 0.5).view(np.uint8), cv2.DIST_L2, 3)
    hers = np.clip((rival - own) / 0.5 + 1, 0, 1)
    return np.asarray(np.where((depth < reach) & (place < FACE), body * hers, body), np.float32)


def _colours(sample: NDArray[np.float32]) -> list[Model]:
    """Models of the several colours in `sample` (n, 3) of codes; none where it is small."""
    if len(sample) < 64:
        return []
    step = max(1, len(sample) // 4000)
    points = np.ascontiguousarray(sample[::step] * np.array([1, 1, 0.5], np.float32), np.float32)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.01)
    cv2.setRNGSeed(7)  # the same picture must give the same matte
    _, labels, _ = cv2.kmeans(points, 5, np.zeros(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    parts = (sample[::step][labels[:, 0] == k] for k in range(5))
    return [model for part in parts if len(part) >= 16 for model in _models(part, steps=2)]


def _connected(
    likely: NDArray[np.float32], seeds: NDArray[np.bool_], span: float, face: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """What hangs together with the face; separate pieces only when they are as large as an ear, and `SURE`."""
    binary = ((likely > 0.5) | seeds).astype(np.uint8)
    side = max(3, round(0.04 * span) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    opened = cv2.morphologyEx(binary, cv2.MORPH_OPEN, kernel) | seeds.astype(np.uint8)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    keep = np.zeros(len(stats), bool)
    keep[np.unique(labels[seeds])] = True
    sure = np.bincount(labels.ravel(), likely.ravel()) > SURE * stats[:, cv2.CC_STAT_AREA]
    keep |= (stats[:, cv2.CC_STAT_AREA] > 0.12 * span**2) & sure
    keep[0] = False
    found = keep[labels] | (seeds & (face > 0))
    # Small holes off the face are marks on skin (a shine, a shadow); on the face they are eyes and mouth.
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~found).astype(np.uint8), connectivity=4)
    hole = stats[:, cv2.CC_STAT_AREA] < 0.35 * span**2
    hole[0] = False
    hole[np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))] = False
    return np.asarray(found | (hole[labels] & (face == 0)), np.float32)


def _refined(
    mask: NDArray[np.float32], small: NDArray[np.float32], body: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Soft edges where the picture has them (guided filter on brightness)."""
    guide = np.log2(np.maximum(small @ LUMA, 2.0**-7))
    a, b = guided(mask[..., None], guide, np.ones_like(mask), 3, 0.02)
    soft = (a * guide[..., None] + b)[..., 0]
    near = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    return np.asarray(np.clip((soft - 0.15) / 0.7, 0, 1) * near * np.clip(body * 2, 0, 1), np.float32)
