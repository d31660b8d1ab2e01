"""What a render returns: pictures of the plate's size in the plate's own dtype and colour space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Layers:
    """`composite` (H, W, 3|4) is the plate, bit for bit, wherever `matte` is 0; alpha is always the plate's.

    `likeness` (H, W, 4) has straight alpha, `matte` (H, W) its alpha alone. `shading` and `skin` are there for hosts
    that take layers: the light on the face (H, W, 3) and the matte of the skin beyond it (H, W).
    `box` x0, y0, x1, y1 holds every changed pixel. `confidence` 0 to 1 with `reasons` why it is not 1.
    `provider` is the execution provider that really ran the kernel.
    """

    composite: NDArray[np.generic]
    likeness: NDArray[np.generic]
    matte: NDArray[np.generic]
    shading: NDArray[np.generic]
    skin: NDArray[np.generic]
    box: tuple[int, int, int, int]
    confidence: float
    reasons: tuple[str, ...]
    provider: str
