"""One agent for each home: a lock the kernel gives back when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sosie.errors import AgentError

#: For an agent that holds the lock but does not listen: it is about to listen, or about to leave.
PATIENCE_SECONDS = 15.0


@contextlib.contextmanager
def only_one(path: Path, address: Path) -> Iterator[None]:
    """Hold the lock at `path`; wait for it while its holder does not listen at `address`.

    Raises:
        AgentError: `agent_running` when another agent holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(descriptor, address)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, address: Path) -> None:
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            _lock(descriptor)
        except OSError as error:
            if address.exists() or time.monotonic() > patient_until:
                raise AgentError(
                    "An agent is running for this home already.",
                    remedy="Use it, or stop it with `sosie agent stop`.",
                    code="agent_running",
                ) from error
            time.sleep(0.05)
        else:
            return


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
