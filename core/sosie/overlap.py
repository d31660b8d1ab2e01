"""Work beside work: the next item is made, and the last one put away, while this one is in hand; and waiting for what
another thread does without being deaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
U = TypeVar("U")
#: Seconds for which nobody who waits hears anything.
DEAF = 0.02


def attended(work: Future[T], check: Callable[[], None]) -> T:
    """What `work` comes to. `check` is called while it lasts; what that raises ends the waiting, not the work."""
    while not work.done():
        wait([work], DEAF)
        check()
    return work.result()


def ahead(make: Callable[[T], U], items: Iterable[T]) -> Iterator[tuple[T, U]]:
    """Each item with what `make` makes of it, one ahead: never more than two are in memory.

    What `make` raises comes with its own item, after those before it.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as hand:
        waiting: tuple[T, Future[U]] | None = None
        for item in items:
            following = (item, hand.submit(make, item))
            if waiting is not None:
                yield waiting[0], waiting[1].result()
            waiting = following
        if waiting is not None:
            yield waiting[0], waiting[1].result()


class Behind:
    """Does one thing at a time in a thread; a context manager, at whose end everything is done."""

    def __enter__(self) -> Self:
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self._last: Future[None] | None = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hand.shutdown()
        if error is None and self._last is not None:
            self._last.result()

    def do(self, work: Callable[[], None]) -> None:
        """Begin `work` when the last one has ended; raises what that raised."""
        if self._last is not None:
            self._last.result()
        self._last = self._hand.submit(work)
