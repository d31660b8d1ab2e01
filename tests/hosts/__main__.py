"""`python -m tests.hosts HOST`: bring the hosts up and run the tests inside them.

A host that cannot be had on this machine is skipped with the reason; where `CI=true` says that every host
must be there, that is a failure. The last lines are the closing lines of the pytest that ran in each host.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from tests.hosts import blender, comfyui, krita
from tests.hosts.cache import MissingHostError
from tests.hosts.target import ROOT, Target, is_closing
from tests.hosts.world import World, world

#: In this order: Krita's tests leave licences behind that have ended.
HOSTS: dict[str, Callable[[], list[Target]]] = {
    "comfyui": lambda: [*comfyui.targets()],
    "blender": lambda: [*blender.targets()],
    "krita": lambda: [*krita.targets()],
}


@click.command()
@click.argument("hosts", nargs=-1, type=click.Choice(["all", *HOSTS]))
@click.option("--prepare", is_flag=True, help="Only bring the hosts into the cache.")
def main(hosts: tuple[str, ...], *, prepare: bool) -> None:
    """Run the tests inside HOSTS (default: all)."""
    must_be_there = os.environ.get("CI", "").lower() == "true"
    wanted = HOSTS if not hosts or "all" in hosts else hosts
    targets = [target for host in wanted for target in HOSTS[host]()]
    closings: list[str] = []
    ready, status = [], 0
    for target in targets:
        click.secho(f"== {target.name}: bringing it up", bold=True)
        try:
            target.prepare()
        except MissingHostError as missing:
            closings.append(f"{target.name}: {'MISSING' if must_be_there else 'SKIPPED'}: {missing}")
            status = status or int(must_be_there)
        else:
            ready.append(target)
    if ready and not prepare:
        click.secho("== the world: registry, agent, licensed twin", bold=True)
        with world() as made:
            for target in ready:
                ended, closing = _test(target, made)
                closings.append(f"{target.name}: {closing}")
                status = status or ended
    click.echo()
    for closing in closings:
        click.echo(closing)
    sys.exit(status)


def _test(target: Target, made: World) -> tuple[int, str]:
    """Run one host's tests, showing their output; pytest's status and closing line."""
    click.secho(f"== {target.name}: its tests", bold=True)
    out: Path = ROOT / "out" / "hosts" / target.name
    out.mkdir(parents=True, exist_ok=True)
    closing = "pytest did not come to its end"

    def show(text: str) -> None:
        nonlocal closing
        click.echo(text)
        if is_closing(text):
            closing = text.strip()

    began = time.monotonic()
    status = target.run(made, out, show)
    return status, f"{closing} [status {status}, {time.monotonic() - began:.0f} s in all]"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that children are ended
    main()
