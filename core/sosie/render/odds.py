"""How likely a pixel near a face is skin, from all that is known about it at once.

A pixel's cues are: how far its colour is from the face's own and from that of hair and cloth, where it lies by the face,
what the landmark network and the person network saw there. Two small layers weigh them (32 and 16 units); their weights, and
those of the person network's hints, were fitted by `graphs/skin_fit.py` on rendered heads of invented people. Black-and-white
pictures have weights of their own: there, what looks like the face may be a coat.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sosie.faces.person import COLOUR
from sosie.models.graphs import graph_arrays

#: A colour further off than this is as good as at this.
FAR = 8.0
#: Columns of the cues that somebody asks for by name: the person's matte, and how high above the chin a pixel is.
PERSON, ALONG = 2, 5
#: Pixels that are weighed at a time: what lies between the layers stays in the processor's cache.
CHUNK = 4096
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Odds:
    """Two layers and a sum: weights (cues, n), (n, m), (m,), and what is added to each."""

    first: Array
    first_bias: Array
    second: Array
    second_bias: Array
    last: Array
    last_bias: Array

    def __call__(self, cues: Array) -> Array:
        """(n,), 0 to 1, of `cues` (n, cues)."""
        sums = np.empty(len(cues), np.float32)
        for start in range(0, len(cues), CHUNK):
            part = slice(start, start + CHUNK)
            wide = np.maximum(cues[part] @ self.first + self.first_bias, 0)
            sums[part] = np.maximum(wide @ self.second + self.second_bias, 0) @ self.last
        # The logistic function, which overflows nowhere like this.
        return np.asarray(0.5 + 0.5 * np.tanh(0.5 * (sums + self.last_bias)), np.float32)


@lru_cache(maxsize=4)
def load_odds(file: str = COLOUR, root: Path | None = None) -> Odds:
    """The odds in a `file` of the model store's folder `graphs`: `COLOUR` or `GREY` (faces/person.py).

    Raises:
        ModelError: models_missing.
    """
    stored = graph_arrays(file, root)
    return Odds(**{name: stored[name] for name in Odds.__dataclass_fields__})


def cues_of(
    code: Array,
    own: Array,
    rival: Array,
    person: Array,
    told: tuple[Array, Array],
    hints: Array,
    landmarks: Array,
    usual: Array,
) -> Array:
    """(H, W, cues). `code` (H, W, 3) are colours, `usual` (3,) the face's own; `own` and `rival` (H, W) how far a colour is from
    those of skin and of all else; `told` (H, W) twice, surely bare and surely covered by the landmark network; `hints`
    (H, W, k) the person network's; `landmarks` (468 or more, 2) in these pixels.
    """
    height, width = own.shape
    top, chin = landmarks[10, :2], landmarks[152, :2]
    size = max(float(np.linalg.norm(top - chin)), 1e-3)
    up = (top - chin) / size
    down, across = np.arange(height) + 0.5 - chin[1], np.arange(width) + 0.5 - chin[0]
    along = (across * up[0] + down[:, None] * up[1]) / size
    beside = np.abs(down[:, None] * up[0] - across * up[1]) / size
    near = np.minimum(own, FAR)
    planes = (near, np.minimum(rival, FAR) - near, person, *told, along, beside)
    return np.dstack([*planes, code - usual, hints]).astype(np.float32)
