"""`sosie account`, `consent`, `revoke`: who somebody is here, what she allows, and taking it back.

Each acts with an account of this machine. The talent's key signs here and nowhere else.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import accounts, as_option, new_path, now, words_of
from sosie.licence import exchange, jws
from sosie.licence.documents import Consent, Revocation
from sosie.licence.people import to_revoke
from sosie.storage import write_file


@click.group()
def account() -> None:
    """Accounts of people on this machine."""


@account.command(name="list")
@json_option
def list_accounts(as_json: bool) -> None:
    """Show the accounts of this machine."""
    known = accounts().all()
    lines = [f"{a.name:<16} {a.role:<9} {a.id}  {a.url}" for a in known] or ["No accounts yet."]
    emit([words_of(a) for a in known], "\n".join(lines), as_json=as_json)


@account.command()
@click.argument("name")
@click.option("--registry", "url", required=True, help="The registry's address.")
@click.option("--code", prompt=True, help="The one-time code from an invitation.")
@click.option("--talent", is_flag=True, help="A talent: make her own signing key on this machine.")
@json_option
def enrol(name: str, url: str, code: str, talent: bool, as_json: bool) -> None:
    """Redeem an invitation and keep the account as NAME."""
    made = accounts().enrol(name, url=url, code=code, talent=talent)
    emit(words_of(made), f"{made.name} is {made.role} {made.id} at {made.url}.", as_json=as_json)


@account.command()
@click.argument("name", default="operator")
@click.option("--registry", "url", required=True, help="The registry's address.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="For example operator.token.",
)
@json_option
def adopt(name: str, url: str, token_file: Path, as_json: bool) -> None:
    """Keep an account whose token is in a file, as the operator's is after the first start."""
    made = accounts().adopt(name, url=url, token=token_file.read_text(encoding="ascii").strip())
    emit(words_of(made), f"{made.name} is {made.role} {made.id} at {made.url}.", as_json=as_json)


@account.command()
@click.argument("role", type=click.Choice(["talent", "agency", "brand", "auditor", "seat"]))
@click.argument("name")
@click.option("--agency", default=None, help="For a talent: the agency that represents her.")
@click.option("--credit", is_flag=True, help="For a brand: licences may be put on credit.")
@as_option
@json_option
def invite(
    role: str, name: str, agency: str | None, credit: bool, account: str | None, as_json: bool
) -> None:
    """Invite NAME: the operator invites parties, a brand invites the artist of a seat."""
    people = accounts()
    if role == "seat":
        caller = people.registry(people.get(account, "brand"))
        made = caller.create_seat(exchange.NewSeat(name=name))
    else:
        caller = people.registry(people.get(account, "operator"))
        made = caller.create_party(
            exchange.NewParty.model_validate({"role": role, "name": name, "agency": agency, "credit": credit})
        )
    emit(words_of(made), f"{role} {made.id}. The code, shown once: {made.code}", as_json=as_json)


@account.command()
@as_option
@json_option
def console(account: str | None, as_json: bool) -> None:
    """Make a code with which this account signs in to the registry's pages, at /console/welcome.

    Not for a talent: her key is on this machine, and stays here.
    """
    people = accounts()
    known = people.get(account, "operator", "agency", "brand", "auditor")
    made = people.registry(known).console_code()
    emit(
        words_of(made), f"The code for {known.url}/console/welcome, shown once: {made.code}", as_json=as_json
    )


@click.group()
def consent() -> None:
    """The talent's consent: what her likeness may be used for."""


@consent.command()
@click.option(
    "--out", type=new_path, required=True, help="Where the signed consent goes, for `sosie capture`."
)
@click.option("--territory", multiple=True, default=("WORLD",), show_default=True)
@click.option("--operation", multiple=True, default=("reference_pose", "dress", "relight", "restage"))
@click.option(
    "--approval",
    default="per_image",
    show_default=True,
    type=click.Choice(["auto_in_scope", "per_campaign", "per_image"]),
)
@click.option(
    "--representation",
    default="none",
    show_default=True,
    type=click.Choice(["counsel", "union", "agency_only", "none"]),
)
@as_option
@json_option
def sign(
    out: Path,
    territory: tuple[str, ...],
    operation: tuple[str, ...],
    approval: str,
    representation: str,
    account: str | None,
    as_json: bool,
) -> None:
    """Sign a consent with the talent's own key and record it at the registry."""
    people = accounts()
    talent = people.get(account, "talent")
    document = Consent.of(
        {
            "id": f"con_{secrets.token_urlsafe(12)}",
            "talent": talent.id,
            "territory_max": list(territory),
            "operations": list(operation),
            "approval": approval,
            "representation": representation,
            "signed_at": now(),
        }
    )
    token = jws.sign(document, people.signing_key(talent))
    recorded = people.registry(talent).record_consent(token)
    write_file(out, token.encode("ascii"))
    emit(words_of(recorded), f"Consent {document.id} is recorded and in {out}.", as_json=as_json)


@click.command()
@click.option("--licence", default=None, help="One licence only.  [default: every consent]")
@click.option("--notice", is_flag=True, help="With the notice of each consent, instead of at once.")
@click.confirmation_option(prompt="Deliveries are refused from now on. Revoke?")
@as_option
@json_option
def revoke(licence: str | None, notice: bool, account: str | None, as_json: bool) -> None:
    """Take everything back, each consent that is in force, or one licence (talent)."""
    people = accounts()
    talent = people.get(account, "talent")
    caller = people.registry(talent)
    reason, at = "notice" if notice else "safety", now()
    common = {"talent": talent.id, "reason": reason, "signed_at": at}
    if licence:
        named = [{"licence": licence}]
    else:
        named = [{"consent_sha256": one} for one in to_revoke(caller.consents(), reason, at)]
    if not named:
        emit([], "No consent is in force; there is nothing to revoke.", as_json=as_json)
        return
    key = people.signing_key(talent)
    done = caller.revoke_together([jws.sign(Revocation.of(common | one), key) for one in named])
    leaves = ", ".join(str(one.leaf_index) for one in done)
    emit([words_of(one) for one in done], f"Revoked; in the log as leaf {leaves}.", as_json=as_json)
