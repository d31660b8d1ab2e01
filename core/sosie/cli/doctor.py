"""`sosie doctor`: finds what is wrong on this machine and says what to do about it.

The checks are functions that yield what they found, `ok`, `warn` or `fail`, with words and a remedy; none changes
anything, and one that breaks is itself a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import words_of
from sosie.errors import SetupError

State = Literal["ok", "warn", "fail"]
MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@dataclass(frozen=True)
class Check:
    """What one check found."""

    name: str
    state: State
    message: str
    remedy: str = ""


Look = Callable[[], Iterator[Check]]


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check this machine: libraries, engine, models, disk, socket, keys, agent, registry, clock."""
    from sosie.cli.doctor_agent import AGENT
    from sosie.cli.doctor_machine import MACHINE

    found = [check for look in (*MACHINE, *AGENT) for check in _looked(look)]
    lines = [
        f"{MARKS[check.state]}  {check.name:<12} {check.message}"
        + (f"\n      {'':<12} -> {check.remedy}" if check.remedy else "")
        for check in found
    ]
    emit([words_of(check) for check in found], "\n".join(lines), as_json=as_json)
    failed = [check for check in found if check.state == "fail"]
    if failed:
        raise SetupError(
            f"{len(failed)} of {len(found)} checks failed: {', '.join(check.name for check in failed)}.",
            remedy=failed[0].remedy,
            code="doctor_failed",
        )


def _looked(look: Look) -> list[Check]:
    found: list[Check] = []
    try:
        found.extend(look())
    except Exception as error:  # noqa: BLE001 - a doctor who falls ill still reports
        name = look.__name__.strip("_")
        found.append(Check(name, "fail", f"{type(error).__name__}: {error}", "Report this line."))
    return found
