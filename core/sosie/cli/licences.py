"""`sosie licence`: a brand asks, agency and talent say yes, somebody pays."""

from __future__ import annotations

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import accounts, as_option, now, words_of
from sosie.licence import exchange, jws
from sosie.licence import vocabulary as words
from sosie.licence.clauses import Quota, Rate
from sosie.licence.documents import DAY, TermsApproval


@click.group()
def licence() -> None:
    """Ask for licences, approve them, pay for them."""


@licence.command(name="list")
@as_option
@json_option
def list_licences(account: str | None, as_json: bool) -> None:
    """The licences this account is part of."""
    people = accounts()
    found = people.registry(people.get(account)).licences()
    lines = [f"{x.id}  {x.state:<14} {x.display_name}, {x.delivered_left} deliveries left" for x in found]
    emit([words_of(x) for x in found], "\n".join(lines) or "No licences.", as_json=as_json)


@licence.command()
@click.argument("twin")
@click.option("--territory", "-t", multiple=True, required=True)
@click.option(
    "--intended-use", required=True, help="In words, at least 80 characters: the law wants it specific."
)
@click.option("--advertiser", required=True)
@click.option("--product-line", multiple=True, required=True)
@click.option("--days", default=90, show_default=True, help="How long it holds, from now.")
@click.option("--renders", default=500, show_default=True)
@click.option("--deliveries", default=20, show_default=True)
@click.option("--price", default=0, help="For each delivered picture, in cents.")
@click.option(
    "--approval",
    default=None,
    type=click.Choice(["auto_in_scope", "per_campaign", "per_image"]),
    help="At least as strict as the consent's.  [default: the consent's]",
)
@as_option
@json_option
def request(
    twin: str,
    territory: tuple[str, ...],
    intended_use: str,
    advertiser: str,
    product_line: tuple[str, ...],
    days: int,
    renders: int,
    deliveries: int,
    price: int,
    approval: words.Approval | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Ask for a licence on TWIN (brand)."""
    people = accounts()
    brand = people.get(account, "brand")
    asked = people.registry(brand).request_licence(
        exchange.LicenceRequest(
            twin=twin,
            advertiser=advertiser,
            product_lines=product_line,
            intended_use=intended_use,
            territory=territory,
            not_before=now(),
            not_after=now() + days * DAY,
            quota=Quota(renders=renders, delivered=deliveries),
            rate=Rate(per_asset=price),
            approval=approval,
        )
    )
    emit(words_of(asked), f"{asked.id} is {asked.state}.", as_json=as_json)


@licence.command()
@click.argument("licence")
@as_option
@json_option
def approve(licence: str, account: str | None, as_json: bool) -> None:
    """Approve a licence: the agency first, then the talent, who countersigns its terms with her key."""
    people = accounts()
    who = people.get(account, "agency", "talent")
    caller = people.registry(who)
    token = None
    if who.role == "talent":
        record = caller.licence(licence)
        yes = TermsApproval(
            licence=licence, terms_sha256=record.terms_sha256, talent=who.id, decided_at=now()
        )
        token = jws.sign(yes, people.signing_key(who))
    approved = caller.approve_licence(licence, token)
    emit(words_of(approved), f"{approved.id} is {approved.state}.", as_json=as_json)


@licence.command()
@click.argument("licence")
@click.option("--reference", default="", help="The payment's reference.")
@as_option
@json_option
def pay(licence: str, reference: str, account: str | None, as_json: bool) -> None:
    """Record a payment (operator) or take it on credit (brand): the licence is active then."""
    people = accounts()
    who = people.get(account, "operator", "brand")
    method = "paid" if who.role == "operator" else "credit"
    ask = exchange.Payment.model_validate({"method": method, "reference": reference})
    paid = people.registry(who).pay_licence(licence, ask)
    emit(words_of(paid), f"{paid.id} is {paid.state}.", as_json=as_json)
