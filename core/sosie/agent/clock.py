"""The time decisions are made with: signed times only move forward, and a restart forgets nothing.

`licence.clock` holds the rule; here are the three clocks and the high-water mark that outlives the process.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sosie.licence.clock import trusted_now
from sosie.storage import DISK, Disk, write_file

#: The mark is written at most this often; being late by it is harmless.
WRITE_EVERY_S = 60


class Clock:
    """Trusted time. `wall`, `mono` and `disk` are passed in by tests."""

    def __init__(
        self,
        path: Path,
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
        disk: Disk = DISK,
    ) -> None:
        self._path, self._wall, self._mono, self._disk = path, wall, mono, disk
        self._lock = threading.Lock()
        self._signed, self._since = _read(path), mono()
        self._written = self._signed

    def now(self) -> int:
        """Unix seconds to check documents with.

        Raises:
            RefusedError: `clock_behind`.
        """
        with self._lock:
            elapsed = int(self._mono() - self._since)
            now = trusted_now(wall=int(self._wall()), signed=self._signed, elapsed=elapsed)
            self._keep(self._signed + elapsed)
            return now

    def saw(self, signed: int) -> None:
        """A registry document signed at `signed` has been verified."""
        with self._lock:
            if signed > self._signed + (self._mono() - self._since):
                self._signed, self._since = signed, self._mono()
            self._keep(signed)

    def stamp(self) -> tuple[int, int]:
        """Wall clock in seconds and monotonic clock in milliseconds, as a journal entry records them."""
        return int(self._wall()), int(self._mono() * 1000)

    def _keep(self, mark: int) -> None:
        if mark >= self._written + WRITE_EVERY_S:
            write_file(self._path, json.dumps({"signed": mark}).encode(), private=True, disk=self._disk)
            self._written = mark


def _read(path: Path) -> int:
    """The high-water mark; 0 on the first day, and after damage (the next lease sets it again)."""
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["signed"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
