"""The world the hosts meet: a registry, an agent, a licensed twin, plates, and the renders to compare with.

Everything is real and made once for all hosts. Hosts learn of it from one JSON file (`World.file`).
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class World:
    """Where it is."""

    home: Path  # the agent's, for SOSIE_HOME
    file: Path  # what the tests read


@contextlib.contextmanager
def world() -> Iterator[World]:
    """Make the world; everything in it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="sosie-world-") as folder:
        home = Path(folder) / "home"
        file = Path(folder) / "world.json"
        yield World(home, file)
