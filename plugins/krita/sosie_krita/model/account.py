"""Who is signed in, how to sign in, and the twins this seat may use."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from .._sosie.client import Session
from .._sosie.client.twins import one_each, usable
from .._sosie.errors import SosieError
from .._sosie.messages import AgentStatus, SignIn, TwinInfo
from ..interface import Host
from .errors import Notice, notice_of
from .flows import Flow, Running
from .line import Line
from .texts import tr
from .watch import Watch

#: A list that nobody asks for is read again after so long: a revoked licence turns grey by itself.
REFRESH_MS = 60_000


@dataclass(frozen=True)
class Standing:
    """How this machine stands with its registry."""

    state: Literal["unknown", "no_agent", "out", "waiting", "in"] = "unknown"
    registry: str = ""
    seat: str = ""
    reachable: bool = True
    provider: str = ""
    asked: SignIn | None = None


class Account:
    """The account, and the twins that come with it."""

    def __init__(self, host: Host, line: Line, watch: Watch) -> None:
        self._host, self._line, self._watch = host, line, watch
        self._reading: Running | None = None
        self._signing: Running | None = None
        self.standing = Standing()
        self.twins: list[TwinInfo] = []
        self.thumbnails: dict[str, bytes] = {}  # JPEG, by twin
        self.notice: Notice | None = None
        self.chosen = ""
        self._closed = False

    @property
    def twin(self) -> TwinInfo | None:
        """The chosen one."""
        return next((twin for twin in self.twins if twin.twin == self.chosen), None)

    def choose(self, twin: str) -> None:
        """This twin from now on."""
        self.chosen = twin
        self._watch.tell("twins")

    def refresh(self) -> None:
        """Read everything again; a reading under way is left to end."""
        if self._reading is None or self._reading.done:
            self._reading = Running(self._read(), self._host.soon, self._ended)

    def watch_licences(self) -> None:
        """Read again every minute while somebody is signed in."""
        if self._closed:
            return
        if self.standing.state == "in":
            self.refresh()
        self._host.soon(self.watch_licences, REFRESH_MS)

    def close(self) -> None:
        """Nothing is read any more: Krita quits."""
        self._closed = True

    def sign_in(self, url: str) -> None:
        """Begin: code and link are shown, and it is asked until somebody has decided."""
        self.cancel_sign_in()
        self._signing = Running(self._sign_in(url), self._host.soon, self._ended)

    def cancel_sign_in(self) -> None:
        """Stop asking; the code runs out by itself."""
        if self._signing is not None:
            self._signing.cancel()
        if self.standing.state == "waiting":
            self._stand(replace(self.standing, state="out", asked=None))

    def sign_out(self) -> None:
        """Forget the account on this machine."""
        Running(self._sign_out(), self._host.soon, self._ended)

    def _read(self) -> Flow:
        asked = self._line.ask(_look)
        self._line.hang_up()  # a session kept for a minute may be of an agent that has died meanwhile
        found: tuple[AgentStatus, list[TwinInfo], dict[str, bytes]] = yield asked
        status, twins, self.thumbnails = found
        if self.standing.state != "waiting" or status.registry:
            self.standing = Standing(
                "in" if status.registry else "out",
                status.registry,
                status.seat,
                status.reachable,
                status.provider,
            )
        self.twins, self.notice = sorted(one_each(twins), key=usable, reverse=True), None
        if self.twin is None:
            first = next((twin for twin in self.twins if usable(twin)), None)
            self.chosen = first.twin if first else ""
        self._watch.tell("account", "twins")

    def _sign_in(self, url: str) -> Flow:
        asked: SignIn = yield self._line.ask(lambda session: session.sign_in(url))
        self.notice = None
        self._stand(Standing("waiting", registry=url, asked=asked))
        while True:
            yield from self._pause(asked.interval * 1000)
            found = yield self._line.ask(lambda session: session.sign_in_state())
            if found.state != "waiting":
                break
        self._stand(Standing("out", registry=url))
        if found.state == "signed_in":
            self.refresh()
        else:
            why = {
                "denied": tr("The brand denied this sign-in."),
                "expired": tr("Nobody approved the code in time."),
            }
            self._say(
                Notice("refusal", why[found.state], tr("Ask your brand's administrator, then sign in again."))
            )

    def _sign_out(self) -> Flow:
        yield self._line.ask(lambda session: session.sign_out())
        self.twins, self.chosen = [], ""
        self._stand(Standing("out"))
        self._watch.tell("twins")

    def _pause(self, milliseconds: int) -> Flow:
        waited: Future[None] = Future()
        self._host.soon(lambda: waited.done() or waited.set_result(None), milliseconds)
        yield waited

    def _ended(self, error: BaseException | None) -> None:
        notice = notice_of(error) if error else None
        if notice is None:
            return
        if (
            isinstance(error, SosieError)
            and self.standing.state in {"unknown", "in"}
            and error.code.startswith("agent")
        ):
            self.standing = Standing("no_agent")
        elif self.standing.state in {"unknown", "waiting"}:
            self.standing = Standing("out", registry=self.standing.registry)
        self._say(notice)

    def _say(self, notice: Notice) -> None:
        self.notice = notice
        self._watch.tell("account", "twins")

    def _stand(self, standing: Standing) -> None:
        self.standing = standing
        self._watch.tell("account")


def _look(session: Session) -> tuple[AgentStatus, list[TwinInfo], dict[str, bytes]]:
    """Status, twins, and their thumbnails read at once: they lie in a folder that goes with the session."""
    status = session.status()
    if status.registry:
        status = replace(status, seat=session.sign_in_state().seat)  # by its name
    twins = session.twins(refresh=status.reachable) if status.registry else []
    pictures = {twin.twin: Path(twin.thumbnail).read_bytes() for twin in twins if twin.thumbnail}
    return status, twins, pictures
