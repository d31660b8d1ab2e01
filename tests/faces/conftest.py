"""Pictures of the test people as the fits of `sosie.graphs` read them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from sosie.pictures import read_picture


@pytest.fixture
def learn_from(people: Path, tmp_path: Path) -> Callable[[str, str], None]:
    """Puts the test people's picture of a name, with its parts, into `tmp_path` under another name."""

    def put(name: str, number: str) -> None:
        file = people / f"{name}.webp"
        picture = np.ascontiguousarray(read_picture(file).pixels[..., 2::-1])
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
        parts, into = file.with_suffix(".part.png"), tmp_path / f"{number}.part.png"
        if parts.exists():
            shutil.copy(parts, into)
            return
        coded = cv2.imread(str(file.with_suffix(".uv.png")), cv2.IMREAD_UNCHANGED)
        assert coded is not None
        cv2.imwrite(str(into), (coded[..., 0] >> 8).astype(np.uint8))

    return put
