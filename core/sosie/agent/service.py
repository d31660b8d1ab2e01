"""The local-socket service: accept, authenticate, greet, and pass requests to the jobs.

Each connection is an `agent.guest` in a thread of its own: whoever says nothing keeps nobody from connecting.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Client, Connection, Listener

import sosie
from sosie.agent.guest import GREETING_SECONDS, Guest, Handler, Limits
from sosie.agent.home import Home
from sosie.agent.jobs import Answer, Job, Jobs
from sosie.agent.log import Log
from sosie.client.folders import pixel_folder, pixel_folders, runtime_folder
from sosie.client.transport import family
from sosie.errors import AgentError
from sosie.storage import write_file

WATCH_SECONDS = 1.0


class Service:
    """Serves `handlers` (method name -> function) at this home's address until `stop`, or until idle."""

    def __init__(
        self,
        home: Home,
        handlers: Mapping[str, Handler],
        *,
        log: Log,
        idle_seconds: float,
        limits: Limits | None = None,
    ) -> None:
        self._home, self._log, self._idle_seconds = home, log, idle_seconds
        self._limits = limits or Limits()
        self._handlers = {"stop": self._stop_job, **handlers}
        self.jobs = Jobs()
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._guests: dict[int, Guest] = {}
        self._last_busy = time.monotonic()
        self._key = os.urandom(32)

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._guests)

    def stop(self) -> None:
        """Finish soon; safe from any thread and from a signal handler."""
        self._stopping.set()

    def run(self, ready: Callable[[], None] = lambda: None, last: Callable[[], None] = lambda: None) -> None:
        """Serve until stopped; leaves neither socket nor address nor pixels behind.

        Args:
            ready: called when clients can connect.
            last: called when every job has ended, before the clients are hung up on.
        """
        self._clear()
        self._pixels = pixel_folder(self._home.path)
        address = self._address()
        write_file(self._home.run.key, self._key, private=True)  # first: see `discovery.find`
        with Listener(address, family=family(address)) as listener:
            accepting = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            accepting.start()
            found = {"address": address, "pid": os.getpid(), "version": sosie.__version__}
            write_file(self._home.run.address, json.dumps(found).encode(), private=True)
            ready()
            self._log.write("started", version=sosie.__version__)
            while not self._stopping.wait(WATCH_SECONDS):
                if self._guests or self.jobs.busy():
                    self._last_busy = time.monotonic()
                elif time.monotonic() - self._last_busy > self._idle_seconds:
                    self._log.write("idle")
                    self._stopping.set()
            self._home.run.address.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                Client(address, family=family(address)).close()  # wakes `accept`
            accepting.join(GREETING_SECONDS)
        self.jobs.close()
        last()
        self._clear()
        for guest in list(self._guests.values()):
            guest.cut()
        self._log.write("stopped")

    def _address(self) -> str:
        if os.name == "nt":
            return rf"\\.\pipe\{runtime_folder(self._home.path).name}-{os.urandom(8).hex()}"
        return str(runtime_folder(self._home.path) / "agent.sock")

    def _clear(self) -> None:
        """Remove what an agent that was killed has left: socket, address, pixels of its clients."""
        self._home.run.address.unlink(missing_ok=True)
        shutil.rmtree(runtime_folder(self._home.path), ignore_errors=True)
        for folder in pixel_folders(self._home.path):
            shutil.rmtree(folder, ignore_errors=True)

    def _accept(self, listener: Listener) -> None:
        while not self._stopping.is_set():
            try:
                connection = listener.accept()
            except OSError:
                if self._stopping.is_set():
                    return
                time.sleep(0.1)  # out of descriptors: let some go
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        number = next(self._numbers)
        guest = Guest(
            connection,
            self._pixels / str(number),
            jobs=self.jobs,
            handlers=self._handlers,
            limits=self._limits,
            log=self._log,
        )
        try:
            if not guest.authenticate(self._key):
                self._refused("agent_key")
            elif len(self._guests) >= self._limits.clients:
                guest.turn_away(_full(self._limits.clients))
                self._refused("agent_busy")
            else:
                self._guests[number] = guest
                guest.serve()
        except AgentError as error:
            self._refused(error.code)
        finally:
            self._guests.pop(number, None)
            with contextlib.suppress(OSError):
                connection.close()

    def _refused(self, code: str) -> None:
        if not self._stopping.is_set():
            self._log.write("client_refused", code=code)

    def _stop_job(self, _job: Job) -> Answer:
        self.stop()
        return {}


def _full(clients: int) -> AgentError:
    return AgentError(
        f"{clients} sessions are open already, as many as this agent takes.",
        remedy="Close programs that use Sosie, or the sessions they no longer need.",
        code="agent_busy",
    )
