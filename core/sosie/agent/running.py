"""Which render is being drawn, in a small file: what a start finds there was cut off when the last agent died.

A driver's crash takes the process with it, and no exception says so: while the accelerator is being loaded too. The file
names the program and the provider, no person and no picture. After two such ends in a row on an accelerator the next
start keeps off it.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sosie.agent.jobs import Job

ENOUGH = 2
#: For a provider: what is being loaded has not said yet which one it is, and any accelerator is meant.
UNNAMED = "GPU"


class Running:
    """The file at `path`; made once, when the agent starts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = _read(path)
        self._crashes = int(self._last.get("crashes", 0)) + bool(self._last)
        path.unlink(missing_ok=True)

    @property
    def warning(self) -> str:
        """What was cut off, in words; "" when nothing was."""
        if not self._last:
            return ""
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(float(self._last["at"])))
        return (
            f"The agent ended at {at} in the middle of a render for {self._last['client']}"
            f" on {self._last['provider']}. Send it again."
        )

    @property
    def avoid(self) -> str:
        """The execution provider that crashed too often in a row, or ""."""
        return str(self._last.get("provider", "")) if self._crashes >= ENOUGH else ""

    @contextlib.contextmanager
    def loading(self, job: Job) -> Iterator[None]:
        """Mark that the accelerator is being loaded for `job`. That it goes well says nothing of drawing."""
        with self._marked(job, UNNAMED):
            yield

    @contextlib.contextmanager
    def render(self, job: Job, provider: str) -> Iterator[None]:
        """Mark `job` as being drawn."""
        with self._marked(job, provider):
            yield
            self._crashes = 0

    @contextlib.contextmanager
    def _marked(self, job: Job, provider: str) -> Iterator[None]:
        """Not synced: the file outlives a process, and a power cut is no driver's crash."""
        mark = {"at": time.time(), "client": job.client, "provider": provider, "crashes": self._crashes}
        with contextlib.suppress(OSError):  # no room for a mark is no reason not to draw
            self._path.write_text(json.dumps(mark), encoding="utf-8")
        try:
            yield
        finally:
            self._path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        time.localtime(found["at"])
        return {
            "at": float(found["at"]),
            "client": str(found["client"]),
            "provider": str(found["provider"]),
            "crashes": int(found.get("crashes", 0)),
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return {"at": 0, "client": "a program", "provider": ""}
