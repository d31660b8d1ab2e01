"""`python -m tests.simulation --steps N --seed S`: what happened, and whether anything broke."""

from __future__ import annotations

import os
import sys

import click
from tests.simulation.run import Report, simulate


@click.command()
@click.option("--steps", default=20_000, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True)
def main(steps: int, seed: int) -> None:
    """Simulate twenty machines for ninety days, over and over; exit status 1 when something broke."""
    report = simulate(steps, seed, workers=os.cpu_count() or 1, say=lambda line: click.echo(line, err=True))
    click.echo(table(report))
    sys.exit(1 if report.broken else 0)


def table(report: Report) -> str:
    """The report for a person."""
    pace = report.steps / max(report.seconds, 1e-9)
    lines = [f"  {count:8d}  {what}" for what, count in sorted(report.counts.items()) if count]
    lines += [
        f"steps {report.steps}, seed {report.seed}, breaks {int(bool(report.broken))}",
        f"{report.worlds} worlds, {report.days:.0f} days, {report.seconds:.0f} s, {pace:.0f} steps a second",
        f"history {report.trace[:16]}",
    ]
    if report.broken:
        lines += ["", *report.last, "", f"BREAK at step {report.steps}, seed {report.seed}: {report.broken}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
