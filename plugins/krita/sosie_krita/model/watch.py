"""Who wants to know what has changed. Main thread only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

#: What can change: who is signed in, the twins, faces, what is under way, results, the message, the document.
Topic = Literal["account", "twins", "faces", "work", "results", "notice", "picture"]


class Watch:
    """Topics and those who are told."""

    def __init__(self) -> None:
        self._told: dict[Topic, list[Callable[[], None]]] = {}

    def on(self, call: Callable[[], None], *topics: Topic) -> None:
        """Call `call` whenever one of `topics` changes."""
        for topic in topics:
            self._told.setdefault(topic, []).append(call)

    def end(self) -> None:
        """Nobody is told any more: the widgets are going."""
        self._told.clear()

    def tell(self, *topics: Topic) -> None:
        """These have changed."""
        for topic in topics:
            for call in self._told.get(topic, []):
                call()
