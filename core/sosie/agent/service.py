"""The local-socket service: accept, authenticate, greet, and pass requests to the jobs.

Each connection has a thread that only reads, so that `cancel` is heard while a job runs, and a pixel folder
that goes when the connection goes. A caller that does not authenticate in time is hung up on; it cannot keep
others from connecting. Errors cross as kind, code, message, remedy; a fault of ours as `internal`.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from pathlib import Path

import sosie
from sosie.agent.home import Home
from sosie.agent.jobs import Answer, Job, Jobs
from sosie.agent.log import Log
from sosie.client.folders import pixel_folder, pixel_folders, runtime_folder
from sosie.client.pixels import PixelFolder
from sosie.client.transport import Channel, Message, family, flatten, version_mismatch
from sosie.errors import AgentError, SosieError
from sosie.messages import PROTOCOL, Pixels, encode
from sosie.storage import write_file

GREETING_SECONDS = 5.0
WATCH_SECONDS = 1.0

Handler = Callable[[Job], Answer]


class Service:
    """Serves `handlers` (method name -> function) at this home's address until `stop`, or until idle."""

    def __init__(self, home: Home, handlers: Mapping[str, Handler], *, log: Log, idle_seconds: float) -> None:
        self._home, self._log, self._idle_seconds = home, log, idle_seconds
        self._handlers = {"stop": self._stop_job, **handlers}
        self.jobs = Jobs()
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._clients: dict[int, Connection] = {}
        self._last_busy = time.monotonic()
        self._key = os.urandom(32)

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

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
        with Listener(address, family=family(address)) as listener:
            accepting = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            accepting.start()
            write_file(self._home.run.key, self._key, private=True)
            found = {"address": address, "pid": os.getpid(), "version": sosie.__version__}
            write_file(self._home.run.address, json.dumps(found).encode(), private=True)
            ready()
            self._log.write("started", version=sosie.__version__)
            while not self._stopping.wait(WATCH_SECONDS):
                if self._clients or self.jobs.busy():
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
        for connection in list(self._clients.values()):
            _cut(connection)
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
        folder = self._pixels / str(number)
        jobs: dict[int, Job] = {}
        try:
            client = self._welcome(connection, folder)
            if client is None:
                return
            self._clients[number] = connection
            channel = Channel(connection)
            while True:  # until either side hangs up
                self._take(channel, channel.receive(), jobs, client, PixelFolder(folder))
        except AgentError as error:
            if error.code != "agent_gone":
                self._log.write("client_refused", code=error.code)
        finally:
            self._clients.pop(number, None)
            for job in jobs.values():
                job.stopped.set()
            with contextlib.suppress(OSError):
                connection.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _welcome(self, connection: Connection, folder: Path) -> str | None:
        """Authenticate both sides and agree on the protocol, within a few seconds."""
        late = threading.Timer(GREETING_SECONDS, lambda: _cut(connection))
        late.daemon = True
        late.start()
        try:
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
            channel = Channel(connection)
            greeting = channel.receive()
        except (AuthenticationError, OSError, EOFError, AssertionError, ValueError):
            if not self._stopping.is_set():
                self._log.write("client_refused", code="agent_key")
            return None
        finally:
            late.cancel()
        if greeting.get("protocol") != PROTOCOL:
            error = version_mismatch(PROTOCOL, greeting.get("protocol", 0))
            channel.send({"error": flatten(error)})
            return None
        folder.mkdir(mode=0o700)
        channel.send({"protocol": PROTOCOL, "version": sosie.__version__, "folder": str(folder)})
        return str(greeting.get("client", ""))[:80]

    def _take(
        self, channel: Channel, message: Message, jobs: dict[int, Job], client: str, pixels: PixelFolder
    ) -> None:
        number, method, params = message.get("id"), message.get("method"), message.get("params")
        if not isinstance(number, int) or not isinstance(method, str) or not isinstance(params, dict):
            raise AgentError(
                "A request needs id, method and params.",
                remedy="Update the host's Sosie package.",
                code="message_invalid",
            )
        if method == "cancel":
            if job := jobs.get(int(params.get("request", 0))):
                job.stopped.set()
            return

        def report(fraction: float, stage: str) -> None:
            channel.send({"id": number, "progress": fraction, "stage": stage})

        def show(picture: Pixels) -> None:
            channel.send({"id": number, "preview": encode(picture)})

        job = Job(number, client, method, params, pixels, report, show)
        jobs[number] = job
        self.jobs.submit(job, lambda job: self._work(channel, job, jobs))

    def _work(self, channel: Channel, job: Job, jobs: dict[int, Job]) -> None:
        started = time.monotonic()
        code = "ok"
        try:
            job.check()
            answer: Message = {"id": job.number, "result": self._handlers.get(job.method, _unknown)(job)}
        except SosieError as error:
            code = error.code
            answer = {"id": job.number, "error": flatten(error)}
        except Exception as error:  # noqa: BLE001 - the border: a fault becomes an answer, the agent lives on
            code = "internal"
            self._log.fault(job.method, error)
            answer = {"id": job.number, "error": flatten(_fault(error))}
        jobs.pop(job.number, None)
        self._log.write(
            "request", method=job.method, client=job.client, code=code, seconds=time.monotonic() - started
        )
        with contextlib.suppress(AgentError):
            channel.send(answer)
        if job.method == "stop":
            self.stop()

    def _stop_job(self, _job: Job) -> Answer:
        return {}


def _unknown(job: Job) -> Answer:
    raise AgentError(
        f"This agent has no method {job.method!r}.",
        remedy="Update Sosie, then run `sosie agent stop`.",
        code="method_unknown",
    )


def _cut(connection: Connection) -> None:
    """Hang up; unlike `close`, a shutdown also wakes a thread that is reading."""
    with contextlib.suppress(OSError):
        if os.name == "nt":
            connection.close()
            return
        with socket.socket(fileno=os.dup(connection.fileno())) as end:
            end.shutdown(socket.SHUT_RDWR)


def _fault(error: Exception) -> AgentError:
    return AgentError(
        f"The agent failed: {type(error).__name__}: {error}",
        remedy="Try again; if it stays so, send the agent's log (`sosie doctor` says where it is).",
        code="agent_failed",
    )
