"""Child processes that cannot outlive us or run for ever.

Each command gets a process group of its own, which is ended whatever happens: on its time limit, on an
exception here, on Ctrl-C and on SIGTERM (which `__main__` turns into SystemExit).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click

#: What a command that ran past its limit counts as, like coreutils' `timeout`.
TIMED_OUT = 124
GRACE_SECONDS = 5.0

Line = Callable[[str], None]


@contextlib.contextmanager
def child(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: int | IO[bytes] = subprocess.PIPE,
    keep: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command` in its own process group and end the group when the block is left.

    Args:
        command: the program and its arguments.
        env: its whole environment; None: ours.
        cwd: its working folder; None: ours.
        output: where its stdout and stderr go together.
        keep: file descriptors it inherits.
    """
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=keep,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end_group(process)
        if process.stdout is not None:
            process.stdout.close()


def follow(
    command: Sequence[str],
    line: Line,
    *,
    seconds: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> int:
    """Run `command` to its end, handing each line of its output to `line`; its status, or TIMED_OUT."""
    with child(command, env=env, cwd=cwd) as process:
        assert process.stdout is not None
        reader = threading.Thread(target=_read, args=(process.stdout, line), daemon=True)
        reader.start()
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = TIMED_OUT
            line(f"ended after its limit of {seconds:.0f} s: {' '.join(command[:4])}")
        _end_group(process)  # what the command left behind holds the pipe open
        reader.join(GRACE_SECONDS)
    return status


@dataclass(frozen=True)
class Step:
    """One step of bringing a host up: said before it starts, its output shown only when it fails."""

    title: str
    seconds: float

    def run(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: bool = True,
    ) -> int:
        """Run it; its status.

        Raises:
            click.ClickException: it failed, and `check` says that this is the end.
        """
        click.echo(f"  {self.title} ...", err=True)
        lines: list[str] = []
        status = follow(command, lines.append, seconds=self.seconds, env=env, cwd=cwd)
        if status:
            click.echo("\n".join(lines[-40:]), err=True)
            if check:
                raise click.ClickException(f"{self.title} failed with status {status}.")
        return status


def _read(stream: IO[bytes], line: Line) -> None:
    for raw in stream:
        line(raw.decode(errors="replace").rstrip("\n"))


def _end_group(process: subprocess.Popen[bytes]) -> None:
    for how, patience in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, GRACE_SECONDS)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            if not _group_lives(process.pid):
                return


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
