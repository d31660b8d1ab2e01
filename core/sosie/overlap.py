"""Work beside work: the next item is made, and the last one put away, while this one is in hand; and waiting for what
another thread does without being deaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from threading import Event
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

T = TypeVar("T")
U = TypeVar("U")
P = ParamSpec("P")
#: Seconds for which nobody who waits hears anything.
DEAF = 0.02


def attended(work: Future[T], check: Callable[[], None]) -> T:
    """What `work` comes to. `check` is called while it lasts; what that raises ends the waiting, not the work."""
    while not work.done():
        wait([work], DEAF)
        check()
    return work.result()


class Beside:
    """Threads beside the one that waits; a context manager. Who leaves does not wait for what is in hand."""

    def __init__(self, hands: int) -> None:
        self._hands, self._over = ThreadPoolExecutor(hands), Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._hands.shutdown(wait=False, cancel_futures=True)

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin `work` as soon as a thread is free, in the order in which it is asked for."""
        return self._hands.submit(work, *args, **kwargs)

    def go_on(self) -> None:
        """To be called by long work, which ends with what this raises when nobody waits any more."""
        if self._over.is_set():
            raise CancelledError


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
