"""What the panels show: the twins as last listed, the request under way, the last message. Never saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .._sosie.client import Session
from .._sosie.errors import RefusedError
from .._sosie.messages import SignIn, TwinInfo
from .errors import Notice, notice_of
from .task import Call, Task
from .use import one_each


@dataclass
class Desk:
    """The state of one running Blender. `connect` opens a session, and may start the agent."""

    connect: Callable[[], Session]
    twins: list[TwinInfo] = field(default_factory=list)
    listed: bool = False
    thumbnails: dict[str, bytes] = field(default_factory=dict)  # twin -> JPEG
    task: Task | None = None
    notice: Notice | None = None
    sign_in: SignIn | None = None

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

    def failed(self, error: BaseException) -> Notice | None:
        """Keep an error for the panel; its words, None when the artist cancelled."""
        self.notice = notice_of(error)
        return self.notice

    def read(self, session: Session, *, refresh: bool) -> list[TwinInfo]:
        """The twins of this seat, thumbnails kept; called in a task."""
        twins = one_each(session.twins(refresh=refresh))
        for twin in twins:
            if twin.thumbnail:
                with open(twin.thumbnail, "rb") as file:  # noqa: PTH123 - it goes with the session
                    self.thumbnails[twin.twin] = file.read()
        self.twins, self.listed = twins, True
        return twins

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
