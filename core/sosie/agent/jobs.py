"""Requests in work: each has a number, progress, and a flag that stops it.

Short requests (lists, status) run side by side; renders run one at a time in the order they came, because
there is one accelerator. A stopped or orphaned job ends at its next progress call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sosie.client.pixels import PixelFolder
from sosie.errors import CancelledError
from sosie.messages import Pixels

Answer = dict[str, Any]
#: Requests that use the accelerator.
HEAVY = frozenset({"render"})
SHORT_WORKERS = 8


@dataclass(frozen=True)
class Job:
    """One request of one client."""

    number: int
    client: str
    method: str
    params: Mapping[str, Any]
    pixels: PixelFolder
    report: Callable[[float, str], None] = lambda _fraction, _stage: None
    show: Callable[[Pixels], None] = lambda _picture: None
    stopped: threading.Event = field(default_factory=threading.Event)

    def progress(self, fraction: float, stage: str) -> None:
        """Tell the client, and stop here when it no longer wants the job.

        Raises:
            CancelledError: the client cancelled, or is gone.
        """
        self.check()
        self.report(fraction, stage)

    def preview(self, picture: Pixels) -> None:
        """Show the client a small picture of what is coming; it is the client's to release."""
        self.check()
        self.show(picture)

    def check(self) -> None:
        """Raise CancelledError when the job was stopped."""
        if self.stopped.is_set():
            raise CancelledError("The job was cancelled.", remedy="Start it again when you want it.")


class Jobs:
    """The queue: one worker for renders, a few for the rest."""

    def __init__(self) -> None:
        self._heavy = ThreadPoolExecutor(1, thread_name_prefix="render")
        self._short = ThreadPoolExecutor(SHORT_WORKERS, thread_name_prefix="request")
        self._lock = threading.Lock()
        self._started: set[int] = set()
        self._live: dict[int, Job] = {}

    def submit(self, job: Job, work: Callable[[Job], None]) -> Future[None]:
        """Queue `work(job)`; it must not raise."""
        pool = self._heavy if job.method in HEAVY else self._short
        with self._lock:
            self._live[id(job)] = job
        return pool.submit(self._run, job, work)

    def counts(self) -> tuple[int, int]:
        """Heavy jobs that run, and that wait."""
        with self._lock:
            heavy = [key for key, job in self._live.items() if job.method in HEAVY]
            running = sum(key in self._started for key in heavy)
            return running, len(heavy) - running

    def busy(self) -> bool:
        """Whether anything is in work."""
        with self._lock:
            return bool(self._live)

    def close(self) -> None:
        """Stop every job and wait for the workers."""
        with self._lock:
            for job in self._live.values():
                job.stopped.set()
        self._heavy.shutdown(cancel_futures=True)
        self._short.shutdown(cancel_futures=True)

    def _run(self, job: Job, work: Callable[[Job], None]) -> None:
        with self._lock:
            self._started.add(id(job))
        try:
            work(job)
        finally:
            with self._lock:
                self._started.discard(id(job))
                self._live.pop(id(job), None)
