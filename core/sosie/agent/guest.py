"""One connected client: proves that it is this user, asks, is answered, and goes.

A thread only reads, so that `cancel` is heard while a job runs. Errors cross as kind, code, message and remedy; a
fault of ours as `agent_failed`. Its pixels lie in a folder of its own, which goes when the connection goes. Nobody
may fill the machine: each limit has an error of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from pathlib import Path

import sosie
from sosie.agent.jobs import Answer, Job, Jobs
from sosie.agent.log import Log
from sosie.client.pixels import PixelFolder
from sosie.client.transport import Channel, Message, flatten, version_mismatch
from sosie.codec import encode
from sosie.errors import AgentError, SosieError
from sosie.messages import PROTOCOL, Pixels

GREETING_SECONDS = 5.0
Handler = Callable[[Job], Answer]


@dataclass(frozen=True)
class Limits:
    """What one machine's agent takes on."""

    clients: int = 64  # connections at once
    waiting: int = 64  # jobs of one program that wait
    pixel_bytes: int = 16 << 30  # of one connection


class Guest:
    """A connection from its greeting to its end."""

    def __init__(
        self,
        connection: Connection,
        folder: Path,
        *,
        jobs: Jobs,
        handlers: Mapping[str, Handler],
        limits: Limits,
        log: Log,
    ) -> None:
        self._connection, self._channel = connection, Channel(connection)
        self._jobs, self._handlers, self._limits, self._log = jobs, handlers, limits, log
        self._pixels = PixelFolder(folder)
        self._mine: dict[int, Job] = {}
        self._name, self._host = "", ""

    def authenticate(self, key: bytes) -> bool:
        """Whether the other side holds `key`; one that does not say so soon is hung up on."""
        late = threading.Timer(GREETING_SECONDS, self.cut)
        late.daemon = True
        late.start()
        try:
            deliver_challenge(self._connection, key)
            answer_challenge(self._connection, key)
            greeting = self._channel.receive()
        except (AuthenticationError, OSError, EOFError, AssertionError, ValueError):
            return False
        finally:
            late.cancel()
        if greeting.get("protocol") != PROTOCOL:
            self.turn_away(version_mismatch(PROTOCOL, greeting.get("protocol", 0)))
            return False
        self._name = str(greeting.get("client", ""))[:80]
        self._host = str(greeting.get("process", id(self)))[:20]
        return True

    def serve(self) -> None:
        """Answer requests until either side hangs up; raises AgentError for a client that talks nonsense."""
        folder = self._pixels.folder
        folder.mkdir(mode=0o700)
        try:
            self._channel.send({"protocol": PROTOCOL, "version": sosie.__version__, "folder": str(folder)})
            while True:
                self._take(self._channel.receive())
        except AgentError as error:
            if error.code != "agent_gone":
                raise
        finally:
            self._jobs.cancel(*self._mine.values())
            shutil.rmtree(folder, ignore_errors=True)

    def turn_away(self, error: AgentError) -> None:
        """Say why this client is not served."""
        with contextlib.suppress(AgentError):
            self._channel.send({"error": flatten(error)})

    def cut(self) -> None:
        """Hang up; unlike `close`, a shutdown also wakes a thread that is reading."""
        with contextlib.suppress(OSError):
            if os.name == "nt":
                self._connection.close()
                return
            with socket.socket(fileno=os.dup(self._connection.fileno())) as end:
                end.shutdown(socket.SHUT_RDWR)

    def _take(self, message: Message) -> None:
        number, method, params = message.get("id"), message.get("method"), message.get("params")
        if not isinstance(number, int) or not isinstance(method, str) or not isinstance(params, dict):
            raise AgentError(
                "A request needs id, method and params.",
                remedy="Update the host's Sosie package.",
                code="message_invalid",
            )
        if method == "cancel":
            if job := self._mine.get(int(params.get("request", 0))):
                self._jobs.cancel(job)
            return

        def report(fraction: float, stage: str) -> None:
            self._channel.send({"id": number, "progress": fraction, "stage": stage})

        def show(picture: Pixels) -> None:
            self._channel.send({"id": number, "preview": encode(picture)})

        job = Job(number, self._name, method, params, self._pixels, report, show, host=self._host)
        try:
            self._require_room(job)
        except AgentError as error:
            self._channel.send({"id": number, "error": flatten(error)})
            return
        self._mine[number] = job
        self._jobs.submit(job, self._work)

    def _require_room(self, job: Job) -> None:
        if (waiting := self._jobs.of(self._host)) >= self._limits.waiting:
            raise AgentError(
                f"{waiting} jobs of this program wait already; {self._limits.waiting} may.",
                remedy="Send the next one when one of them has ended.",
                code="agent_busy",
            )
        if (taken := self._pixel_bytes()) > self._limits.pixel_bytes and job.method != "stop":
            raise AgentError(
                f"The pixels of this session take {taken / 2**30:.1f} GiB; {self._limits.pixel_bytes / 2**30:.1f}"
                " GiB is the limit.",
                remedy="Release the layers you no longer need, or close the session and open another.",
                code="pixels_too_many",
            )

    def _pixel_bytes(self) -> int:
        with os.scandir(self._pixels.folder) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)

    def _work(self, job: Job) -> None:
        started, code = time.monotonic(), "ok"
        try:
            job.check()
            answer: Message = {"id": job.number, "result": self._handlers.get(job.method, _unknown)(job)}
        except SosieError as error:
            code = error.code
            answer = {"id": job.number, "error": flatten(error)}
            if code == "agent_gone":  # its report found nobody, before `serve` did: none of them begins
                self._jobs.cancel(*self._mine.values())
        except Exception as error:  # noqa: BLE001 - the border: a fault becomes an answer, the agent lives on
            code = "internal"
            self._log.fault(job.method, error)
            answer = {"id": job.number, "error": flatten(_fault(error))}
        self._mine.pop(job.number, None)
        seconds = time.monotonic() - started
        self._log.write("request", method=job.method[:40], client=job.client, code=code, seconds=seconds)
        with contextlib.suppress(AgentError):
            self._channel.send(answer)


def _unknown(job: Job) -> Answer:
    raise AgentError(
        f"This agent has no method {job.method!r}.",
        remedy="Update Sosie, then run `sosie agent stop`.",
        code="method_unknown",
    )


def _fault(error: Exception) -> AgentError:
    return AgentError(
        f"The agent failed: {type(error).__name__}: {error}",
        remedy="Try again; if it stays so, send the agent's log (`sosie doctor` says where it is).",
        code="agent_failed",
    )
