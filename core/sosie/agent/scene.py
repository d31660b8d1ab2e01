"""What one render is made of, read into memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture

if TYPE_CHECKING:
    from sosie.twin.twin import Twin


@dataclass(frozen=True, eq=False)
class Scene:
    """Arguments of `sosie.render.render`, by their names there."""

    plate: Picture
    twin: Twin
    choice: FaceChoice
    options: RenderOptions
    mask: NDArray[np.float32] | None  # (H, W) 0 to 1: where the host allows the likeness
    face_mask: NDArray[np.float32] | None  # (H, W) 0 to 1: on the face to choose
    like: NDArray[np.float32] | None  # (128,): the person to choose
