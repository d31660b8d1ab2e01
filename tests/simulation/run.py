"""Worlds one after the other, from one seed: counts, a hash of the whole history, and the first break."""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.agreements import Break
from tests.simulation.network import without_threads
from tests.simulation.world import EPOCH, Plan, World

from sosie.provenance.certificates import make_authority

MEMORY = Path("/dev/shm")  # a folder of our own is made in it; power is cut by the simulation


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


def simulate(
    steps: int, seed: int, *, plan: Plan | None = None, say: Callable[[str], None] = lambda _: None
) -> Report:
    """Run `steps` steps of worlds that follow from `seed`; stops at the first break."""
    report, trace, last = Report(seed), hashlib.sha256(), deque[str](maxlen=25)
    began = time.monotonic()
    authority = make_authority(int(time.time()))
    while report.steps < steps and not report.broken:
        rng = random.Random(f"{seed}/{report.worlds}")
        memory = MEMORY if MEMORY.is_dir() else None
        with without_threads(), tempfile.TemporaryDirectory(dir=memory) as folder:
            world = World(Path(folder), rng, report.counts, authority, plan or Plan())
            try:
                while report.steps < steps and not world.over:
                    line = f"{report.steps} {world.time[0] - EPOCH:.3f} "
                    try:
                        line += world.step()
                    finally:
                        trace.update(line.encode() + b"\n")
                        last.append(line)
                    report.steps += 1
                    if report.steps % 5_000 == 0:
                        say(f"{report.steps} steps, {report.steps / (time.monotonic() - began):.0f} a second")
                world.books.audit()
            except Break as found:
                report.broken, report.last = str(found), tuple(last)
            finally:
                world.close()
            report.days += (world.time[0] - EPOCH) / 86_400
            report.counts.update({"leases given": world.model.answers["leases given"]})
        report.worlds += 1
    report.seconds, report.trace = time.monotonic() - began, trace.hexdigest()
    return report
