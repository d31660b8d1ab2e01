"""`sosie licence export` and `sosie consent export`: signed documents in the words of other standards.

What is exported was verified first: a licence with the registry's keys, a consent with the talent's own.
"""

from __future__ import annotations

import json

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import accounts, as_option, now
from sosie.errors import RefusedError, SetupError
from sosie.licence import jws
from sosie.licence.documents import Consent, Licence
from sosie.licence.export import odrl, plus, rsl


@click.command("export")
@click.argument("licence")
@click.option(
    "--to",
    "standard",
    required=True,
    type=click.Choice(["odrl", "plus"]),
    help="ODRL 2.2 as JSON-LD, or IPTC/PLUS fields by their XMP names.",
)
@as_option
@json_option
def export_licence(licence: str, standard: str, account: str | None, as_json: bool) -> None:
    """Print a licence in another standard's words."""
    people = accounts()
    who = people.get(account)
    record = people.registry(who).licence(licence)
    if record.token is None:
        raise RefusedError(
            f"{licence} is {record.state}; there is no signed licence yet.",
            remedy="Complete approvals and payment, then export it.",
            code="licence_not_active",
        )
    document = jws.verify(record.token, Licence, people.root(who, now()).licence_keys)
    found = odrl.agreement(document) if standard == "odrl" else plus.properties(document)
    emit(found, json.dumps(found, indent=2, ensure_ascii=False), as_json=as_json)


@click.command("export")
@click.option(
    "--to",
    "standard",
    required=True,
    type=click.Choice(["odrl", "rsl"]),
    help="ODRL 2.2 as JSON-LD, or the XML a registry serves at /.well-known/rsl-media.xml.",
)
@as_option
@json_option
def export_consent(standard: str, account: str | None, as_json: bool) -> None:
    """Print the talent's newest consent in another standard's words."""
    people = accounts()
    talent = people.get(account, "talent")
    live = [item.token for item in people.registry(talent).consents() if item.live]
    if not live:
        raise SetupError(
            "There is no consent in force.",
            remedy="Sign one with `sosie consent sign`.",
            code="consent_missing",
        )
    consent = jws.verify(live[-1], Consent, [people.signing_key(talent).public_key()])
    if standard == "odrl":
        offer = odrl.offer(consent)
        emit(offer, json.dumps(offer, indent=2, ensure_ascii=False), as_json=as_json)
    else:
        text = rsl.document([consent], server=talent.url).decode()
        emit({"rsl": text}, text, as_json=as_json)
