"""`sosie picture`: the talent, or the agency she lets, decides on pictures that were made and not yet delivered."""

from __future__ import annotations

from pathlib import Path

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import accounts, as_option, new_path, words_of
from sosie.remote.registry import Registry


@click.group()
def picture() -> None:
    """Pictures under a licence that asks for approval of each one."""


@picture.command()
@as_option
@json_option
def waiting(account: str | None, as_json: bool) -> None:
    """List the pictures that wait for a decision."""
    found = [made for made in _registry(account).deliveries() if made.state == "pending"]
    lines = [f"{made.id}  {made.width} x {made.height}  {', '.join(made.use['media'])}" for made in found]
    emit([words_of(made) for made in found], "\n".join(lines) or "Nothing waits.", as_json=as_json)


@picture.command()
@click.argument("delivery")
@click.option("--out", type=new_path, required=True, help="Where the picture goes.")
@as_option
@json_option
def fetch(delivery: str, out: Path, account: str | None, as_json: bool) -> None:
    """Look at the picture of DELIVERY before deciding."""
    _registry(account).delivered_picture(delivery, out)
    emit({"file": str(out)}, f"The picture is in {out}.", as_json=as_json)


@picture.command()
@click.argument("delivery")
@as_option
@json_option
def approve(delivery: str, account: str | None, as_json: bool) -> None:
    """Let the picture of DELIVERY be used; the artist then delivers it once more, unchanged."""
    done = _registry(account).decide_delivery(delivery, approve=True)
    emit(words_of(done), f"{done.id} is {done.state}.", as_json=as_json)


@picture.command()
@click.argument("delivery")
@click.option("--reason", default="", help="What should be changed; the artist reads it.")
@as_option
@json_option
def decline(delivery: str, reason: str, account: str | None, as_json: bool) -> None:
    """Refuse the picture of DELIVERY."""
    done = _registry(account).decide_delivery(delivery, approve=False, reason=reason)
    emit(words_of(done), f"{done.id} is {done.state}.", as_json=as_json)


@picture.command()
@click.option("--to-agency/--to-nobody", "pictures", required=True)
@as_option
@json_option
def delegate(pictures: bool, account: str | None, as_json: bool) -> None:
    """Let the agency decide on single pictures too, or take that back (talent)."""
    people = accounts()
    now = people.registry(people.get(account, "talent")).delegate(pictures=pictures)
    words = f"{now.agency} decides too." if now.pictures else "You alone decide on your pictures."
    emit(words_of(now), words, as_json=as_json)


def _registry(account: str | None) -> Registry:
    people = accounts()
    return people.registry(people.get(account, "talent", "agency"))
