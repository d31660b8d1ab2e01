"""The twins this seat may use, as the agent knows them: for combos, status lines and the gate at queueing.

ComfyUI asks for a node's inputs several times for each run, so the list is kept for a moment and then taken
from the agent's memory, without network. Queueing a graph asks the registry through the agent; when that does
not answer in time, what the agent remembers counts, and its render gate has the last word in any case.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable

from ._sosie.client import Session
from ._sosie.client.twins import one_each, usable
from ._sosie.errors import RefusedError, SosieError
from ._sosie.messages import TwinInfo
from .texts import say, tr

#: How long a list counts as just read, in seconds.
FRESH_SECONDS = 2.0
#: Shown in the combo when there is nothing to choose; it is no twin, so queueing it says why.
NOBODY = "(no twin yet: sign in with the Sosie panel)"
DAY = 86_400


class Catalogue:
    """The list, asked for through `connect`; safe from any thread.

    Args:
        connect: opens a session; its argument says whether an agent that is not there is started.
        clock: seconds that only go forward.
    """

    def __init__(
        self, connect: Callable[[bool], Session], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect, self._clock = connect, clock
        self._lock = threading.Lock()
        self._twins: list[TwinInfo] = []
        self._read_at = float("-inf")
        self._asked_at = float("-inf")

    def known(self) -> list[TwinInfo]:
        """The list as last known, one entry for each twin; never starts anything, never fails."""
        if self._clock() - self._read_at > FRESH_SECONDS:
            with contextlib.suppress(SosieError):
                self._read(refresh=False, start=False)
            self._read_at = self._clock()
        return self._twins

    def refreshed(self) -> list[TwinInfo]:
        """The list as the registry has it now.

        Raises:
            SosieError: no agent, or no account.
        """
        if self._clock() - self._asked_at > FRESH_SECONDS:
            self._read(refresh=True, start=True)
            self._asked_at = self._clock()
        return self._twins

    def forget(self) -> None:
        """Ask again at the next question, whatever was just read."""
        self._read_at = self._asked_at = float("-inf")

    def find(self, choice: str) -> TwinInfo:
        """The twin that a combo's value, or a bare id, names.

        Raises:
            RefusedError: `twin_unknown`.
        """
        wanted = named(choice)
        for twin in self._twins or self.known():
            if twin.twin == wanted:
                return twin
        raise RefusedError(
            tr("There is no licence for {choice}.").format(choice=choice)
            if choice != NOBODY
            else tr("This seat has no twins yet, or it is not signed in."),
            remedy=tr("Open the Sosie panel in the side bar, sign in or refresh, and choose a twin."),
            code="twin_unknown",
        )

    def _read(self, *, refresh: bool, start: bool) -> None:
        with self._lock, self._connect(start) as session:
            self._twins = one_each(session.twins(refresh=refresh))
            self._read_at = self._clock()


def label(twin: TwinInfo) -> str:
    """The combo's value: a name for people and the id that saved workflows are read by."""
    return f"{twin.display_name} [{twin.twin}]"


def named(choice: str) -> str:
    """The id in a combo's value."""
    found = re.search(r"\[([^\[\]\s]+)\]$", choice)
    return found[1] if found else choice


def refusal(twin: TwinInfo) -> str:
    """Why `twin` cannot be used now and what to do; "" when it can."""
    if usable(twin):
        return ""
    reason = say(twin.reason or f"The licence is {twin.state}.")
    return f"{reason} {say(twin.remedy) or tr('Choose another twin, or ask for a new licence.')}"


def fingerprint(twin: TwinInfo) -> str:
    """What a cached picture stands on; ComfyUI writes it into saved files, and nothing in it is secret."""
    return f"{twin.twin}:{twin.revision}:{twin.licence}:{twin.state}:{twin.epoch}"


def days_left(twin: TwinInfo, now: float) -> int:
    """Whole days until the licence ends, never below 0."""
    return max(0, int(twin.not_after - now) // DAY)


def status_words(twin: TwinInfo, now: float) -> str:
    """How the licence stands, in a few lines for a node."""
    if words := refusal(twin):
        return f"{twin.display_name}: {say(twin.state)}. {words}"
    lines = (
        tr("{name}: licensed until {date} ({days} days).").format(
            name=twin.display_name,
            date=time.strftime("%Y-%m-%d", time.gmtime(twin.not_after)),
            days=days_left(twin, now),
        ),
        tr("{renders} renders and {deliveries} deliveries left.").format(
            renders=twin.renders_left, deliveries=twin.delivered_left
        ),
        tr("For {media} in {territory}.").format(
            media=", ".join(say(medium) for medium in twin.media) or tr("no medium"),
            territory=", ".join(twin.territory) or tr("no territory"),
        ),
    )
    return "\n".join(lines)
