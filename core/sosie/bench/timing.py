"""Timing: one sample for each call, and percentiles of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np


def timed(call: Callable[[], object], times: int, *, before: int = 1) -> list[float]:
    """Seconds of each of `times` calls, after `before` that do not count."""
    for _ in range(before):
        call()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return taken


def percentile(taken: Sequence[float], q: float) -> float:
    """The `q`-th percentile, 0 to 100."""
    return float(np.percentile(taken, q))
