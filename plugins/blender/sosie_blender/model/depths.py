"""What stands before a face although it is the same object: a hand, a finger, a strap. By depths and normals from Blender.

A mask of the object cannot tell a hand from the face behind it; its distance can. What is far before the face is told by
the distance alone, what is near by its edge: the picture falls into parts along the steps in depth that no slope explains
and the valleys where two round things touch, and a part that is the nearer one along its steps is before the face. A nose
is not: on one side at least it goes over into the cheek. Normals (`slopes.py`) tell the slope in each pixel, without them
it is guessed from the depths beside it: with them a step may be six times smaller, a fold counts as a valley, and what
is thin counts as a part. Needs no Blender.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .._sosie.messages import FaceInfo
from .parts import Bools, Ints, Ways, grown, numbered, widened

Array = NDArray[np.float32]
Box = tuple[slice, slice]
#: A nose stands three centimetres before the middle of its face; what is further before it, in metres, is not the face.
BEFORE = 0.045
#: The middle of a raised or lowered face leans by so many degrees at the most.
STEEP = 40.0
#: Over so many metres it fades.
SOFT = 0.005
#: A step, in metres: lids are thinner, a finger's edge is 8 mm above what it lies on.
STEP = 0.003
#: Beside a step a surface may slope: so many times the rise on its gentler side is no step.
SLOPE = 2.0
#: The same where normals tell the slope: a strap is a millimetre thick, and the depth is that of any place in the pixel.
TOLD_STEP, TOLD_SLOPE = 0.0005, 1.0
#: And a fold, over two pixels: where a thing touches the skin. At the wings of a nose the skin itself turns by less.
FOLD = math.radians(40)
#: So wide is a face, in metres.
WIDTH = 0.15
#: A valley, in metres below the middle of what is to both sides, and how far to the sides in widths of a face: 4 mm.
VALLEY, REACH = 0.0025, 0.027
#: Edges have breaks where a fingertip touches: in widths of a face, half the break that is closed.
GAP = 0.018
#: What lies on a face is followed beyond its box, as far as this in widths of the face: or a hand would change its tone there.
BEYOND = 0.5
#: Two parts are one surface, and neither is before the other, where steps are a smaller share of their border: lips.
BORDER = 0.1
#: Larger faces are looked at in fewer pixels than they have.
MOST_PIXELS = 512
#: How often what is known of a part tells of its neighbours: a ring, on a finger, on a face.
ROUNDS = 4
_FACE, _BEFORE, _BEHIND = 1, 2, 3


def uncovered(mask: Array, depths: Array, faces: Sequence[FaceInfo], slopes: Array | None = None) -> Array:
    """`mask` (H, W) without what stands before the face in it; bottom row first, as `depths` (H, W), in metres.

    With `slopes` (H, W, 2), by how much the depth grows to the next pixel on the right and above, what is thin or lies
    close is told too.

    The face is the largest of `faces` (pixels, y down) whose middle is in the mask; without one the mask is as it was.
    """
    box, found = _largest(mask, faces)
    if box is None or found is None:
        return mask
    near = float(np.median(depths[box][mask[box] > 0.5])) + _leaning(mask.shape, box, found)
    left = np.asarray(mask * np.clip((depths - (near - BEFORE)) / SOFT, 0, 1), np.float32)
    return left * ~_on_it(depths, slopes, mask > 0.5, box)


def _largest(mask: Array, faces: Sequence[FaceInfo]) -> tuple[Box | None, FaceInfo | None]:
    """The largest of `faces` whose middle is in `mask`, and where it is."""
    best, found, height = None, None, len(mask)
    for face in sorted(faces, key=lambda one: (one.box[2] - one.box[0]) * (one.box[3] - one.box[1])):
        x0, y0, x1, y1 = (max(0, round(value)) for value in face.box)
        part = (slice(max(0, height - y1), max(0, height - y0)), slice(x0, x1))
        inside = mask[part] > 0.5
        if inside.size and inside.mean() > 0.2:
            best, found = part, face
    return best, found


def _leaning(shape: tuple[int, ...], box: Box, face: FaceInfo) -> Array:
    """(H, W) metres by which a raised or lowered face is further away than its middle: the chin of a raised one is nearer."""
    rows, columns = box
    up = np.arange(shape[0], dtype=np.float32)[:, None] - (rows.start + rows.stop) / 2
    right = np.arange(shape[1], dtype=np.float32) - (columns.start + columns.stop) / 2
    pitch, roll = math.radians(np.clip(face.pitch, -STEEP, STEEP)), math.radians(face.roll)
    along = up * math.cos(roll) + right * math.sin(roll)
    return np.asarray(along * (math.tan(pitch) * WIDTH / (columns.stop - columns.start)), np.float32)


def _on_it(depths: Array, slopes: Array | None, inside: Bools, box: Box) -> Bools:
    """(H, W) what lies on the face in `box`, with the pixels of its edge, which show both."""
    rows, columns = box
    size = max(rows.stop - rows.start, columns.stop - columns.start)
    every, beyond = -(-size // MOST_PIXELS), round(BEYOND * size)
    top, left = max(0, rows.start - beyond), max(0, columns.start - beyond)
    around = (slice(top, rows.stop + beyond), slice(left, columns.stop + beyond))
    face = (
        slice((rows.start - top) // every, (rows.stop - top) // every),
        slice((columns.start - left) // every, (columns.stop - left) // every),
    )
    seen = _before(
        depths[around][::every, ::every],
        None if slopes is None else slopes[around][::every, ::every] * every,
        inside[around][::every, ::every],
        face,
    )
    found = np.zeros_like(inside)
    part = found[around]
    part[:] = seen.repeat(every, 0).repeat(every, 1)[: part.shape[0], : part.shape[1]]
    return widened(found, every)


def _before(depths: Array, slopes: Array | None, inside: Bools, box: Box) -> Bools:
    """(H, W) what lies before the largest part in `box`, and what it hangs together with beyond."""
    size = inside[box].shape[1]
    if min(inside[box].shape) < 2:
        return np.zeros_like(inside)
    alone = None if slopes is None else slopes[box]  # elsewhere a hand hangs together with her neck
    seen = _nearer(*_divided(depths[box], alone, inside[box], size))
    whole = _divided(depths, slopes, inside, size)[0] + 1
    there = np.bincount(whole[box].ravel(), minlength=whole.max() + 1)
    mostly = np.bincount(whole[box].ravel(), seen.ravel(), minlength=len(there)) > there / 2
    mostly[0] = False  # what is in no part
    found = mostly[whole]
    found[box] |= seen
    return found


def _divided(depths: Array, slopes: Array | None, inside: Bools, size: int) -> tuple[Ints, Ways, Ways]:
    """(H, W) the number of each pixel's part, -1 for none; the steps across and down. `size`: a face's width in pixels."""
    gap, reach = max(1, round(GAP * size)), max(1, round(REACH * size))
    right, up = (None, None) if slopes is None else (slopes[..., 0], slopes[..., 1].T)
    across, down = _steps(depths, right, inside), _steps(depths.T, up, inside.T).T
    edges = _beside(across, down) | _valleys(depths, reach) | _valleys(depths.T, reach).T
    if right is not None and up is not None:
        edges |= _folds(right, WIDTH / size) | _folds(up, WIDTH / size).T
    parts = grown(numbered(inside & ~widened(edges, gap), across, down), across, down, 2 * gap + reach)
    if slopes is not None:
        parts = _with_thin(parts, numbered(inside & (parts < 0), across, down), gap**2)
    return parts, across, down


def _with_thin(parts: Ints, thin: Ints, least: int) -> Ints:
    """`parts`, and those of `thin` that are `least` pixels large: what has no middle, as the frame of glasses."""
    large = np.bincount(thin.ravel() + 1)[thin + 1] >= least
    return np.where(large & (thin >= 0), parts.max() + 1 + thin, parts)


def _nearer(parts: Ints, across: Ways, down: Ways) -> Bools:
    """(H, W) the parts that lie before the largest one."""
    there = np.bincount(parts.ravel() + 1)[1:]
    if not there.size:
        return np.zeros(parts.shape, bool)
    near, far = _ordered(parts, across, down)
    state = np.zeros(len(there) + 1, np.int8)  # the last one is for what is in no part: -1
    state[there.argmax()] = _FACE
    for _ in range(ROUNDS):
        for known, which, other, becomes in (
            (_FACE, far, near, _BEFORE),
            (_FACE, near, far, _BEHIND),
            (_BEFORE, near, far, _FACE),  # cut off by a finger
            (_BEFORE, far, near, _BEFORE),
        ):
            told = other[state[which] == known]
            state[told[state[told] == 0]] = becomes
    return np.asarray((state == _BEFORE)[parts])


def _steps(depths: Array, slopes: Array | None, inside: Bools) -> Ways:
    """(H, W - 1): 1 where the left pixel is nearer by a step, -1 where the right one is, 2 at the rim of `inside`."""
    rise = np.diff(depths, axis=1)
    size = np.abs(rise)
    if slopes is None:
        sides = np.pad(size, ((0, 0), (1, 1)), mode="edge")
        least = STEP + SLOPE * np.minimum(sides[:, :-2], sides[:, 2:])
    else:
        one, other = slopes[:, :-1], slopes[:, 1:]
        gentler = np.where(np.abs(one) < np.abs(other), one, other)
        rise = rise - gentler
        size, least = np.abs(rise), TOLD_STEP + TOLD_SLOPE * np.abs(gentler)
    found = np.where(size > least, np.sign(rise), 0).astype(np.int8)
    found[~(inside[:, 1:] & inside[:, :-1])] = 2
    return found


def _beside(across: Ways, down: Ways) -> Bools:
    """(H, W) the pixels on both sides of a step."""
    found = np.zeros((len(across), down.shape[1]), bool)
    for steps, first, second in ((across, found[:, :-1], found[:, 1:]), (down, found[:-1], found[1:])):
        first[np.abs(steps) == 1] = True
        second[np.abs(steps) == 1] = True
    return found


def _valleys(depths: Array, reach: int) -> Bools:
    """(H, W) what lies deeper than the middle of what is `reach` pixels to its left and right."""
    found = np.zeros(depths.shape, bool)
    middle = (depths[:, : -2 * reach] + depths[:, 2 * reach :]) / 2
    found[:, reach:-reach] = depths[:, reach:-reach] - middle > VALLEY
    return found


def _folds(slopes: Array, pixel: float) -> Bools:
    """(H, W) where a surface that goes deeper meets one that comes nearer; `pixel`: how wide one is, in metres."""
    turned = np.arctan(slopes / pixel)
    found = np.zeros(slopes.shape, bool)
    found[:, 1:-1] = turned[:, :-2] - turned[:, 2:] > FOLD
    return found


def _ordered(parts: Ints, across: Ways, down: Ways) -> tuple[Ints, Ints]:
    """Of every two parts with steps along enough of their border: the one that is nearer at most of them, and the other."""
    count = int(parts.max()) + 1
    borders = [
        (one[apart] * count + other[apart], steps[apart])
        for steps, one, other in (
            (across, parts[:, :-1], parts[:, 1:]),
            (down, parts[:-1], parts[1:]),
        )
        for apart in [(one != other) & (one >= 0) & (other >= 0) & (steps != 2)]
    ]
    both, way = (np.concatenate(side) for side in zip(*borders, strict=True))
    one, other = both // count, both % count
    nearer = np.where(one < other, way, -way)  # 1: the one of the lower number
    pairs, which = np.unique(np.minimum(one, other) * count + np.maximum(one, other), return_inverse=True)
    stepped = np.bincount(which, nearer != 0, len(pairs)) > BORDER * np.bincount(which, minlength=len(pairs))
    lower_is_nearer = (np.bincount(which, nearer, len(pairs)) > 0)[stepped]
    lower, upper = pairs[stepped] // count, pairs[stepped] % count
    return np.where(lower_is_nearer, lower, upper), np.where(lower_is_nearer, upper, lower)
