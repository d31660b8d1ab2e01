"""The line to the agent: one session in a thread of its own, so that nothing here ever waits on the main thread.

Requests are done one after the other in the order they were made. A session whose agent is gone is forgotten, and the
next request connects again. Two lines are used: one for pixels, one for questions, so that a list does not wait
behind a render.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from .._sosie.client import Session
from .._sosie.errors import AgentError, CancelledError, SosieError
from .texts import tr

T = TypeVar("T")
Call = Callable[[Session], Any]
#: After these the session is of no use any more.
BROKEN = {"agent_gone", "agent_not_running", "message_invalid", "session_busy", "pixels_invalid"}


class Line:
    """A session and its thread. `connect` opens a session, and may start the agent."""

    def __init__(self, connect: Callable[[], Session]) -> None:
        self._connect = connect
        self._requests: queue.SimpleQueue[tuple[Call | None, Future[Any]] | None] = queue.SimpleQueue()
        self._session: Session | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def ask(self, call: Callable[[Session], T]) -> Future[T]:
        """`call(session)` in the line's thread."""
        return self._put(call)

    def cancel(self) -> None:
        """Stop the request that runs now."""
        if (session := self._session) is not None:
            session.cancel()

    def hang_up(self) -> None:
        """Close the session once what runs has ended; the agent removes its pixels. The next request connects again."""
        self._put(None)

    def close(self) -> None:
        """End the thread; what runs is cancelled and nobody waits for it."""
        self._closed = True
        self.cancel()
        self._requests.put(None)  # the thread hangs up itself: two that close one socket meet a stranger's

    def _put(self, call: Call | None) -> Future[Any]:
        future: Future[Any] = Future()
        if self._closed:
            future.set_exception(CancelledError("The docker is closing."))
            return future
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="sosie", daemon=True)
            self._thread.start()
        self._requests.put((call, future))
        return future

    def _work(self) -> None:
        while (request := self._requests.get()) is not None:
            call, future = request
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._do(call))
            except BaseException as error:  # noqa: BLE001 - it crosses to whoever waits
                future.set_exception(error)
        self._forget()

    def _do(self, call: Call | None) -> Any:
        if call is None:
            return self._forget()
        if self._session is None:
            self._session = self._connect()
        try:
            return call(self._session)
        except SosieError as error:
            if error.code in BROKEN:
                self._forget()
            raise
        except OSError as error:  # closed under our feet while Krita quits
            self._forget()
            raise AgentError(tr("The agent hung up."), remedy=tr("Try again."), code="agent_gone") from error

    def _forget(self) -> None:
        if self._session is not None:
            with contextlib.suppress(OSError):
                self._session.close()
            self._session = None
