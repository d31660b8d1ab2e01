"""The docker's whole state: what widgets show, and what they may ask for. One for each docker."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from .._sosie.client import Session
from .._sosie.errors import SosieError
from .._sosie.messages import FaceChoice, RenderOptions
from ..interface import Host
from .account import Account
from .delivering import Deliveries
from .errors import Notice, notice_of
from .line import Line
from .looking import Looking
from .rendering import Renders
from .results import Results
from .use import Stated
from .watch import Watch

#: A moved slider has come to rest after so long.
REST_MS = 300


@dataclass(frozen=True)
class Settings:
    """What is kept between starts."""

    registry: str = ""
    language: str = ""  # "" is Krita's own
    place: bool = True  # results go into the document as soon as they are there
    parts: bool = True  # as five layers; else as one
    history_mb: int = 2048  # on the disk


class Desk:
    """Everything the docker knows."""

    def __init__(self, host: Host, connect: Callable[[], Session] | None = None) -> None:
        self.host = host
        self.watch = Watch()
        self.settings = settings_from(host.settings())
        connect = connect or (lambda: Session.connect(host.name))
        self.lines = (Line(connect), Line(connect), Line(connect))
        asking, rendering, delivering = self.lines
        self.account = Account(host, asking, self.watch)
        self.looking = Looking(host, asking, self.watch)
        self.results = Results(self.settings.history_mb << 20, lambda: self.watch.tell("results"))
        self.renders = Renders(host, rendering, self.watch, self.results)
        self.deliveries = Deliveries(host, delivering, self.watch)
        self.options = RenderOptions()
        self.stated = Stated()
        self.live = False
        self._notice: Notice | None = None
        self._moved = 0

    @property
    def notice(self) -> Notice | None:
        """The message to show, the most urgent first."""
        found = (
            self._notice,
            self.renders.notice,
            self.deliveries.notice,
            self.looking.notice,
            self.account.notice,
        )
        return next((notice for notice in found if notice is not None), None)

    def dismiss(self) -> None:
        """The message was read."""
        self._notice = self.renders.notice = self.deliveries.notice = None
        self.looking.notice = self.account.notice = None
        self.watch.tell("notice")

    def start(self) -> None:
        """Look who is signed in, and go on looking."""
        self.account.refresh()
        self.host.soon(self.account.watch_licences, 1000)

    def document_changed(self) -> None:
        """Another document is in front, or none."""
        picture = self.host.picture()
        if picture is None:
            self.looking.forget()
        else:
            self.looking.look(picture)
        self.watch.tell("picture", "results")

    def find_faces(self) -> None:
        """Look for faces in the document in front."""
        if (picture := self.host.picture()) is not None:
            self.looking.notice = None
            self.looking.find(picture)

    def render(self, *, live: bool = False) -> None:
        """Render the chosen twin onto the chosen face of the document in front."""
        picture, twin = self.host.picture(), self.account.twin
        if picture is None or twin is None or self.host.trouble:
            return
        seen = self.looking.seen
        self.dismiss()
        self._attempt(
            lambda: self.renders.add(
                picture,
                twin,
                self.stated.use(twin),
                seen.choice() if seen is not None and seen.picture == picture.key else FaceChoice(),
                self.options,
                live=live,
                place=self.settings.place and not live,
                parts=self.settings.parts,
            )
        )

    def turn(self, **options: Any) -> None:
        """Change options; in live mode the picture is rendered again once they rest."""
        self.options = replace(self.options, **options)
        self._rest()

    def state(self, **stated: str) -> None:
        """Say what the picture is for."""
        self.stated = replace(self.stated, **stated)

    def set_live(self, live: bool) -> None:
        """Render again whenever an option moves, or no longer."""
        self.live = live
        if live:
            self._rest()

    def place(self, number: int) -> None:
        """Put a result into the document in front."""
        if (picture := self.host.picture()) is not None:
            self._attempt(lambda: self.renders.place(number, picture))

    def deliver(self, path: Path) -> None:
        """Deliver the document in front to `path`, for the use that is stated now."""
        picture, twin = self.host.picture(), self.account.twin
        if picture is not None:
            uses = {twin.twin: self.stated.use(twin)} if twin else {}
            self.dismiss()
            self._attempt(lambda: self.deliveries.deliver(picture, path, uses))

    def keep(self, settings: Settings) -> None:
        """New settings."""
        self.settings = settings
        self.results.limit = settings.history_mb << 20
        self.host.keep(asdict(settings))

    def close(self) -> None:
        """Krita quits: nothing is waited for, and nobody is told."""
        self.watch.end()
        self.account.close()
        for line in self.lines:
            line.close()

    def diagnostics(self) -> str:
        """What helps somebody else to help: versions and states, no names and no addresses."""
        standing = self.account.standing
        return "\n".join(
            [
                f"Host: {self.host.name}; Python {platform.python_version()}; {platform.system()}",
                f"Account: {standing.state}; registry reachable: {standing.reachable}",
                f"Provider: {standing.provider or 'not yet used'}; twins: {len(self.account.twins)}",
                f"Last message: {self.notice.code if self.notice else 'none'}",
            ]
        )

    def _rest(self) -> None:
        self._moved += 1
        moved = self._moved
        if self.live:
            self.host.soon(
                lambda: self.render(live=True) if self.live and moved == self._moved else None, REST_MS
            )

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except SosieError as error:
            self._notice = notice_of(error)
            self.watch.tell("notice")


def settings_from(kept: dict[str, Any]) -> Settings:
    """Settings as they were kept; what is unknown or of another kind is left out."""
    default = Settings()
    known = {
        field.name: kept[field.name]
        for field in fields(Settings)
        if isinstance(kept.get(field.name), type(getattr(default, field.name)))
    }
    return Settings(**known)
