"""`sosie bench`: measurements, each a table a command makes again."""

from __future__ import annotations

from pathlib import Path

import click

from sosie.cli.console import json_option
from sosie.errors import SetupError


@click.group()
def bench() -> None:
    """Measure quality, kernel, gate and registry."""


@bench.command()
@click.option(
    "--people",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="A folder of people with `captures/` and `plates/`.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@json_option
def quality(people: Path, out: Path, as_json: bool) -> None:
    """Render every other person onto every plate and score the pictures against the truth."""
    from sosie.bench.quality import run
    from sosie.bench.tables import report
    from sosie.cli.console import emit, progress_bar

    with progress_bar("Scoring") as move:
        scores = run(people, out, progress=move)
    emit(scores, report(scores), as_json=as_json)


@bench.command()
@json_option
def gate(as_json: bool) -> None:
    """Measure the licence gate and the agent, with a registry of their own on this machine; takes a minute."""
    from sosie.bench.gate import run, table
    from sosie.cli.console import emit, progress_bar

    with progress_bar("Measuring") as move:
        figures = run(move)
    emit(figures, table(figures), as_json=as_json)


@bench.command()
@json_option
def kernel(as_json: bool) -> None:
    """Measure the render's stages beside what others do with the same face; takes some minutes."""
    from sosie.bench.kernel import run, table
    from sosie.cli.console import emit, progress_bar

    with progress_bar("Measuring") as move:
        figures = run(move)
    emit(figures, table(figures), as_json=as_json)


def _later(name: str) -> click.Command:
    @click.command(name=name, help=f"Measure the {name}: not built yet.")
    @json_option
    def command(as_json: bool) -> None:  # noqa: ARG001 - the option is part of the contract already
        raise SetupError(
            f"`sosie bench {name}` is not built yet.",
            remedy="`sosie bench kernel`, `gate` and `quality` are.",
            code="not_built",
        )

    return command


bench.add_command(_later("registry"))
