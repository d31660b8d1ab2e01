"""The command line: one file for each group of commands, heavy imports inside the commands."""

from __future__ import annotations

import click

from sosie import __version__, threads
from sosie.cli.agent import agent
from sosie.cli.bench import bench
from sosie.cli.console import run
from sosie.cli.demo import demo
from sosie.cli.doctor import doctor
from sosie.cli.exports import export_consent, export_licence
from sosie.cli.hosts import hosts
from sosie.cli.licences import licence
from sosie.cli.models import models
from sosie.cli.people import account, consent, revoke
from sosie.cli.pictures import picture
from sosie.cli.registry import registry
from sosie.cli.render import render
from sosie.cli.seats import approve, deny, seats
from sosie.cli.twin import capture, twin
from sosie.cli.work import deliver, verify


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sosie")
@click.option("--debug", is_flag=True, help="Show a traceback when a command fails.")
def cli(debug: bool) -> None:
    """Licensed digital likenesses: consent, licence, render, delivery, proof."""


for _command in (
    *(demo, doctor, models, hosts),
    *(registry, account, consent, licence, picture, revoke),
    *(capture, twin, agent, render, deliver, verify, bench),
):
    cli.add_command(_command)
for _command in (seats, approve, deny):
    account.add_command(_command)
licence.add_command(export_licence)
consent.add_command(export_consent)


def main() -> None:
    """Entry point of the `sosie` command."""
    threads.one_for_algebra()
    run(cli)
