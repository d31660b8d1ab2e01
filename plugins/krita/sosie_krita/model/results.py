"""What came out of renders: kept on the disk to look at, compare and place, until it is discarded or room is short."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ..interface import Box, Image, Source, Stack


@dataclass(frozen=True)
class Entry:
    """One result. `before` and `after` show `view`, a region of the plate; `weight` is its bytes on the disk."""

    number: int
    picture: str  # the document's key
    source: Source
    stack: Stack
    weight: int
    before: Image
    after: Image
    view: Box
    record: dict[str, Any]
    reasons: tuple[str, ...] = ()
    placed: str = ""  # the group's id once it is in the document
    live: bool = False
    made_at: float = field(default_factory=time.time)


class Results:
    """The newest first, within `limit` bytes. The newest always stays; then the placed and the oldest go first."""

    def __init__(self, limit: int, changed: Callable[[], None] = lambda: None) -> None:
        self.limit = limit
        self._changed = changed
        self._entries: list[Entry] = []

    def of(self, picture: str) -> list[Entry]:
        """Those of a document, newest first."""
        return [entry for entry in self._entries if entry.picture == picture]

    def get(self, number: int) -> Entry | None:
        """The entry of that number, or None when it is gone."""
        return next((entry for entry in self._entries if entry.number == number), None)

    @property
    def weight(self) -> int:
        """Bytes that all of them take."""
        return sum(entry.weight for entry in self._entries)

    def add(self, entry: Entry) -> None:
        """Keep `entry`; a live one takes the place of the last live one of its document."""
        if entry.live:
            self._entries = [
                old
                for old in self._entries
                if not (old.live and not old.placed and old.picture == entry.picture)
            ]
        self._entries.insert(0, entry)
        self._shrink()
        self._changed()

    def placed(self, number: int, layer: str) -> None:
        """Note that the entry is in the document now."""
        self._entries = [
            replace(entry, placed=layer, live=False) if entry.number == number else entry
            for entry in self._entries
        ]
        self._changed()

    def discard(self, number: int) -> None:
        """Forget one."""
        self._entries = [entry for entry in self._entries if entry.number != number]
        self._changed()

    def discard_others(self, number: int) -> None:
        """Forget the other results of its document."""
        kept = self.get(number)
        if kept is not None:
            self._entries = [
                entry for entry in self._entries if entry is kept or entry.picture != kept.picture
            ]
            self._changed()

    def _shrink(self) -> None:
        while self.weight > self.limit and len(self._entries) > 1:
            rest = self._entries[1:]
            victim = next((entry for entry in reversed(rest) if entry.placed), rest[-1])
            self._entries.remove(victim)
