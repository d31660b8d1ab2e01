"""Working with the agent while ComfyUI stays in command: progress is shown and an interrupt is heard at once.

The agent's answer is awaited in a thread of its own; the node's thread looks every tenth of a second whether
the artist has pressed Stop. A request that is left behind is cancelled and its session closed when it ends.
"""

from __future__ import annotations

import contextlib
import functools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Protocol, TypeVar

from ._sosie.client import Progress, Session
from ._sosie.messages import Pixels

POLL_SECONDS = 0.1

T = TypeVar("T")


class Stage(Protocol):
    """The host's side of a running node."""

    def poll(self) -> None:
        """Raise when the artist wants the run to stop."""

    def show(self, value: float, picture: Any = None) -> None:
        """Move the node's bar to `value` and show `picture` in it."""


class Attended:
    """A session whose calls keep `stage` informed; a context manager like the session itself."""

    def __init__(self, session: Session, stage: Stage) -> None:
        self.session, self.stage = session, stage
        self._left: Future[Any] | None = None

    def __enter__(self) -> Attended:  # noqa: PYI034 - typing.Self is not in Python 3.10
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up, once nobody is listening on the line any more."""
        if self._left is None:
            self.session.close()
        else:
            self._left.add_done_callback(lambda _: self.session.close())

    def run(
        self,
        call: Callable[[Progress, Callable[[Pixels], None]], T],
        show: Callable[[float], None] = lambda _: None,
        preview: Callable[[Pixels], None] = lambda _: None,
    ) -> T:
        """`call(progress, preview)` in a thread; `show` and `preview` are called here, in the node's own thread.

        Raises:
            BaseException: what `call` raised, or what the stage's `poll` raised: the call is then cancelled.
        """
        told: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(
                    call(
                        lambda fraction, _stage: told.put(functools.partial(show, fraction)),
                        lambda picture: told.put(functools.partial(preview, picture)),
                    )
                )
            except BaseException as error:  # noqa: BLE001 - it crosses to the thread that waits
                future.set_exception(error)
            told.put(None)

        threading.Thread(target=work, name="sosie", daemon=True).start()
        try:
            return self._watch(told, future)
        except BaseException:
            if not future.done():
                self._left = future
                self.session.cancel()
            raise

    def _watch(self, told: queue.SimpleQueue[Callable[[], None] | None], future: Future[T]) -> T:
        while True:
            self.stage.poll()
            with contextlib.suppress(queue.Empty):
                event = told.get(timeout=POLL_SECONDS)
                if event is None:
                    return future.result()
                event()
