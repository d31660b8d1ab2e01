"""A screen in memory for hosts with a window."""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Iterator
from pathlib import Path

from tests.hosts.cache import MissingHostError
from tests.hosts.process import child

START_SECONDS = 20.0


@contextlib.contextmanager
def screen(log: Path, size: str = "1600x1000x24") -> Iterator[str]:
    """The name of a new display (`:7`), gone when the block is left.

    The server chooses the number and tells it when it listens, so runs side by side do not meet. `-noreset`:
    Krita probes OpenGL with an application that disconnects, and a server that resets then shows nothing.
    """
    receiving, sending = os.pipe()
    command = ["Xvfb", "-displayfd", str(sending), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    with log.open("wb") as output, child(command, output=output, keep=[sending]):
        os.close(sending)
        number = b""
        while not number.endswith(b"\n"):
            ready, _, _ = select.select([receiving], [], [], START_SECONDS)
            got = os.read(receiving, 16) if ready else b""
            if not got:
                raise MissingHostError(f"Xvfb does not start; see {log}.", "Mend that, then run again.")
            number += got
        os.close(receiving)
        yield f":{number.decode().strip()}"
