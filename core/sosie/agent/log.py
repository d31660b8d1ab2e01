"""The agent's log: one JSON object for each line, with what happened and how long it took.

No picture, no personal name, no path of the artist's, no token. The file is turned over at 2 MB; one old
file is kept.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import traceback
from pathlib import Path

TURN_OVER_BYTES = 2_000_000


class Log:
    """Appends events to `path`. A log that cannot be written never stops the work."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(self, event: str, **facts: str | float | bool) -> None:
        """One event."""
        rounded = {name: round(fact, 4) if isinstance(fact, float) else fact for name, fact in facts.items()}
        line = json.dumps({"at": round(time.time(), 3), "event": event, **rounded})
        with self._lock, contextlib.suppress(OSError):
            if self._path.exists() and self._path.stat().st_size > TURN_OVER_BYTES:
                self._path.replace(self._path.with_suffix(".old"))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def fault(self, where: str, error: Exception) -> None:
        """A fault of ours, with the places in the code but no values."""
        frames = [
            f"{Path(frame.filename).name}:{frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        self.write("fault", where=where, kind=type(error).__name__, frames=" ".join(frames[-8:]))
