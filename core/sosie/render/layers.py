"""What a render returns: of each layer the part that changed, in the plate's own dtype and colour space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sosie.messages import LayerName
from sosie.pictures.picture import copied


@dataclass(frozen=True, eq=False)
class Layers:
    """`parts` holds `composite` and `matte`, and those others that were asked for; messages.py says what each is.

    Each is what lies in `box` x0, y0, x1, y1 of the `plate` (H, W, 3|4), which holds every changed pixel: `composite`
    (h, w, 3|4) is the plate, bit for bit, wherever `matte` (h, w) is 0; its alpha is always the plate's. The others are
    (h, w, 4) with straight alpha; `render/stack.py` puts them together again. `confidence` 0 to 1 with `reasons` why it is
    not 1. `provider` is the execution provider that really ran the kernel.
    """

    plate: NDArray[Any]
    parts: Mapping[LayerName, NDArray[Any]]
    box: tuple[int, int, int, int]
    confidence: float
    reasons: tuple[str, ...]
    provider: str

    def whole(self, name: LayerName) -> NDArray[Any]:
        """A layer of the plate's size, made anew: outside `box` the composite is the plate and all others are 0."""
        part, (x0, y0, x1, y1) = self.parts[name], self.box
        out = (
            copied(self.plate)
            if name == "composite"
            else np.zeros((*self.plate.shape[:2], *part.shape[2:]), part.dtype)
        )
        out[y0:y1, x0:x1] = part
        return out

    @property
    def pictures(self) -> dict[LayerName, NDArray[Any]]:
        """All of them, whole."""
        return {name: self.whole(name) for name in self.parts}

    @property
    def composite(self) -> NDArray[np.generic]:
        """The flat result, whole."""
        return self.whole("composite")

    @property
    def matte(self) -> NDArray[np.generic]:
        """Where anything changed, whole."""
        return self.whole("matte")
