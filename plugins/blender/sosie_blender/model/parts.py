"""A picture's pixels as parts: numbered, grown, widened. Needs no Blender."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
#: (H, W - 1) or (H - 1, W), between two pixels: 0 where one goes over into the other, else a step: which is nearer.
Ways = NDArray[np.int8]


def numbered(cores: Bools, across: Ways, down: Ways) -> Ints:
    """(H, W) the number of each pixel's part, -1 outside `cores`; parts end at steps."""
    begins = np.ones(cores.shape, bool)
    begins[:, 1:] = ~(cores[:, 1:] & cores[:, :-1] & (across == 0))
    runs = np.cumsum(begins.ravel()).reshape(cores.shape) - 1
    count = int(runs[-1, -1]) + 1
    joined = cores[:-1] & cores[1:] & (down == 0)
    pairs = np.unique(runs[:-1][joined] * count + runs[1:][joined])
    one, other = pairs // count, pairs % count
    root = np.arange(count)
    while (root[one] != root[other]).any():
        least = np.minimum(root[one], root[other])
        np.minimum.at(root, root[one], least)
        np.minimum.at(root, root[other], least)
        while (root[root] != root).any():
            root = root[root]
    return np.where(cores, root[runs], -1)


def grown(parts: Ints, across: Ways, down: Ways, times: int) -> Ints:
    """`parts`, each grown by so many pixels into what is in none, but over no step."""
    framed = np.pad(parts, 1, constant_values=-1)
    width, now = framed.shape[1], framed.ravel()
    opens = np.zeros((4, *framed.shape), bool)  # from the left, the right, above, below
    opens[0, 1:-1, 2:-1] = opens[1, 1:-1, 1:-2] = across == 0
    opens[2, 2:-1, 1:-1] = opens[3, 1:-2, 1:-1] = down == 0
    waiting = np.flatnonzero((framed < 0) & opens.any(0))
    for _ in range(times):
        for way, step in zip(opens.reshape(4, -1), (-1, 1, -width, width), strict=True):
            takes = waiting[way[waiting] & (now[waiting + step] >= 0)]
            now[takes] = now[takes + step]
            waiting = waiting[now[waiting] < 0]
    return now.reshape(framed.shape)[1:-1, 1:-1]


def widened(found: Bools, by: int) -> Bools:
    """With so many pixels around it."""
    for _ in range(by):
        tall = found.copy()
        tall[1:] |= found[:-1]
        tall[:-1] |= found[1:]
        found = tall.copy()
        found[:, 1:] |= tall[:, :-1]
        found[:, :-1] |= tall[:, 1:]
    return found
