"""The command line: one file for each group of commands, heavy imports inside the commands.

(The lead writes cli/ and demo/; the agent's helper keeps client/ and agent/.)
"""

from __future__ import annotations

import click

from sosie import __version__
from sosie.cli.console import run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sosie")
@click.option("--debug", is_flag=True, help="Show a traceback when a command fails.")
def cli(debug: bool) -> None:
    """Licensed digital likenesses: consent, licence, render, delivery, proof."""


def main() -> None:
    """Entry point of the `sosie` command."""
    run(cli)
