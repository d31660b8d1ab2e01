"""A session: one connection to the agent, its pixel folder, and a typed method for each request.

A session is used by one thread at a time; `cancel` may come from any other. Closing it, or the death of
its process, stops its jobs and removes its pixels.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from sosie.client import discovery
from sosie.client.pixels import PixelFolder
from sosie.client.transport import Channel, Message, revive
from sosie.codec import decode, encode
from sosie.errors import AgentError, CancelledError
from sosie.messages import (
    AgentStatus,
    CompareRequest,
    DeliverRequest,
    Delivery,
    FaceInfo,
    Head,
    HeadRequest,
    Pixels,
    RenderRequest,
    RenderResult,
    SignIn,
    SignInState,
    Similarity,
    TwinInfo,
)

#: Called with a fraction from 0 to 1 and the stage in words; raise CancelledError in it to stop the job.
Progress = Callable[[float, str], None]
#: Called with a small picture of what is coming; it lies in the session's pixel folder and is the host's to release.
Preview = Callable[[Pixels], None]
STOP_SECONDS = 20.0


def silent(fraction: float, stage: str) -> None:
    """Progress nobody looks at."""


def unseen(picture: Pixels) -> None:
    """A preview nobody looks at."""


class Session:
    """A host's connection to the agent.

    Usage:
        with Session.connect("krita 5.2") as session:
            plate = session.pixels.put(data, width=w, height=h, depth="u8", channels="BGRA")
            result = session.render(RenderRequest(plate=plate, twin=twin, use=use), progress)
            layer = session.pixels.read(result.layers["flat"])
    """

    def __init__(self, channel: Channel, greeting: Message) -> None:
        self._channel = channel
        self._numbers = itertools.count(1)
        self._calling = threading.Lock()
        self._current: int | None = None
        #: Where this session's pixels lie.
        self.pixels = PixelFolder(Path(greeting["folder"]))
        #: Version of the agent's package.
        self.agent_version = str(greeting["version"])

    @classmethod
    def connect(cls, client: str = "client", *, start: bool = True, home: Path | None = None) -> Session:
        """Connect to this user's agent; start it when it is not running.

        Args:
            client: who calls, for the log: "krita 5.2.9".
            start: whether to start an agent that is not there.
            home: the agent's home; by default `SOSIE_HOME` or the platform's place.

        Raises:
            AgentError: `agent_not_running`, `agent_not_installed`, `agent_key`, `agent_version`, `agent_failed`.
        """
        reach = discovery.find_or_start if start else discovery.find
        return cls(*reach(client, home))

    def twins(self, *, refresh: bool = True) -> list[TwinInfo]:
        """The twins this seat may use, with what is left of each licence.

        Args:
            refresh: ask the registry; otherwise the list as it was last known, at once and without network.
        """
        return [decode(TwinInfo, twin) for twin in self._call("twins", {"refresh": refresh})["twins"]]

    def faces(self, picture: Pixels) -> list[FaceInfo]:
        """The faces of a picture in this session's pixel folder, left to right; none is an ordinary answer."""
        return [decode(FaceInfo, face) for face in self._call("faces", {"picture": encode(picture)})["faces"]]

    def compare(self, request: CompareRequest) -> Similarity:
        """How alike two faces are.

        Raises:
            InputError: no face where one was chosen.
            RefusedError: the twin is not licensed to this seat.
        """
        return decode(Similarity, self._call("compare", encode(request)))

    def render(
        self, request: RenderRequest, progress: Progress = silent, preview: Preview = unseen
    ) -> RenderResult:
        """Render a likeness onto a plate that lies in this session's pixel folder.

        `preview` is called at most once, before the result, when `request.preview` asks for it.

        Raises:
            RefusedError: the licence, or a plugin, says no.
            InputError: no face, a face too small, options out of range.
            CancelledError: `cancel` was called, or `progress` raised it.
            AgentError, PackError, RegistryError, ModelError: as their codes say.
        """
        return decode(RenderResult, self._call("render", encode(request), progress, preview))

    def head(self, request: HeadRequest, progress: Progress = silent) -> Head:
        """A twin as a head for a 3D program; counts as one render.

        Raises:
            RefusedError: the licence, or a plugin, says no.
            AgentError, PackError, RegistryError: as their codes say.
        """
        return decode(Head, self._call("head", encode(request), progress))

    def deliver(self, request: DeliverRequest, progress: Progress = silent) -> Delivery:
        """Have the registry check, mark, record and sign a finished picture; it answers with the file.

        Raises:
            RefusedError: out of scope, quota used up, licence or consent revoked.
            RegistryError: the registry cannot be reached or answered with a problem.
        """
        return decode(Delivery, self._call("deliver", encode(request), progress))

    def enrol(self, url: str, token: str) -> dict[str, Any]:
        """Sign this machine in to a registry with a seat's one-time code (`token`); the account in words."""
        return self._call("enrol", {"url": url, "token": token})

    def sign_in(self, url: str) -> SignIn:
        """Begin to sign this machine in to the registry at `url`: show code and link, then ask `sign_in_state`.

        Raises:
            RegistryError: the registry cannot be reached or refuses.
        """
        return decode(SignIn, self._call("sign_in", {"url": url}))

    def sign_in_state(self) -> SignInState:
        """How the sign-in that `sign_in` began stands; ask every `interval` seconds."""
        return decode(SignInState, self._call("sign_in_state", {}))

    def sign_out(self) -> None:
        """Forget the account, its leases and packs; the journal is sent first where the registry answers."""
        self._call("sign_out", {})

    def status(self) -> AgentStatus:
        """How the agent is: queue, leases, journal, provider."""
        return decode(AgentStatus, self._call("status", {}))

    def stop(self) -> None:
        """Ask the agent to finish and go, and wait until it hangs up."""
        with contextlib.suppress(AgentError):
            self._call("stop", {})
            while self._channel.waiting(STOP_SECONDS):
                self._channel.receive()

    def cancel(self) -> None:
        """Stop the request that runs now, from any thread; nothing running is no error."""
        if (running := self._current) is not None:
            with contextlib.suppress(AgentError):
                self._channel.send({"id": 0, "method": "cancel", "params": {"request": running}})

    def close(self) -> None:
        """Hang up; the agent removes this session's pixels."""
        self._channel.close()

    def __enter__(self) -> Session:  # noqa: PYI034 - typing.Self is not in Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(
        self, method: str, params: Message, progress: Progress = silent, preview: Preview = unseen
    ) -> Message:
        if not self._calling.acquire(blocking=False):
            raise AgentError(
                "This session is in the middle of another request.",
                remedy="Open one session for each thread.",
                code="session_busy",
            )
        try:
            self._current = next(self._numbers)
            self._channel.send({"id": self._current, "method": method, "params": params})
            return self._answer(self._current, progress, preview)
        except (KeyboardInterrupt, SystemExit):
            self.cancel()
            raise
        finally:
            self._current = None
            self._calling.release()

    def _receive(self) -> Message:
        try:
            return self._channel.receive()
        except AgentError as error:
            if error.code != "agent_gone":
                raise
            raise AgentError(
                "The agent ended in the middle of this request; its pixels are gone with it.",
                remedy="Connect again and send the request once more: a new agent is started, and its status says what was cut off.",
                code="agent_gone",
            ) from error

    def _answer(self, number: int, progress: Progress, preview: Preview) -> Message:
        stopped: CancelledError | None = None
        while True:
            message = self._receive()
            if message.get("id") != number:
                continue  # the tail of a request that was interrupted
            if "result" in message:
                return cast("Message", message["result"])
            if "error" in message:
                raise stopped or revive(message["error"])
            if stopped is None:
                try:
                    if "preview" in message:
                        preview(decode(Pixels, message["preview"]))
                        continue
                    progress(float(message["progress"]), str(message["stage"]))
                except CancelledError as error:
                    stopped = error
                    self.cancel()
                except BaseException:
                    self.cancel()
                    raise
