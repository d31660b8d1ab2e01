"""Ctrl-C ends a command with 130, also where Python cannot raise it: it was lost in a finaliser of an HTTP pool once."""

from __future__ import annotations

import subprocess
import sys

LOSES_IT = """
import os, signal, time, weakref
import click
from sosie.cli.console import run

class Pool:
    pass

@click.command()
def command():
    pool = Pool()
    weakref.finalize(pool, os.kill, os.getpid(), signal.SIGINT)
    del pool
    time.sleep(20)

run(command)
"""


def test_an_interrupt_in_a_finaliser_is_not_lost() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOSES_IT], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 130
    assert "Stopped" in ended.stderr
    assert "Traceback" not in ended.stderr
