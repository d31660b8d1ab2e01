"""One request to the agent in a thread of its own, looked at from Blender's main thread.

The thread touches neither `bpy` nor anything of Blender's: it gets copies and leaves a result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from .._sosie.client import Progress, Session
from .._sosie.errors import CancelledError

#: `call(session, progress)`.
Call = Callable[[Session, Progress], Any]


class Task:
    """A request that runs from its making on.

    Args:
        connect: opens the session; it may start the agent.
        call: what to ask; its result, or what it raises, is `result()`.
        title: what is being done, in words.
    """

    def __init__(self, connect: Callable[[], Session], call: Call, title: str) -> None:
        self.title = title
        self.fraction, self.stage = 0.0, ""
        self._connect, self._call = connect, call
        self._session: Session | None = None
        self._stopped = threading.Event()
        self._answer: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="sosie", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether `result` answers at once."""
        return not self._thread.is_alive()

    def result(self) -> Any:
        """Wait for the end; the answer.

        Raises:
            BaseException: what the request raised; CancelledError after `cancel`.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._answer

    def cancel(self) -> None:
        """Stop it soon."""
        self._stopped.set()
        if (session := self._session) is not None:
            session.cancel()

    def _work(self) -> None:
        try:
            with self._connect() as session:
                self._session = session
                self._check()
                self._answer = self._call(session, self._told)
        except BaseException as error:  # noqa: BLE001 - it crosses to the main thread
            self._error = error

    def _told(self, fraction: float, stage: str) -> None:
        self._check()
        self.fraction, self.stage = fraction, stage

    def _check(self) -> None:
        if self._stopped.is_set():
            raise CancelledError("Cancelled.", remedy="Start it again when you want it.")
