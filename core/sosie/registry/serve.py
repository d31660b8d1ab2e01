"""The registry as a server: loopback by default, a port of one's own or any free one, a clean end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import uvicorn

from sosie.errors import SetupError
from sosie.registry.app import create_app
from sosie.registry.matching import Matcher
from sosie.registry.settings import Settings

#: A client that sends on a connection in the moment it is closed gets no answer: closed is what is forgotten, not what rests.
_IDLE_S: Final = 75


def serve(
    data: Path,
    port: int = 8787,
    database_url: str | None = None,
    ready: Callable[[str], None] = lambda _: None,
    *,
    host: str = "127.0.0.1",
    stop: threading.Event | None = None,
    settings: Settings | None = None,
    matcher: Matcher | None = None,
    htmx: Path | None = None,
) -> None:
    """Serve until a signal comes, or until `stop` is set.

    Args:
        data: the registry's folder: SQLite file, keys, packs, deliveries.
        port: 0 means any free one.
        database_url: PostgreSQL or another SQLite file; none means the file in `data`.
        ready: called once, with the address, when requests are answered.
        host: anything but loopback is the operator's own decision; put TLS before it.
        stop: for a server in a thread; without it signals end the server.
        settings: instead of `data`, `database_url`, `matcher` and `htmx`.
        matcher: looks at enrolment proofs, and makes them a duty: `proving`.
        htmx: as in `Settings`.

    Raises:
        SetupError: `port_taken`, and all that `create_app` raises.
    """
    with _listen(host, port) as listener:
        told = settings or Settings(data=data, database_url=database_url, matcher=matcher, htmx=htmx)
        app = create_app(told)
        url = f"http://{host}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_keep_alive=_IDLE_S,
            timeout_graceful_shutdown=5,
            lifespan="on",
        )
        server = _Server(config, announce=lambda: ready(url), stop=stop)
        with _calm_end(server):
            server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready and can be stopped from another thread."""

    def __init__(
        self, config: uvicorn.Config, *, announce: Callable[[], None], stop: threading.Event | None
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        return await super().on_tick(counter) or (self._stop is not None and self._stop.is_set())


@contextlib.contextmanager
def _calm_end(server: uvicorn.Server) -> Iterator[None]:
    """SIGTERM asks for a clean end and is answered with status 0.

    uvicorn raises the signal once more after its clean shutdown; it then meets a server that has ended already.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, server.handle_exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only then: 40 ms for every answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SetupError(
            f"Port {port} on {host} cannot be used: {error.strerror}.",
            remedy="Choose another with --port, or --port 0 for any free one.",
            code="port_taken",
        ) from error
    return listener
