"""How commands speak: results as words or JSON on standard output, progress and errors on standard error.

A command ends with 0, or with its error's `exit_code`; 130 when it was interrupted, whatever it was at. A traceback
appears with `--debug` only. With `--json` standard output holds exactly one JSON value, also when the command fails.
"""

from __future__ import annotations

import _thread
import json
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from sosie.errors import SosieError

INTERRUPTED = 130
#: Seconds after which an interrupt that was lost is sent again: a finaliser has ended by then.
AGAIN = 0.05

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
    sys.unraisablehook = _heard_again(sys.unraisablehook)
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


def _heard_again(
    ignored: Callable[[sys.UnraisableHookArgs], Any],
) -> Callable[[sys.UnraisableHookArgs], None]:
    """For what Python cannot raise, as in a finaliser: an interrupt is sent once more, all else is `ignored` as before."""

    def unraisable(what: sys.UnraisableHookArgs) -> None:
        if what.exc_type is not KeyboardInterrupt:
            ignored(what)
            return
        again = threading.Timer(AGAIN, _interrupt)
        again.daemon = True
        again.start()

    return unraisable


def _interrupt() -> None:
    """Ctrl-C for the main thread; where there are such signals it also ends what the thread waits for."""
    main = threading.main_thread().ident
    if sys.platform == "win32" or main is None:
        _thread.interrupt_main()
    else:
        signal.pthread_kill(main, signal.SIGINT)


def _complain(message: str, remedy: str) -> None:
    click.secho(f"Error: {message}", fg="red", err=True)
    if remedy:
        click.echo(f"What to do: {remedy}", err=True)
