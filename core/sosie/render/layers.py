"""What a render returns: pictures of the plate's size in the plate's own dtype and colour space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sosie.messages import LayerName


@dataclass(frozen=True, eq=False)
class Layers:
    """`pictures` holds `composite` and `matte`, and those others that were asked for; messages.py says what each is.

    `composite` (H, W, 3|4) is the plate, bit for bit, wherever `matte` (H, W) is 0; its alpha is always the plate's.
    The others are (H, W, 4) with straight alpha; `render/stack.py` puts them together again. All but the composite are
    zero outside `box` x0, y0, x1, y1, which holds every changed pixel. `confidence` 0 to 1 with `reasons` why it is
    not 1. `provider` is the execution provider that really ran the kernel.
    """

    pictures: Mapping[LayerName, NDArray[Any]]
    box: tuple[int, int, int, int]
    confidence: float
    reasons: tuple[str, ...]
    provider: str

    @property
    def composite(self) -> NDArray[np.generic]:
        """The flat result."""
        return self.pictures["composite"]

    @property
    def matte(self) -> NDArray[np.generic]:
        """Where anything changed."""
        return self.pictures["matte"]
