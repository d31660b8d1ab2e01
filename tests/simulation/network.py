"""The registry in this process, and lines to it that lose, double, delay and replay messages.

`Server` runs the real application; requests reach it as ASGI messages, one at a time. Every request that was
answered is shown to an observer: that is how the simulation's own model learns what the registry has promised,
also when nobody got the answer. `Line` is a transport as the `sosie_registry` hook asks for one.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json as jsonlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from unittest import mock
from urllib.parse import unquote

import anyio.to_thread
from starlette.types import ASGIApp, Message

from sosie.errors import RegistryUnreachableError
from sosie.hookspecs import hookimpl
from sosie.provenance.certificates import Authority, ClaimSigner
from sosie.registry.access import Context
from sosie.registry.app import create_app
from sosie.registry.settings import Settings
from sosie.remote.multipart import Files, Multipart
from sosie.remote.transport import RegistryConfig, Response, Transport

URL = "simulated://registry"


@dataclass(frozen=True)
class Request:
    """One request, whole."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@contextlib.contextmanager
def without_threads() -> Iterator[None]:
    """The application's handlers run where they are called: who runs when is then the simulation's choice alone."""

    async def here(function: Callable[..., Any], *args: Any, **_: Any) -> Any:
        return function(*args)

    with mock.patch.object(anyio.to_thread, "run_sync", here):
        yield


def unchanged(app: ASGIApp) -> ASGIApp:
    """The registry as it is."""
    return app


class Stopped(BaseException):
    """The registry stops in the middle of a delivery, after it was recorded and before it is signed."""


