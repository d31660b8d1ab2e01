"""How commands speak: results as words or JSON on standard output, progress and errors on standard error.

A command ends with 0, or with its error's `exit_code`; 130 when it was interrupted. A traceback appears with
`--debug` only. With `--json` standard output holds exactly one JSON value, also when the command fails.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from sosie.errors import SosieError

INTERRUPTED = 130

F = TypeVar("F", bound=Callable[..., Any])

#: Adds `--json` to a command, as the argument `as_json`.
json_option: Callable[[F], F] = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON value for a machine to read."
)


def emit(result: Any, words: str, *, as_json: bool) -> None:
    """Print a result: `result` as JSON, or the same in `words`."""
    click.echo(json.dumps(result, indent=2, ensure_ascii=False) if as_json else words)


def run(group: click.Group) -> None:
    """Run the command line and leave with its exit status."""
    debug, as_json = "--debug" in sys.argv[1:], "--json" in sys.argv[1:]
    try:
        sys.exit(group.main(standalone_mode=False) or 0)
    except SosieError as error:
        if debug:
            traceback.print_exc()
        if as_json:
            click.echo(json.dumps({"error": error.as_dict()}, ensure_ascii=False))
        _complain(error.message, error.remedy)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped; nothing is left half-written.", err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        if debug:
            traceback.print_exc()
        _complain(str(error), "Check the path and its permissions, and that the disk has room.")
        sys.exit(1)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on standard error, moved by a fraction from 0 to 1 and a stage in words."""
    with click.progressbar(
        length=1000, label=label, file=sys.stderr, item_show_func=lambda stage: stage or "", show_eta=False
    ) as bar:

        def move(fraction: float, stage: str = "") -> None:
            bar.update(max(round(fraction * 1000) - bar.pos, 0), stage)

        yield move


def _complain(message: str, remedy: str) -> None:
    click.secho(f"Error: {message}", fg="red", err=True)
    if remedy:
        click.echo(f"What to do: {remedy}", err=True)
