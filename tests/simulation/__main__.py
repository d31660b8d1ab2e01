"""`python -m tests.simulation --steps N --seed S`: what happened, and whether anything broke."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.run import Report, simulate


def main() -> int:
    """Exit status 0 without a break, 1 with one."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    report = simulate(asked.steps, asked.seed, say=lambda line: print(line, file=sys.stderr, flush=True))
    print(table(report))
    return 1 if report.broken else 0


def table(report: Report) -> str:
    """The report for a person."""
    lines = [f"  {count:8d}  {what}" for what, count in sorted(report.counts.items()) if count]
    lines += [
        f"steps {report.steps}, seed {report.seed}, breaks {int(bool(report.broken))}",
        f"{report.worlds} worlds, {report.days:.0f} days, {report.seconds:.0f} s,"
        f" {report.steps / max(report.seconds, 1e-9):.0f} steps a second, history {report.trace[:16]}",
    ]
    if report.broken:
        lines += ["", *report.last, "", f"BREAK at step {report.steps}, seed {report.seed}: {report.broken}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
