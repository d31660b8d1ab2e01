"""Which of the base mesh's quads stand around the face: jaw, ears, temples, neck. Build time only, for `surround.py`.

Chosen on MakeHuman's base mesh, in its own frame (decimetres, y up, z towards the viewer): not within the face mesh's
rim nor beside it, where the band to the rim will be; as far as a capture can show skin; in one piece, with a quiet edge.
"""

from __future__ import annotations

import heapq
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

#: The face mesh's rim on the picture's right, from the forehead's middle to the chin's; mirrored on the left.
RIM = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152)
RIM_LEFT = (10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152)
NOSE = 1
#: How often the edge takes in a notch or loses a tooth.
TRIMS = 4
Points = NDArray[np.float64]


def cut(every: Points, faces: NDArray[np.int64], landmarks: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(m,): which of `faces` (m, 4) over the vertices `every` (n, 3) are kept; `landmarks` (468,) are rows of it."""
    hole = _hole(every, landmarks, _neighbours(faces))
    return _trimmed(faces, _wanted(every, faces), np.asarray(np.isin(faces, list(hole)).any(1)))


def _neighbours(faces: NDArray[np.int64]) -> dict[int, set[int]]:
    around: dict[int, set[int]] = defaultdict(set)
    for a, b in np.concatenate([faces[:, [k, (k + 1) % 4]] for k in range(4)]).tolist():
        around[a].add(b)
        around[b].add(a)
    return around


def _hole(every: Points, landmarks: NDArray[np.int64], around: dict[int, set[int]]) -> set[int]:
    """The base mesh's vertices within the rim and on it, the same on both sides."""
    rows = landmarks[[*RIM, *RIM_LEFT[-2:0:-1]]].tolist()
    loop: set[int] = set()
    for a, b in zip(rows, rows[1:] + rows[:1], strict=True):
        loop.update(_shortest(a, b, around, every))
    within, waiting = set(loop), [int(landmarks[NOSE])]
    while waiting:
        for vertex in around[waiting.pop()] - within:
            within.add(vertex)
            waiting.append(vertex)
    mirrored = {tuple(np.round(point * [-1, 1, 1], 3)): k for k, point in enumerate(every)}
    return within | {mirrored.get(tuple(np.round(every[k], 3)), k) for k in within}


def _shortest(a: int, b: int, around: dict[int, set[int]], place: Points) -> list[int]:
    best, before, waiting = {a: 0.0}, {}, [(0.0, a)]
    while waiting:
        so_far, here = heapq.heappop(waiting)
        if here == b:
            break
        for there in around[here]:
            length = so_far + float(np.linalg.norm(place[here] - place[there]))
            if length < best.get(there, np.inf):
                best[there], before[there] = length, here
                heapq.heappush(waiting, (length, there))
    path = [b]
    while path[-1] != a:
        path.append(before[path[-1]])
    return path


def _wanted(place: Points, faces: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(m,): in front of the ears' backs, below the forehead's edge, above the shirt (MakeHuman's frame, decimetres)."""
    _, y, z = place[faces].mean(1).T
    return np.asarray((z > 0.2) & (y < 7.85 + 0.1 * z) & (y > 5.75 + 0.5 * (0.65 - z)))


def _trimmed(
    faces: NDArray[np.int64], wanted: NDArray[np.bool_], never: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """`wanted` in one piece, without teeth and notches along its edge."""
    owners = defaultdict(list)
    for index, face in enumerate(faces.tolist()):
        for k in range(4):
            owners[frozenset((face[k], face[(k + 1) % 4]))].append(index)
    beside = defaultdict(list)
    for pair in owners.values():
        if len(pair) == 2:
            beside[pair[0]].append(pair[1])
            beside[pair[1]].append(pair[0])
    kept = wanted & ~never
    for _ in range(TRIMS):
        count = np.array([kept[beside[k]].sum() for k in range(len(faces))])
        kept = (kept & (count > 1)) | (~kept & ~never & (count > 2))
    start = int(np.flatnonzero(kept)[0])
    seen, waiting = {start}, [start]
    while waiting:
        for there in beside[waiting.pop()]:
            if kept[there] and there not in seen:
                seen.add(there)
                waiting.append(there)
    return np.isin(np.arange(len(faces)), list(seen))
