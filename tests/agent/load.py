"""Hosts that render as fast as they can, and the agent that is killed meanwhile."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np

from sosie.client import Session
from sosie.errors import SosieError
from sosie.messages import RenderRequest, RenderResult, Use

HOSTS = 3
#: For a first render, on a machine with other work.
PATIENCE = 60.0
#: What a host may be told while its agent dies.
DYING = {"agent_gone", "agent_failed", "agent_not_running", "agent_running"}


class Load:
    """Hosts that render until the agent is gone; what they were answered."""

    def __init__(self, home: Path, plate: np.ndarray, twin: str) -> None:
        self._home, self._plate, self._twin = home, plate, twin
        self.acknowledged: set[int] = set()
        self.unexpected: list[str] = []

    def until_killed(self, seconds: float, *, drawn: bool) -> None:
        """Kill the agent after `seconds`; with `drawn`, not before a render is acknowledged."""
        with Session.connect("watcher", home=self._home) as watcher:
            pid = watcher.status().pid
            hosts = [threading.Thread(target=self._render) for _ in range(HOSTS)]
            for host in hosts:
                host.start()
            before, until = len(self.acknowledged), time.monotonic() + PATIENCE
            while drawn and len(self.acknowledged) == before and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
            for host in hosts:
                host.join(30)
                assert not host.is_alive(), "a host hangs on a dead agent"

    def _render(self) -> None:
        try:
            with Session.connect("host", home=self._home, start=False) as session:
                while True:
                    result = session.render(request(session, self._plate, self._twin))
                    self.acknowledged.add(int(result.job.rpartition("-")[2]))
        except FileNotFoundError:
            pass  # the next agent has cleaned up already
        except SosieError as error:
            if error.code not in DYING:
                self.unexpected.append(str(error))


def request(session: Session, picture: np.ndarray, twin: str) -> RenderRequest:
    """The licensed twin into `picture`, handed over in this session."""
    height, width = picture.shape[:2]
    plate = session.pixels.put(picture.data, width=width, height=height, depth="u8", channels="RGB")
    return RenderRequest(plate=plate, twin=twin, use=Use(territory=("FR",)))


def composite(session: Session, result: RenderResult) -> np.ndarray:
    """(H, W, 3), 8 bit."""
    pixels = result.layers["composite"]
    with session.pixels.open(pixels) as mapped:
        return np.frombuffer(mapped, np.uint8).reshape(pixels.height, pixels.width, -1)[..., :3].copy()
