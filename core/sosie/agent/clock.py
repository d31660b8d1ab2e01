"""The time decisions are made with: signed times only move forward, and a restart forgets nothing.

`licence.clock` holds the rule; here are the three clocks and the high-water mark that outlives the process. The
running clock counts from one boot to the next, over processes: the mark says in which boot it was written, and when by
that clock. Another boot begins to count anew; where a system does not say which boot it is, every process does.
"""

from __future__ import annotations

import json
import platform
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from sosie.licence.clock import trusted_now
from sosie.storage import DISK, Disk, write_file

#: The mark is written at most this often; being late by it is harmless.
WRITE_EVERY_S = 60


@dataclass(frozen=True)
class Mark:
    """Signed time that has been reached, and when: by the running clock (seconds) of one boot."""

    signed: int = 0
    boot: str = ""
    mono: float = 0.0


def this_boot() -> str:
    """What tells this boot of the machine from every other; "" where the system does not say."""
    try:
        if platform.system() == "Linux":
            return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        if platform.system() == "Darwin":
            asked = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
            said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=5)  # noqa: S603  # a constant
            return said.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
    return ""


class Clock:
    """Trusted time. `wall`, `mono`, `boot` and `disk` are passed in by tests."""

    def __init__(
        self,
        path: Path,
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
        boot: Callable[[], str] = this_boot,
        disk: Disk = DISK,
    ) -> None:
        self._path, self._wall, self._mono, self._disk = path, wall, mono, disk
        self._lock = threading.Lock()
        self._boot, mark, now = boot(), read_mark(path), mono()
        same = bool(self._boot) and mark.boot == self._boot and mark.mono <= now
        self._signed, self._since = mark.signed, mark.mono if same else now
        self._written = mark.signed

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

    def passed(self) -> int:
        """Unix seconds that have certainly been reached: signed time and the running clock, not the wall clock."""
        with self._lock:
            return self._signed + int(self._mono() - self._since)

    def saw(self, signed: int) -> None:
        """A registry document signed at `signed` has been verified."""
        with self._lock:
            if signed > self._signed + (self._mono() - self._since):
                self._signed, self._since = signed, self._mono()
            self._keep(signed)

    def stamp(self) -> tuple[int, int]:
        """Wall clock in seconds and monotonic clock in milliseconds, as a journal entry records them."""
        return int(self._wall()), int(self._mono() * 1000)

    def _keep(self, signed: int) -> None:
        if signed >= self._written + WRITE_EVERY_S:
            mark = Mark(signed, self._boot, self._mono())
            write_file(self._path, json.dumps(asdict(mark)).encode(), private=True, disk=self._disk)
            self._written = signed


def read_mark(path: Path) -> Mark:
    """The high-water mark; nothing on the first day, and after damage (the next lease sets it again)."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Mark(int(found["signed"]), str(found.get("boot", "")), float(found.get("mono", 0)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return Mark()
