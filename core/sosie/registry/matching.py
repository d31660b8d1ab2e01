"""What a registry asks of whoever can see faces; it cannot itself. `sosie.enrolment` answers in this installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Captured:
    """What a pack keeps of the captures: the frontal photograph's face."""

    portrait: bytes  # JPEG
    identity: NDArray[np.float32]  # (128,) as `sosie.faces.Faces.embed` makes it


@dataclass(frozen=True)
class Seen:
    """A photograph beside the captures."""

    faces: int
    distance: float = (
        2.0  # the larger L2 distance to the portrait's face and to the kept embedding, 2 at most
    )
    yaw: float = 0.0  # degrees, as `sosie.faces.Pose`: + turns to the picture's right, the person's own left
    pitch: float = 0.0  # + looks up


#: A photograph (any orientation, 8 bits) and the captures; raises PictureError for what is no picture.
Matcher = Callable[[Path, Captured], Seen]
