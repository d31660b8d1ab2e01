"""`sosie bench`: measurements, each a table a command makes again."""

from __future__ import annotations

from pathlib import Path

import click

from sosie.cli.console import json_option


@click.group()
def bench() -> None:
    """Measure quality, kernel, frames, gate and registry."""


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
    """Measure the render's stages beside what others do with the same face; takes some minutes.

    Fails when the kernel has become too slow beside seamlessClone.
    """
    from sosie.bench.kernel import run, slower, table
    from sosie.cli.console import emit, progress_bar

    with progress_bar("Measuring") as move:
        figures = run(move)
    emit(figures, table(figures), as_json=as_json)
    if words := slower(figures):
        raise click.ClickException(words)


@bench.command()
@json_option
def frames(as_json: bool) -> None:
    """Measure a sequence's frames a second, a first render after start, and a turned slider; takes a minute."""
    from sosie.bench.frames import run, table
    from sosie.cli.console import emit, progress_bar

    with progress_bar("Measuring") as move:
        figures = run(move)
    emit(figures, table(figures), as_json=as_json)


@bench.command()
@click.option(
    "--licences",
    type=click.IntRange(10, 130_000),
    default=100_000,
    show_default=True,
    help="Licences in the tables.",
)
@click.option(
    "--receipts",
    type=click.IntRange(10),
    default=1_000_000,
    show_default=True,
    help="Receipts, and leaves of the log.",
)
@json_option
def registry(licences: int, receipts: int, as_json: bool) -> None:
    """Measure the registry with full tables on SQLite and PostgreSQL, beside pgbench; takes ten minutes."""
    from sosie.bench.registry import run, table
    from sosie.cli.console import emit, progress_bar

    with progress_bar("Measuring") as move:
        figures = run(move, licences=licences, receipts=receipts)
    emit(figures, table(figures), as_json=as_json)
