"""What the panels show: who is signed in, the twins as last listed, the request under way, the last message.

Nothing here is saved with a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .._sosie.client import Session
from .._sosie.client.twins import one_each
from .._sosie.errors import RefusedError
from .._sosie.messages import Delivery, SignIn, TwinInfo
from .errors import Notice, notice_of
from .task import Call, Task


@dataclass(frozen=True)
class Standing:
    """How this machine stands with its registry; "unknown" until somebody asks."""

    state: Literal["unknown", "no_agent", "out", "in"] = "unknown"
    registry: str = ""
    seat: str = ""
    reachable: bool = True


@dataclass(frozen=True)
class Receipt:
    """What a delivery brought."""

    path: Path
    delivery: Delivery


@dataclass
class Desk:
    """The state of one running Blender. `connect` opens a session, and may start the agent."""

    connect: Callable[[], Session]
    standing: Standing = field(default_factory=Standing)
    twins: list[TwinInfo] = field(default_factory=list)
    listed: bool = False
    thumbnails: dict[str, bytes] = field(default_factory=dict)  # twin -> JPEG
    task: Task | None = None
    notice: Notice | None = None
    sign_in: SignIn | None = None
    receipt: Receipt | None = None
    made: list[Path] = field(default_factory=list)  # the frames that the last render gave the likeness

    def begin(self, title: str, call: Call) -> Task:
        """Start a request. One at a time: operators poll `busy` before."""
        self.notice = None
        self.task = Task(self.connect, call, title)
        return self.task

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self.task is not None

    def end(self) -> None:
        """Forget the request under way."""
        self.task = None

    def told(self, text: str) -> None:
        """Something good to know, for the panel."""
        self.notice = Notice(text, kind="note")

    def warned(self, text: str) -> None:
        """What will be refused later, for the panel."""
        self.notice = Notice(text, kind="warning")

    def failed(self, error: BaseException) -> Notice | None:
        """Keep an error for the panel; its words, None when the artist cancelled."""
        self.notice = notice_of(error)
        if self.notice and self.notice.code.startswith("agent") and not self.twins:
            self.standing = Standing("no_agent")
        return self.notice

    def read(self, session: Session, *, refresh: bool) -> list[TwinInfo]:
        """The twins of this seat, thumbnails kept; called in a task. Without `refresh` the registry is not asked."""
        standing = Standing("in")
        if refresh:
            status = session.status()
            if not status.registry:
                self.standing, self.twins, self.listed = Standing("out"), [], True
                return []
            seat = session.sign_in_state().seat or status.seat
            standing = Standing("in", status.registry, seat, status.reachable)
        twins = one_each(session.twins(refresh=refresh and standing.reachable))
        for twin in twins:
            if twin.thumbnail:
                self.thumbnails[twin.twin] = Path(twin.thumbnail).read_bytes()  # it goes with the session
        if not refresh:
            standing = self.standing if self.standing.state == "in" or not twins else standing
        self.standing, self.twins, self.listed = standing, twins, True
        return twins

    def sign_out(self, session: Session) -> None:
        """Forget the account on this machine; called in a task."""
        session.sign_out()
        self.standing, self.twins, self.receipt = Standing("out"), [], None
        self.thumbnails.clear()

    def find(self, twin: str) -> TwinInfo:
        """The listed twin.

        Raises:
            RefusedError: `twin_unknown`.
        """
        for info in self.twins:
            if info.twin == twin:
                return info
        raise RefusedError(
            "No twin is chosen." if not twin else f"This seat has no licence for twin {twin}.",
            remedy="Open the Sosie tab in the 3D view's side bar, refresh the list and choose a twin.",
            code="twin_unknown",
        )
