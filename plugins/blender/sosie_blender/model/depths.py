"""What stands before a face although it is the same object: a hand, a finger on the cheek. By the depths Blender writes.

A mask of the object cannot tell a hand from the face behind it; its distance can. What is far before the face is told by
the distance alone, what is near by its edge: the picture falls into parts along the steps in depth that no slope explains
and the valleys where two round things touch, and a part that is the nearer one along its steps is before the face. A nose
is not: on one side at least it goes over into the cheek. Needs no Blender.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .._sosie.messages import FaceInfo

Array = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Ways = NDArray[np.int8]
Box = tuple[slice, slice]
#: A nose stands three centimetres before the middle of its face; what is further before it, in metres, is not the face.
BEFORE = 0.045
#: Over so many metres it fades.
SOFT = 0.005
#: A step, in metres: lids are thinner, a finger's edge is 8 mm above what it lies on.
STEP = 0.003
#: Beside a step a surface may slope: so many times the rise on its gentler side is no step.
SLOPE = 2.0
#: A valley, in metres below the middle of what is to both sides, and how far to the sides in widths of a face: 4 mm.
VALLEY, REACH = 0.0025, 0.027
#: Edges have breaks where a fingertip touches: in widths of a face, half the break that is closed.
GAP = 0.018
#: What lies on a face is followed beyond its box, as far as this in widths of the face: or a hand would change its tone there.
BEYOND = 0.5
#: Larger faces are looked at in fewer pixels than they have.
MOST_PIXELS = 512
#: How often what is known of a part tells of its neighbours: a ring, on a finger, on a face.
ROUNDS = 4
_FACE, _BEFORE, _BEHIND = 1, 2, 3


def uncovered(mask: Array, depths: Array, faces: Sequence[FaceInfo]) -> Array:
    """`mask` (H, W) without what stands before the face in it; bottom row first, as `depths` (H, W), in metres.

    The face is the largest of `faces` (pixels, y down) whose middle is in the mask; without one the mask is as it was.
    """
    height = len(mask)
    best, near, box = 0.0, 0.0, None
    for face in faces:
        x0, y0, x1, y1 = (max(0, round(value)) for value in face.box)
        part = (slice(max(0, height - y1), max(0, height - y0)), slice(x0, x1))
        inside = mask[part] > 0.5
        if inside.mean() > 0.2 if inside.size else False:
            area = float((x1 - x0) * (y1 - y0))
            if area > best:
                best, near, box = area, float(np.median(depths[part][inside])), part
    if box is None:
        return mask
    left = np.asarray(mask * np.clip((depths - (near - BEFORE)) / SOFT, 0, 1), np.float32)
    return left * ~_on_it(depths, mask > 0.5, box)


def _on_it(depths: Array, inside: Bools, box: Box) -> Bools:
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
    seen = _before(depths[around][::every, ::every], inside[around][::every, ::every], face)
    found = np.zeros_like(inside)
    part = found[around]
    part[:] = seen.repeat(every, 0).repeat(every, 1)[: part.shape[0], : part.shape[1]]
    return _widened(found, every)


def _before(depths: Array, inside: Bools, box: Box) -> Bools:
    """(H, W) what lies before the largest part in `box`, and what it hangs together with beyond."""
    size = inside[box].shape[1]
    if min(inside[box].shape) < 2:
        return np.zeros_like(inside)
    seen = _nearer(
        *_divided(depths[box], inside[box], size)
    )  # alone: elsewhere a hand hangs together with her neck
    whole = _divided(depths, inside, size)[0] + 1
    there = np.bincount(whole[box].ravel(), minlength=whole.max() + 1)
    mostly = np.bincount(whole[box].ravel(), seen.ravel(), minlength=len(there)) > there / 2
    mostly[0] = False  # what is in no part
    found = mostly[whole]
    found[box] |= seen
    return found


def _divided(depths: Array, inside: Bools, size: int) -> tuple[Ints, Ways, Ways]:
    """(H, W) the number of each pixel's part, -1 for none; the steps across and down. `size`: a face's width in pixels."""
    gap, reach = max(1, round(GAP * size)), max(1, round(REACH * size))
    across, down = _steps(depths, inside), _steps(depths.T, inside.T).T
    edges = _beside(across, down) | _valleys(depths, reach) | _valleys(depths.T, reach).T
    parts = _parts(inside & ~_widened(edges, gap))
    return _grown(parts, across, down, 2 * gap + reach), across, down


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


def _steps(depths: Array, inside: Bools) -> Ways:
    """(H, W - 1): 1 where the left pixel is nearer by a step, -1 where the right one is, 2 at the rim of `inside`."""
    rise = np.diff(depths, axis=1)
    size = np.abs(rise)
    sides = np.pad(size, ((0, 0), (1, 1)), mode="edge")
    gentler = np.minimum(sides[:, :-2], sides[:, 2:])
    found = np.where(size > STEP + SLOPE * gentler, np.sign(rise), 0).astype(np.int8)
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


def _parts(cores: Bools) -> Ints:
    """(H, W) the number of each pixel's part, -1 outside `cores`."""
    begins = np.ones(cores.shape, bool)
    begins[:, 1:] = ~(cores[:, 1:] & cores[:, :-1])
    runs = np.cumsum(begins.ravel()).reshape(cores.shape) - 1
    count = int(runs[-1, -1]) + 1
    down = cores[:-1] & cores[1:]
    pairs = np.unique(runs[:-1][down] * count + runs[1:][down])
    one, other = pairs // count, pairs % count
    root = np.arange(count)
    while (root[one] != root[other]).any():
        least = np.minimum(root[one], root[other])
        np.minimum.at(root, root[one], least)
        np.minimum.at(root, root[other], least)
        while (root[root] != root).any():
            root = root[root]
    return np.where(cores, root[runs], -1)


