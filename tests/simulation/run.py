"""Worlds one after the other, from one seed: counts, a hash of the whole history, and the first break.

The steps are dealt out in shares, each with worlds of its own: a share is the same history on any number of cores.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.agreements import Break
from tests.simulation.network import without_threads
from tests.simulation.world import EPOCH, Plan, World

from sosie.provenance.certificates import Authority, make_authority

MEMORY = Path("/dev/shm")  # a folder of our own is made in it; power is cut by the simulation
SHARE = 20_000  # ninety days and what follows them


@dataclass
class Report:
    """What a run was."""

    seed: int
    steps: int = 0
    days: float = 0.0
    worlds: int = 0
    seconds: float = 0.0
    trace: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    last: tuple[str, ...] = ()

    def add(self, share: Report) -> None:
        """What came next."""
        self.steps += share.steps
        self.days += share.days
        self.worlds += share.worlds
        self.counts.update(share.counts)
        self.trace = hashlib.sha256((self.trace + share.trace).encode()).hexdigest()
        self.broken, self.last = share.broken, share.last


def simulate(
    steps: int,
    seed: int,
    *,
    plan: Plan | None = None,
    workers: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run `steps` steps of worlds that follow from `seed`, on `workers` processes; stops at the first break."""
    report, began = Report(seed), time.monotonic()
    for share in _shares(steps, seed, plan or Plan(), workers):
        report.add(share)
        report.seconds = time.monotonic() - began
        say(f"{report.steps} steps, {report.steps / report.seconds:.0f} a second")
        if report.broken:
            break
    return report


def _shares(steps: int, seed: int, plan: Plan, workers: int) -> Iterator[Report]:
    sizes = [min(SHARE, steps - begin) for begin in range(0, steps, SHARE)]
    asked = sizes, [f"{seed}/{number}" for number in range(len(sizes))], [plan] * len(sizes)
    if workers == 1 or len(sizes) == 1:
        yield from map(_share, *asked)
        return
    pool = ProcessPoolExecutor(workers)
    try:
        yield from pool.map(_share, *asked)
    finally:
        pool.shutdown(cancel_futures=True)


def _share(steps: int, seed: str, plan: Plan) -> Report:
    report, authority = Report(0), make_authority(int(time.time()))
    while report.steps < steps and not report.broken:
        rng = random.Random(f"{seed}/{report.worlds}")
        _live(rng, steps - report.steps, plan, authority, report)
    return report


def _live(rng: random.Random, steps: int, plan: Plan, authority: Authority, report: Report) -> None:
    """One world, for at most so many steps."""
    trace, last = hashlib.sha256(report.trace.encode()), deque[str](maxlen=25)
    memory = MEMORY if MEMORY.is_dir() else None
    with without_threads(), tempfile.TemporaryDirectory(dir=memory) as folder:
        world = World(Path(folder), rng, report.counts, authority, plan)
        try:
            while steps and not world.over:
                line = f"{report.steps} {world.time[0] - EPOCH:.3f} "
                try:
                    line += world.step()
                finally:
                    trace.update(line.encode() + b"\n")
                    last.append(line)
                steps -= 1
                report.steps += 1
            world.books.audit()
        except Break as found:
            report.broken, report.last = str(found), tuple(last)
        finally:
            world.close()
        report.days += (world.time[0] - EPOCH) / 86_400
        report.counts["leases given"] += world.model.answers["leases given"]
    report.trace = trace.hexdigest()
    report.worlds += 1
