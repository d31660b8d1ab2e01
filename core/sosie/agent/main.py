"""The agent's process: leave the parent, take the lock, serve, and go cleanly on a signal.

With `--detach` the starter waits until the agent listens (status 0) or has failed; the agent itself is a
session leader of its own, so that closing a host or a terminal does not end it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sosie import allocator, threads
from sosie.agent.home import Home
from sosie.agent.lock import only_one
from sosie.client import discovery, folders
from sosie.errors import AgentError, SosieError

IDLE_MINUTES = 30.0
#: The process's status when it left a render behind that hangs in its driver.
STUCK = 3


def main(arguments: list[str] | None = None) -> int:
    """Run the agent; the exit status."""
    parser = argparse.ArgumentParser(prog="sosie agent run", description="Run the agent in this process.")
    parser.add_argument(
        "--home", type=Path, help="the agent's home (default: SOSIE_HOME, or the user's data folder)"
    )
    parser.add_argument("--detach", action="store_true", help="return as soon as the agent listens")
    parser.add_argument(
        "--idle-minutes", type=float, default=IDLE_MINUTES, help="stop after this time unused"
    )
    chosen = parser.parse_args(arguments)
    threads.one_for_algebra()
    allocator.keep_large_arrays()
    home = chosen.home or folders.home()
    if chosen.detach and hasattr(os, "fork"):
        return _detached(lambda ready: _run(home, chosen.idle_minutes, ready))
    return _run(home, chosen.idle_minutes, lambda: None)


def _run(at: Path, idle_minutes: float, ready: Callable[[], None]) -> int:
    try:
        home = Home.at(at)
        with only_one(home.lock, home.run.address):
            discovery.record_python(at)  # a host may have to start the next one
            _serve(home, idle_minutes, ready)
    except AgentError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the starter shows these last words
        return 0 if error.code == "agent_running" else error.exit_code
    except SosieError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the same
        return error.exit_code
    return 0


def _serve(home: Home, idle_minutes: float, ready: Callable[[], None]) -> None:
    from sosie.agent.log import Log
    from sosie.agent.service import Service
    from sosie.agent.work import Work

    log = Log(home.log)
    work = Work(home, log)
    service = Service(home, work.handlers(), log=log, idle_seconds=idle_minutes * 60)
    work.observe(service)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())

    def listening() -> None:
        try:
            ready()
        except BrokenPipeError:  # whoever started this agent has given up already
            service.stop()

    service.run(listening, work.close)
    if service.jobs.stuck():
        log.write("stuck")
        os._exit(STUCK)  # Python would wait for the driver; the next start says whose render it was


def _detached(run: Callable[[Callable[[], None]], int]) -> int:
    """Fork before any thread exists; the child says one byte when it listens."""
    read, write = os.pipe()
    if child := os.fork():
        os.close(write)
        with os.fdopen(read, "rb") as end:
            if end.read(1):
                return 0
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    os.close(read)
    os.setsid()

    def ready() -> None:
        os.write(write, b"1")
        os.close(write)

    return run(ready)
