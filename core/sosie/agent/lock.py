"""One agent for each home: a lock the kernel gives back when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sosie.errors import AgentError


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock at `path`.

    Raises:
        AgentError: `agent_running` when another agent holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise AgentError(
                "An agent is running for this home already.",
                remedy="Use it, or stop it with `sosie agent stop`.",
                code="agent_running",
            ) from error
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
