"""Leases on their way back: what is left of one goes back in the journal, once its last render is written down.

Not thread-safe: the leases' own lock is held around every call.
"""

from __future__ import annotations

import contextlib
from collections import Counter

from sosie.agent.journal import Journal
from sosie.errors import SosieError
from sosie.licence.documents import Lease


class Returns:
    """The renders that are being made, by lease, and the leases that wait for theirs."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._busy: Counter[str] = Counter()
        self._leaving: dict[str, Lease] = {}

    def begun(self, lease: str) -> None:
        """A render on `lease` begins."""
        self._busy[lease] += 1

    def ended(self, lease: str) -> None:
        """It has ended; what waited for it goes. What cannot be written down now is tried the next time."""
        self._busy[lease] -= 1
        for waiting, left in list(self._leaving.items()):
            if not self._busy[waiting]:
                with contextlib.suppress(SosieError):
                    self._write(left)
                    del self._leaving[waiting]

    def give(self, lease: Lease) -> None:
        """Give back the rest of `lease`, at once or after the renders that are being made."""
        if self._busy[lease.id]:
            self._leaving[lease.id] = lease
        else:
            self._write(lease)

    def _write(self, lease: Lease) -> None:
        self._journal.append("returned", licence=lease.licence, twin=lease.twin, lease=lease.id)
