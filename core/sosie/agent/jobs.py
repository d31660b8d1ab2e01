"""Requests in work: each has a number, progress, and a flag that stops it.

Three lanes, so that nobody waits for what he does not need: renders one at a time, because there is one accelerator;
looks at pictures one at a time beside them; lists and questions several at once. Within a lane hosts take turns
(`agent.queue`). A job that waits is cancelled at once, one that runs at its next progress call. A render whose driver never
comes back cannot be cancelled at all: whoever closes the lanes leaves it behind.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sosie import allocator
from sosie.agent.queue import FairQueue
from sosie.client.pixels import PixelFolder
from sosie.errors import AgentError, CancelledError
from sosie.messages import Pixels

Answer = dict[str, Any]
#: Must not raise.
Working = Callable[["Job"], None]
RENDER, LOOK, SHORT = "render", "look", "short"
LANES = {"render": RENDER, "faces": LOOK, "compare": LOOK, "head": LOOK}
WORKERS = {RENDER: 1, LOOK: 1, SHORT: 8}
#: A render that was cancelled and draws on for so long hangs in its driver.
STUCK_SECONDS = 10.0
#: Memory that renders use in turn is given back when the last one is so long ago.
REST_SECONDS = 20.0


@dataclass(frozen=True, eq=False)
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
    #: Let go only when the client has its answer: to free the memory of a 4K render takes 20 ms.
    kept: list[object] = field(default_factory=list)
    #: Done only then, too: to remove the files of a large render takes 50 ms.
    afterwards: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    host: str = ""  # the process it comes from: what is shared fairly

    @property
    def batch(self) -> bool:
        """Whether it gives way to interactive work."""
        return self.params.get("priority") == "batch"

    @property
    def lane(self) -> str:
        """Where it waits."""
        return LANES.get(self.method, SHORT)

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
    """All lanes and their workers."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._waiting: dict[str, FairQueue[Job]] = {lane: FairQueue() for lane in WORKERS}
        self._work: dict[Job, Working] = {}  # of every job that waits or runs
        self._running: set[Job] = set()
        self._closed = False
        self._workers = [
            (lane, threading.Thread(target=self._serve, args=(lane,), name=f"{lane}-{number}", daemon=True))
            for lane, count in WORKERS.items()
            for number in range(count)
        ]
        for _, worker in self._workers:
            worker.start()

    def submit(self, job: Job, work: Working) -> None:
        """Queue `work(job)`, and tell the client when it has to wait."""
        with self._change:
            queue = self._waiting[job.lane]
            before = len(queue) + sum(job.lane == other.lane for other in self._running)
            self._work[job] = work
            queue.put(job)
            self._change.notify_all()
        if before >= WORKERS[job.lane]:
            with contextlib.suppress(AgentError):  # a client that has gone is noticed elsewhere
                job.report(0.0, f"Waiting for {before} before it" if before > 1 else "Waiting for another")

    def cancel(self, *jobs: Job) -> None:
        """Stop `jobs`: at once where they wait, at the next progress call where they run."""
        with self._change:  # all of them at once: the end of one must not begin another
            for job in jobs:
                job.stopped.set()
            waited = [(job, self._work.pop(job)) for job in jobs if self._waiting[job.lane].remove(job)]
        for job, work in waited:
            work(job)  # its first check ends it, and its client hears so

    def counts(self) -> tuple[int, int]:
        """Renders that run, and that wait."""
        with self._change:
            running = sum(job.lane == RENDER for job in self._running)
            return running, len(self._waiting[RENDER])

    def of(self, host: str) -> int:
        """How many jobs of `host` wait."""
        with self._change:
            return sum(queue.of(host) for queue in self._waiting.values())

    def busy(self) -> bool:
        """Whether anything is in work."""
        with self._change:
            return bool(self._work)

    def close(self) -> None:
        """Stop every job and wait for the workers, but not for a render that hangs."""
        with self._change:
            self._closed = True
            jobs = list(self._work)
            self._change.notify_all()
        self.cancel(*jobs)
        until = time.monotonic() + STUCK_SECONDS
        for lane, worker in self._workers:
            worker.join(max(until - time.monotonic(), 0) if lane == RENDER else None)

    def stuck(self) -> bool:
        """After `close`: whether a render was left behind."""
        return any(worker.is_alive() for _, worker in self._workers)

    def _serve(self, lane: str) -> None:
        while (job := self._next(lane)) is not None:
            try:
                self._work[job](job)
            finally:
                with self._change:
                    self._running.discard(job)
                    del self._work[job]
                job.afterwards.close()
                job.kept.clear()

    def _next(self, lane: str) -> Job | None:
        """The next job of `lane`; waits for one, and is None at the end."""
        patience = REST_SECONDS if lane == RENDER else None
        with self._change:
            while True:
                if (job := self._waiting[lane].take()) is not None:
                    self._running.add(job)
                    return job
                if self._closed:
                    return None
                if not self._change.wait(patience):
                    allocator.give_back()
                    patience = None
