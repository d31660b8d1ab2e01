"""How often one caller may try: a fixed window for each, in memory, so that a guess never costs a disk write.

Each replica counts for itself. What is guarded holds on its own (codes are random, short-lived and single
use); this only keeps a guesser slow and the tables small.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sosie.registry.problems import problem

#: Callers remembered at once; the window begins anew for all when there are more.
MOST_CALLERS = 10_000


class Throttle:
    """Counts tries for each (kind, caller)."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: dict[tuple[str, str], tuple[int, int]] = {}

    def spend(self, kind: str, caller: str, *, at_most: int, seconds: int) -> None:
        """One try.

        Raises:
            RegistryError: 429 `too_many_tries`.
        """
        now = self._clock()
        with self._lock:
            since, tries = self._tries.get((kind, caller), (now, 0))
            if now >= since + seconds:
                since, tries = now, 0
            if len(self._tries) >= MOST_CALLERS:
                self._tries.clear()
            self._tries[kind, caller] = (since, tries + 1)
        if tries >= at_most:
            raise problem(
                429,
                "too_many_tries",
                f"More than {at_most} tries within {seconds} seconds.",
                f"Try again in {since + seconds - now} seconds.",
            )