class Signer:
    """The registry's signers, with certificates of the real day; stops the registry when it is told to."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self.stop_once = False

    def claim_signer(self) -> ClaimSigner:
        if self.stop_once:
            self.stop_once = False
            raise Stopped
        return self._authority.claim_signer(None)

    def close(self) -> None:
        """Nothing is open."""


class Server:
    """The registry: the real application over a real SQLite file, asked in this process.

    Args:
        settings: with the simulation's clock and randomness.
        authority: signs delivered files.
        wrap: put around the application; the identity, but for a planted fault.
        observe: sees each request with its answer, in the order they took effect.
    """

    def __init__(
        self,
        settings: Settings,
        authority: Authority,
        *,
        wrap: Callable[[ASGIApp], ASGIApp],
        observe: Callable[[Request, Response], None],
    ) -> None:
        self._settings, self._wrap, self._observe = settings, wrap, observe
        self._loop = asyncio.new_event_loop()
        self.signer = Signer(authority)
        self.late: list[Request] = []
        self.start()

    def start(self) -> None:
        """A fresh process over the same files."""
        app = create_app(self._settings)
        context: Context = app.state.context
        context.stamping.close()
        app.state.context = dataclasses.replace(context, stamping=self.signer)
        self._database, self._app = context.database, self._wrap(app)

    def restart(self) -> None:
        """The process ends between two requests."""
        self._database.close()
        self.start()

    def close(self) -> None:
        self._database.close()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def ask(self, request: Request) -> Response:
        """The answer; raises RegistryUnreachableError when the registry stopped before it."""
        answer: dict[str, Any] = {"body": b""}

        async def receive() -> Message:
            if answer.setdefault("asked", 0):
                await asyncio.Event().wait()  # the line stays open until the answer is there
            answer["asked"] = 1
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.update(status=message["status"], headers=message["headers"])
            else:
                answer["body"] += message.get("body", b"")

        try:
            self._loop.run_until_complete(self._app(_scope(request), receive, send))
        except Stopped:
            self.restart()
            # What it recorded counts, though nobody was told: the list of deliveries shows it to the observer.
            self.ask(Request("GET", "/v1/deliveries", request.headers[:2], b""))
            raise RegistryUnreachableError("The registry stopped.", remedy="Try again.") from None
        headers = {name.decode().lower(): value.decode() for name, value in answer["headers"]}
        response = Response(answer["status"], headers, answer["body"])
        self._observe(request, response)
        return response

    def deliver_late(self, rng: random.Random) -> None:
        """One of the messages that were held up arrives; nobody waits for its answer."""
        try:
            self.ask(self.late.pop(rng.randrange(len(self.late))))
        except RegistryUnreachableError:
            return


@dataclass
class Weather:
    """How a line is: probabilities for each message."""

    up: bool = True
    lost: float = 0.0  # the request does not arrive
    deaf: float = 0.0  # the answer does not
    doubled: float = 0.0
    late: float = 0.0  # the request arrives after the caller has given up, and after later ones
    stale: float = 0.0  # a proxy answers with what it remembers


@dataclass
class Line:
    """One caller's way to the registry. Counts what happened; `faults` says whether anything did."""

    server: Server
    rng: random.Random
    counts: Counter[str]
    weather: Weather = field(default_factory=Weather)
    token: str | None = None
    #: Messages that did not get through since the caller last set it to 0.
    faults: int = 0
    _remembered: dict[str, Response] = field(default_factory=dict)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Files | None = None,
        headers: Mapping[str, str] | None = None,
        content: IO[bytes] | Iterable[bytes] | None = None,
        save_to: Path | None = None,
    ) -> Response:
        request = _request(method, path, self.token, json, data, files, headers, content)
        answer = self._carry(request)
        if save_to is not None and answer.status < 300:
            save_to.write_bytes(answer.content)
            return Response(answer.status, answer.headers, b"")
        return answer

    def _carry(self, request: Request) -> Response:
        weather = self.weather
        if not weather.up:
            self._fault("message while offline")
        if self._happens(weather.lost):
            self._fault("request lost")
        if request.method == "POST" and self._happens(weather.late):
            self.server.late.append(request)
            self._fault("request late")
        if request.method == "GET" and request.path in self._remembered and self._happens(weather.stale):
            self.counts["answer stale"] += 1  # no fault: what is old must be found out by the agent
            return self._remembered[request.path]
        answer = self.server.ask(request)
        if request.method == "POST" and self._happens(weather.doubled):
            self.counts["request doubled"] += 1
            answer = self.server.ask(request)
        if self._happens(weather.deaf):
            self._fault("answer lost")
        if request.path.partition("?")[0] in {"/v1/checkpoint", "/v1/status", "/v1/licences"}:
            self._remembered[request.path] = answer
        return answer

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self.rng.random() < probability

    def _fault(self, what: str) -> None:
        self.faults += 1
        self.counts[what] += 1
        raise RegistryUnreachableError(f"No answer: {what}.", remedy="Try again.")


class LinePlugin:
    """The `sosie_registry` hook of one machine."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @hookimpl
    def sosie_registry(self, config: RegistryConfig) -> Transport | None:
        self._line.token = config.token
        return self._line if config.url == URL else None


def _request(
    method: str,
    path: str,
    token: str | None,
    json: Any,
    data: Mapping[str, str] | None,
    files: Files | None,
    headers: Mapping[str, str] | None,
    content: IO[bytes] | Iterable[bytes] | None,
) -> Request:
    account = {"authorization": f"Bearer {token}"} if token else {}
    sent, body = {"host": "registry", **account, **(headers or {})}, b""
    if json is not None:
        sent["content-type"], body = "application/json", jsonlib.dumps(json).encode()
    elif files is not None:
        form = Multipart(data or {}, files)
        sent["content-type"], body = form.content_type, b"".join(form)
    elif content is not None:
        body = b"".join(content)
    sent["content-length"] = str(len(body))
    return Request(method, path, tuple((name.lower(), value) for name, value in sent.items()), body)


def _scope(request: Request) -> dict[str, Any]:
    path, _, query = request.path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in request.headers],
        "scheme": "http",
        "server": ("registry", 80),
        "client": ("machine", 1),
        "root_path": "",
    }
