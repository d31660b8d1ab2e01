"""`sosie demo`: the main job, told as one story with real parts."""

from __future__ import annotations

from pathlib import Path

import click

from sosie.cli.console import emit, json_option


@click.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("out/demo"), show_default=True
)
@click.option(
    "--people",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Synthetic people with ground truth.  [default: those of this checkout]",
)
@json_option
def demo(out: Path, people: Path | None, as_json: bool) -> None:
    """Nine photographs, a twin, a licence, a render, a delivered and verified picture; and two refusals.

    Starts its own registry and its own agent in a temporary folder and stops both. Exit status 0 only if each
    step did what it says.
    """
    from sosie.demo.story import tell

    report = tell(out, people, say=lambda line: click.echo(line, err=True))
    emit(report, f"Look at {out / 'report.html'}", as_json=as_json)
