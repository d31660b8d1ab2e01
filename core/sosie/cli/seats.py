"""`sosie account seats|approve|deny`: a brand lets artists' machines in by the short code on their screen."""

from __future__ import annotations

import re

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import accounts, as_option, words_of
from sosie.licence import sign_in
from sosie.remote.registry import Registry

SEAT_ID = re.compile(r"sea_[0-9a-f]{24}")


@click.command()
@as_option
@json_option
def seats(account: str | None, as_json: bool) -> None:
    """Show the brand's seats."""
    found = _brand(account).seats()
    lines = [f"{seat.id}  {seat.name}" for seat in found]
    emit([words_of(seat) for seat in found], "\n".join(lines) or "No seats yet.", as_json=as_json)


@click.command()
@click.argument("code")
@click.option(
    "--seat", required=True, help="Whose machine it is: a seat's id or name; a new name makes a seat."
)
@as_option
@json_option
def approve(code: str, seat: str, account: str | None, as_json: bool) -> None:
    """Let in the machine that shows CODE (brand). Ask the artist first whether it is hers."""
    brand = _brand(account)
    known = [found.id for found in brand.seats() if seat in {found.id, found.name}]
    if len(known) > 1:
        raise click.UsageError(
            f"{len(known)} seats are called {seat}: name one by its id, {', '.join(known)}."
        )
    if known or SEAT_ID.fullmatch(seat):
        wish = sign_in.DecideSignIn(seat=known[0] if known else seat)
    else:
        wish = sign_in.DecideSignIn(new_seat=seat)
    done = brand.decide_sign_in(code, wish, approve=True)
    emit(words_of(done), f"{done.name or 'The machine'} is let in for {seat}.", as_json=as_json)


@click.command()
@click.argument("code")
@as_option
@json_option
def deny(code: str, account: str | None, as_json: bool) -> None:
    """Turn away the machine that shows CODE (brand)."""
    done = _brand(account).decide_sign_in(code, sign_in.DecideSignIn(), approve=False)
    emit(words_of(done), f"{done.name or 'The machine'} is turned away.", as_json=as_json)


def _brand(account: str | None) -> Registry:
    people = accounts()
    return people.registry(people.get(account, "brand"))
