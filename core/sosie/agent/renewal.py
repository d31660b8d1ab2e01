"""Leases are renewed before they end, in the background: a render finds one that lasts.

Only a lease that was rendered on is renewed, so that nothing is reserved for a machine nobody works at. A registry that
fails is asked again, later each time; the lease that is held lasts meanwhile. The time of each renewal is chosen by
chance, so that the machines of a studio do not ask all at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sosie.agent.clock import Clock
from sosie.agent.leases import Leases
from sosie.agent.log import Log
from sosie.errors import SosieError

LOOK_SECONDS = 10.0
#: Two failures in a row wait at most so long for the next try.
LONGEST_WAIT_S = 300.0
#: A renewal comes late by at most this share of the lease's life.
LATEST = 0.1


class Renewal:
    """Renews `leases`.

    Args:
        leases: what is held.
        clock: the running clock.
        log: where a renewal that failed is noted.
        chance: a number from 0 to 1, another one each time.
    """

    def __init__(self, leases: Leases, clock: Clock, log: Log, *, chance: Callable[[], float]) -> None:
        self._leases, self._clock, self._log, self._chance = leases, clock, log, chance
        self._late = LATEST * chance()
        #: Licence -> how often in a row it failed, and the millisecond of the running clock to try again.
        self._failed: dict[str, tuple[int, int]] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Look every few seconds, in a thread of its own, until `stop`."""
        threading.Thread(target=self._run, name="renewal", daemon=True).start()

    def stop(self) -> None:
        """Begin no renewal any more; safe from any thread, and more than once."""
        self._stopping.set()

    def turn(self) -> int:
        """Renew what is due; how many were."""
        renewed, now = 0, self._clock.stamp()[1]
        for licence in self._leases.due(self._late):
            failures, again = self._failed.get(licence, (0, now))
            if now < again or self._stopping.is_set():
                continue
            try:
                self._leases.renew(licence)
            except (
                SosieError
            ) as error:  # no harm done: a render that needs another lease says why there is none
                self._log.write("renewal", code=error.code)
                wait = min(LONGEST_WAIT_S, LOOK_SECONDS * 2**failures) * (0.5 + self._chance() / 2)
                self._failed[licence] = failures + 1, now + int(wait * 1000)
            else:
                self._failed.pop(licence, None)
                self._late = LATEST * self._chance()
                renewed += 1
        return renewed

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.turn()
            except Exception as error:  # noqa: BLE001 - a fault of ours ends no thread that others rely on
                self._log.fault("renewal", error)
