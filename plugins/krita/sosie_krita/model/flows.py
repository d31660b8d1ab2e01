"""Long work on the main thread, written from top to bottom, that never holds the main thread up.

A flow is a generator. `yield` gives the event loop a turn; `value = yield future` waits for a future without blocking,
and raises what the future raised. A flow that is cancelled gets `CancelledError` at the yield where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any

from .._sosie.errors import CancelledError

Flow = Generator["Future[Any] | None", Any, None]
Soon = Callable[[Callable[[], None]], None]


class Running:
    """One flow under way; begins in the next turn.

    Args:
        flow: the generator.
        soon: calls a function on the main thread in a later turn; safe from any thread.
        ended: called once, with what escaped from the flow or None.
    """

    def __init__(self, flow: Flow, soon: Soon, ended: Callable[[BaseException | None], None]) -> None:
        self._flow, self._soon, self._ended = flow, soon, ended
        self._waiting: Future[Any] | None = None
        self.done = False
        self._wait(None)

    def cancel(self) -> None:
        """Stop it here; a flow that has ended is left alone. Main thread only."""
        if not self.done:
            self._waiting = None
            error = CancelledError("Stopped.")
            self._step(lambda: self._flow.throw(error))

    def _step(self, advance: Callable[[], Future[Any] | None]) -> None:
        try:
            awaited = advance()
        except StopIteration:
            self.done = True
            self._ended(None)
        except BaseException as error:  # noqa: BLE001 - the owner decides what to say
            self.done = True
            self._ended(error)
        else:
            self._wait(awaited)

    def _wait(self, awaited: Future[Any] | None) -> None:
        token = self._waiting = awaited if awaited is not None else Future()

        def resume() -> None:
            if self.done or self._waiting is not token:
                return  # cancelled meanwhile
            if awaited is None:
                self._step(lambda: next(self._flow))
            elif (error := awaited.exception()) is not None:
                self._step(lambda: self._flow.throw(error))
            else:
                self._step(lambda: self._flow.send(awaited.result()))

        if awaited is None:
            self._soon(resume)
        else:
            awaited.add_done_callback(lambda _: self._soon(resume))
