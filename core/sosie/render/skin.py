"""Skin beyond the face: neck, ears, chest, hands. Where it is, and what another person's tone makes of it.

The colour of the plate's own face, in the plate's own light, is the model. A pixel is skin when its hue is one that the
face shows and its brightness one that the face's skin could have there; it must hang together with the face or be
large, and lie inside the person. Shade and edges are the plate's: only the ratio of the two tones is multiplied in.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.field import guided, resized, softened, weighed
from sosie.render.light import Light
from sosie.render.regions import OVAL, hull_of, polygon
from sosie.render.rim import on_the_rim
from sosie.render.tone import GLOSS, LUMA

#: Eye distance (px) at which the matte is found; larger pictures are reduced first.
SPAN = 70
FLOOR = 2.0**-11
#: A pixel whose colour is further than this from the face's own colours (in their sigmas) is not skin.
LIMIT = 2.6
#: The same where the landmark network saw bare face.
DOUBTFUL = 4.0
#: Brighter than this, over the mean of the skin around, is a highlight's.
SHINY = 1.15
#: Where the person network says less, there is surely room only; so near her outline, in face heights, it may be wrong.
EMPTY, OUTLINE = 0.05, 0.1
#: A place (see `_place`) from here on is on the face.
FACE = 1.25
#: Gaps in skin up to this many eye distances wide are skin if their colour allows it.
BRIDGE = 0.4
#: Beside the face, in face heights: from LOCK_LOW to LOCK_HIGH above the chin and LOCK_GAP off the face, a piece taller
#: than LOCK_TALL or further away than LOCK_FAR is hair. Only on a head turned less than LOCK_TURN (sine of the yaw):
#: beyond it, the side of the face, the ear and the neck are all of that.
LOCK_LOW, LOCK_HIGH, LOCK_TALL, LOCK_GAP, LOCK_FAR = 0.1, 0.9, 0.5, 0.04, 0.2
LOCK_TURN = 0.34


def skin_matte(
    plate: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    person: NDArray[np.float32],
    light: Light,
    bare: NDArray[np.float32],
) -> NDArray[np.float32]:
    """(H, W) float32, 0 to 1: skin of this person, face included.

    `plate` (H, W, 3) linear; `landmarks` (468 or 478, 3) plate pixels; `person` (H, W) 0 to 1, outside which the matte
    is 0 exactly; `light` from `estimate_light` on the same plate (its `valid` says which pixels are certainly skin);
    `bare` (H, W) 0 to 1, what the landmark network surely saw as face: skin even where it shines or lies in shadow.
    """
    size = plate.shape[:2]
    span = float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2]))
    height = float(np.linalg.norm(landmarks[10, :2] - landmarks[152, :2]))
    scale = min(1.0, SPAN / max(span, 0.6 * height, 1e-3))
    # A turned head's eyes lie closer together; its ears and highlights are as large as ever.
    span = max(span, 0.5 * height)
    small_size = (max(2, round(size[1] * scale)), max(2, round(size[0] * scale)))
    small = resized(plate, *small_size)
    body = resized(person.astype(np.float32), *small_size)
    certain = np.zeros(size, np.float32)
    certain[light.box[1] : light.box[3], light.box[0] : light.box[2]] = light.valid
    seeds = resized(certain, *small_size) > 0.95
    if seeds.sum() < 32:
        return np.zeros(size, np.float32)
    near = np.asarray(landmarks[:, :2] * np.float32(scale), np.float32)
    smooth = _code(np.asarray(cv2.GaussianBlur(small, (0, 0), 0.7), np.float32))
    place = _place(near, small_size[::-1])
    own = _distance(smooth, _models(smooth[seeds], steps=5))
    limit = LIMIT * place
    likely = np.clip((limit + 0.8 - own) / 0.8, 0, 1)
    strangers = _strangers(smooth, own, place, body)
    if strangers:
        # Closer to hair or cloth than to skin: not skin. On bare skin of the face the place speaks louder.
        rival = _distance(smooth, strangers) * np.where(place > 1, 2.5, 1)
        likely *= np.clip((rival - own) / 0.5 + 0.5, 0, 1)
    body = without_room(smooth, own, place, body, OUTLINE * height * scale)
    likely = np.maximum(likely, resized(bare, *small_size) * (own < DOUBTFUL))
    likely *= body > 0.5
    face = polygon(small_size[::-1], hull_of(near[list(OVAL)]))
    grown = _connected(np.asarray(likely, np.float32), seeds, span * scale, face)
    grown = _bridged(grown, (own < LIMIT) & (body > 0.5), span * scale)
    grown = _without_locks(grown, landmarks * np.float32(scale), face)
    soft = resized(_refined(grown, small, body), size[1], size[0])
    rimmed = on_the_rim(np.clip(soft, 0, 1), plate, person, span)
    return np.asarray(np.where(person > 0.02, rimmed, 0), np.float32)


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
    """What hangs together with the face; separate pieces only when they are as large as an ear."""
    binary = ((likely > 0.5) | seeds).astype(np.uint8)
    side = max(3, round(0.04 * span) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    opened = cv2.morphologyEx(binary, cv2.MORPH_OPEN, kernel) | seeds.astype(np.uint8)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    keep = np.zeros(len(stats), bool)
    keep[np.unique(labels[seeds])] = True
    keep |= stats[:, cv2.CC_STAT_AREA] > 0.12 * span**2
    keep[0] = False
    found = keep[labels] | (seeds & (face > 0))
    # Small holes off the face are marks on skin (a shine, a shadow); on the face they are eyes and mouth.
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~found).astype(np.uint8), connectivity=4)
    hole = stats[:, cv2.CC_STAT_AREA] < 0.35 * span**2
    hole[0] = False
    hole[np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))] = False
    return np.asarray(found | (hole[labels] & (face == 0)), np.float32)


def _bridged(found: NDArray[np.float32], possible: NDArray[np.bool_], span: float) -> NDArray[np.float32]:
    """`found` and what is `possible` between its parts: a shade that some cloth shares is skin when skin is around it."""
    side = max(3, round(BRIDGE * span) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(found, cv2.MORPH_CLOSE, disc)
    return np.asarray(np.maximum(found, closed * possible), np.float32)


def _without_locks(
    found: NDArray[np.float32], near: NDArray[np.float32], face: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """`found` less hair that hangs beside the face in skin's own hue: an ear is neither as tall nor as high up."""
    size = found.shape
    across = near[263] - near[33]
    if abs(across[2]) > LOCK_TURN * np.linalg.norm(across):
        return found
    up = near[10, :2] - near[152, :2]
    height = max(float(np.linalg.norm(up)), 1e-3)
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32) + 0.5
    along = ((columns - near[152, 0]) * up[0] + (rows - near[152, 1]) * up[1]) / height**2
    away = cv2.distanceTransform((face == 0).astype(np.uint8), cv2.DIST_L2, 3) / height
    beside = (found > 0) & (away > LOCK_GAP) & (along > LOCK_LOW) & (along < LOCK_HIGH)
    count, labels = cv2.connectedComponents(beside.astype(np.uint8), connectivity=4)
    lock = np.zeros(size, np.uint8)
    for label in range(1, count):
        here = labels == label
        if np.ptp(along[here]) > LOCK_TALL or away[here].mean() > LOCK_FAR:
            lock |= here.astype(np.uint8)
    side = 2 * max(1, round(1.5 * LOCK_GAP * height)) + 1
    grown = cv2.dilate(lock, np.ones((side, side), np.uint8))
    return np.asarray(np.where((grown > 0) & (away > 0.005), 0, found), np.float32)


def _refined(
    mask: NDArray[np.float32], small: NDArray[np.float32], body: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Soft edges where the picture has them (guided filter on brightness)."""
    guide = np.log2(np.maximum(small @ LUMA, 2.0**-7))
    a, b = guided(mask[..., None], guide, np.ones_like(mask), 3, 0.02)
    soft = (a * guide[..., None] + b)[..., 0]
    near = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    return np.asarray(np.clip((soft - 0.15) / 0.7, 0, 1) * near * np.clip(body * 2, 0, 1), np.float32)
