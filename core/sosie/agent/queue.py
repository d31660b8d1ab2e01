"""Whose job comes next: fair between hosts, interactive before batch, nobody starved.

Hosts take turns: each gets one job done before any gets a second, however many it has sent. Interactive work goes
first; after `TURNS` of it in a row a batch that waits gets one job in. No thread and no clock: `agent.jobs` brings both.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, Protocol, TypeVar

#: Interactive jobs in a row while a batch waits.
TURNS = 4


class Queued(Protocol):
    """What the queue knows of a job."""

    @property
    def host(self) -> str:
        """Whose it is."""
        ...

    @property
    def batch(self) -> bool:
        """Whether nobody is looking on."""
        ...


J = TypeVar("J", bound=Queued)


class FairQueue(Generic[J]):
    """Jobs that wait."""

    def __init__(self) -> None:
        self._waiting: dict[bool, OrderedDict[str, deque[J]]] = {False: OrderedDict(), True: OrderedDict()}
        self._in_a_row = 0

    def __len__(self) -> int:
        return sum(len(jobs) for hosts in self._waiting.values() for jobs in hosts.values())

    def of(self, host: str) -> int:
        """How many jobs of `host` wait."""
        return sum(len(hosts.get(host, ())) for hosts in self._waiting.values())

    def put(self, job: J) -> None:
        """Let `job` wait behind its host's other jobs of its kind."""
        self._waiting[job.batch].setdefault(job.host, deque()).append(job)

    def take(self) -> J | None:
        """The next job, or None; its host goes to the end of the line."""
        interactive, batch = self._waiting[False], self._waiting[True]
        late = bool(batch) and self._in_a_row >= TURNS
        hosts = batch if late or not interactive else interactive
        if not hosts:
            return None
        self._in_a_row = self._in_a_row + 1 if hosts is interactive and batch else 0
        host, jobs = hosts.popitem(last=False)
        job = jobs.popleft()
        if jobs:
            hosts[host] = jobs
        return job

    def remove(self, job: J) -> bool:
        """Take `job` out; whether it was waiting."""
        hosts = self._waiting[job.batch]
        jobs = hosts.get(job.host, deque())
        if job not in jobs:
            return False
        jobs.remove(job)
        if not jobs:
            del hosts[job.host]
        return True
