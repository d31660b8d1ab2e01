"""What lies in the store's folder `graphs`: made by `sosie.graphs`, committed, so part of every installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sosie.errors import ModelError
from sosie.models.store import ModelStore

FOLDER = "graphs"


def graph_file(name: str, root: Path | None = None) -> Path:
    """The file `name`, below a store's `root` (default: this installation's).

    Raises:
        ModelError: models_missing.
    """
    path = (root or ModelStore.default().root) / FOLDER / name
    if not path.is_file():
        raise ModelError(f"{path} is missing.", remedy="Install Sosie again: the file belongs to it.")
    return path


def graph_arrays(name: str, root: Path | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of the `.npz` file `name`, by their names and as they are stored.

    Raises:
        ModelError: models_missing.
    """
    with np.load(graph_file(name, root), allow_pickle=False) as data:
        return dict(data)
