"""What is remembered of sequences between their frames: a few at a time, each for its own client, twin and face.

A sequence that nobody has sent a frame of for a while is forgotten, and so is the longest unused when there are many:
its next frame is then rendered as a first one.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.agent.jobs import Job
from sosie.messages import FaceChoice, RenderRequest

if TYPE_CHECKING:
    from sosie.render.steady import Memory

#: Sequences kept; one takes up to 15 MB.
KEPT = 8
FORGET_SECONDS = 600.0
Key = tuple[str, str, str, FaceChoice]


class Sequences:
    """The memories of all clients. Thread-safe; frames of one sequence are sent one after the other."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[float, Memory]] = OrderedDict()

    def of(self, job: Job, request: RenderRequest) -> Memory | None:
        """The memory of the sequence that `request` is a frame of; a new one for its first; None for a picture."""
        if not request.sequence:
            return None
        from sosie.render.steady import Memory

        choice = replace(request.face, mask=None, like=None)  # their files differ from frame to frame
        key = (str(job.pixels.folder), request.sequence, request.twin, choice)
        with self._lock:
            now = self._now()
            for old, (used, _) in list(self._kept.items()):
                if now - used > FORGET_SECONDS:
                    del self._kept[old]
            _, memory = self._kept.pop(key, (now, Memory()))
            self._kept[key] = (now, memory)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return memory
