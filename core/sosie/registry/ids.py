"""The order of what happens within one second.

The clock counts whole seconds, and a row's time alone does not tell which of two came first. So ids are made to sort:
(time, id) is the order in which rows were made. Between two replicas that holds to the second, as their clocks do.
The idea is that of UUID version 7 (RFC 9562, 6.2, method 1: a counter below the time), in an id half as long.
"""

from __future__ import annotations

from threading import Lock

_COUNTER_BITS = 16


class Counter:
    """Numbers that only grow, and follow the clock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0

    def next(self, now: int) -> int:
        """A number above all that were given before, even where the clock went back.

        Args:
            now: seconds since 1970.

        Returns:
            48 bits until the year 2106: the seconds, and below them a counter.
        """
        with self._lock:
            self._last = max(self._last + 1, now << _COUNTER_BITS)
            return self._last