def _grown(parts: Ints, across: Ways, down: Ways, times: int) -> Ints:
    """`parts`, each grown by so many pixels into what is in none, but over no step."""
    framed = np.pad(parts, 1, constant_values=-1)
    width, grown = framed.shape[1], framed.ravel()
    opens = np.zeros((4, *framed.shape), bool)  # from the left, the right, above, below
    opens[0, 1:-1, 2:-1] = opens[1, 1:-1, 1:-2] = across == 0
    opens[2, 2:-1, 1:-1] = opens[3, 1:-2, 1:-1] = down == 0
    waiting = np.flatnonzero((framed < 0) & opens.any(0))
    for _ in range(times):
        for way, step in zip(opens.reshape(4, -1), (-1, 1, -width, width), strict=True):
            takes = waiting[way[waiting] & (grown[waiting + step] >= 0)]
            grown[takes] = grown[takes + step]
            waiting = waiting[grown[waiting] < 0]
    return grown.reshape(framed.shape)[1:-1, 1:-1]


def _ordered(parts: Ints, across: Ways, down: Ways) -> tuple[Ints, Ints]:
    """Of every two parts with a step between them: the one that is nearer along most of it, and the other."""
    sides = [
        (one[steps == way], other[steps == way])
        for steps, first, second in ((across, parts[:, :-1], parts[:, 1:]), (down, parts[:-1], parts[1:]))
        for way, one, other in ((1, first, second), (-1, second, first))
    ]
    near, far = (np.concatenate(side) for side in zip(*sides, strict=True))
    apart = (near != far) & (near >= 0) & (far >= 0)
    near, far = near[apart], far[apart]
    count = int(parts.max()) + 1
    pairs, which = np.unique(np.minimum(near, far) * count + np.maximum(near, far), return_inverse=True)
    lower_is_nearer = np.bincount(which, np.where(near < far, 1, -1), len(pairs)) > 0
    lower, upper = pairs // count, pairs % count
    return np.where(lower_is_nearer, lower, upper), np.where(lower_is_nearer, upper, lower)


def _widened(found: Bools, by: int) -> Bools:
    """With so many pixels around it."""
    for _ in range(by):
        tall = found.copy()
        tall[1:] |= found[:-1]
        tall[:-1] |= found[1:]
        found = tall.copy()
        found[:, 1:] |= tall[:, :-1]
        found[:, :-1] |= tall[:, 1:]
    return found
