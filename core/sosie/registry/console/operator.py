"""`/console` for the operator: who is here, money that arrived and leaves, and what is in dispute."""

from __future__ import annotations

from typing import Any

from fastapi.responses import FileResponse, Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import billing, exchange
from sosie.licence.people import Review
from sosie.registry import (
    closing,
    deliveries,
    directory,
    invoices,
    licences,
    parties,
    payouts,
    proving,
    transfers,
)
from sosie.registry.access import Principal
from sosie.registry.console import forms
from sosie.registry.console.bills import bills_of, payouts_of
from sosie.registry.console.licences import licences_of, names, some
from sosie.registry.console.parts import fetched, part
from sosie.registry.console.routing import Name, file, pages
from sosie.registry.console.web import Guest, Posted, Visit
from sosie.registry.pages.page import HEADERS

router = pages()
_BANK = ("holder", "account", "bic", "country")


@router.get("/people")
def people(visit: Guest) -> Response:
    return _people(visit)


@router.post("/people")
def invite(visit: Guest, form: Posted) -> Response:
    """A new account, and its code: shown once."""
    house, caller = visit.house, visit.caller
    values: dict[str, Any] = {name: form.get(name, "").strip() for name in ("role", "name")}
    values |= {"agency": form.get("agency") or None, "likeness": form.get("likeness") or "person"}
    try:
        ask = forms.asked(exchange.NewParty, values | {"credit": "credit" in form})
        invited = house.database.write(lambda session: parties.create(house, session, caller, ask))
    except SosieError as error:
        return _people(visit, error)
    return _people(visit, invited=invited)


@router.get("/payments")
def payments(visit: Guest) -> Response:
    return _payments(visit)


@router.post("/payments")
def pay(visit: Guest, form: Posted) -> Response:
    """Money that arrived, a payout, the closing of licences, or the account payouts come from."""
    try:
        _pay(visit, form)
    except SosieError as error:
        return _payments(visit, error)
    return visit.to("/console/payments")


@router.get("/payments/{payout}/{form}")
def transfer_file(visit: Guest, payout: Name, form: Name) -> Response:
    found, source = visit.house.database.read(lambda session: payouts.one(session, visit.caller, payout))
    if form == "transfers.csv":
        return file(visit, transfers.to_csv(found), f"{payout}.csv", "text/csv; charset=utf-8")
    return file(visit, transfers.to_pain001(found, source), f"{payout}.xml", "application/xml")


@router.get("/disputes")
def disputes(visit: Guest) -> Response:
    return _disputes(visit)


@router.post("/disputes/{challenge}")
def review(visit: Guest, form: Posted, challenge: Name) -> Response:
    """A second person's word on an enrolment proof."""
    house, caller, passed = visit.house, visit.caller, form.get("decision") == "pass"
    ask = Review(reason=form.get("reason", "")[:1000])
    try:
        house.database.write(
            lambda session: proving.review(house, session, caller, challenge, ask, passed=passed)
        )
    except SosieError as error:
        return _disputes(visit, error)
    return visit.to("/console/disputes")


@router.get("/disputes/{challenge}/picture", response_class=FileResponse)
def proof_picture(visit: Guest, challenge: Name) -> Response:
    house = visit.house
    path = house.database.read(lambda session: proving.picture_of(house, session, visit.caller, challenge))
    return FileResponse(path, media_type="image/jpeg", headers=HEADERS)


def _people(
    visit: Visit, error: SosieError | None = None, invited: exchange.Invitation | None = None
) -> Response:
    caller = visit.caller
    caller.require("operator")

    def work(session: Session) -> dict[str, Any]:
        total = directory.count(session, caller)
        return {
            "people": fetched(
                visit, "people", total, lambda page: directory.everybody(session, caller, page).items
            ),
            "agencies": directory.agencies(session, caller),
        }

    facts = visit.house.database.read(work)
    return visit.page("people.html", error=error, script="htmx", invited=invited, **facts)


def _pay(visit: Visit, form: dict[str, str]) -> None:
    house, caller = visit.house, visit.caller

    def work(session: Session) -> object:
        match form.get("do"):
            case "received":
                ask = billing.PaymentReceived(
                    minor=max(1, forms.minor(form, "minor")), reference=form.get("reference", "")[:200]
                )
                return invoices.record_payment(house, session, caller, form.get("licence", ""), ask)
            case "payout":
                return payouts.run(house, session, caller)
            case "close":
                return closing.run(house, session, caller)
            case _:
                bank = {name: form.get(name, "").strip() for name in _BANK}
                return payouts.keep_account(house, session, caller, forms.asked(billing.BankDetails, bank))

    house.database.write(work)


def _payments(visit: Visit, error: SosieError | None = None) -> Response:
    visit.caller.require("operator")
    house, caller = visit.house, visit.caller

    def work(session: Session) -> dict[str, Any]:
        bills = bills_of(session, visit, "bills")
        records = licences_of(session, visit, (bill.licence for bill in bills))
        return {
            "bills": bills,
            "signed": some(session, visit, "signed", licences.now_in(house.now(), "talent_ok")),
            "advertisers": {name: record.terms["advertiser"] for name, record in records.items()},
            "names": names(session, records.values()),
            "payouts": payouts_of(session, visit),
            "account": payouts.account_of(session, caller),
        }

    return visit.page("payments.html", error=error, **house.database.read(work))


def _disputes(visit: Visit, error: SosieError | None = None) -> Response:
    visit.caller.require("operator", "auditor")
    house, caller = visit.house, visit.caller
    return visit.page(
        "disputes.html",
        error=error,
        at="/console/disputes",
        **house.database.read(lambda session: _matters(session, visit, caller)),
    )


def _matters(session: Session, visit: Visit, caller: Principal) -> dict[str, Any]:
    house = visit.house
    overdue = bills_of(session, visit, "overdue", invoices.overdue(house.now()))
    pictures = fetched(
        visit,
        "pictures",
        deliveries.count(session, caller, state="declined"),
        lambda page: deliveries.listed(session, caller, page, state="declined").items,
    )
    named = {bill.licence for bill in overdue} | {row.licence for row in pictures}
    records = licences_of(session, visit, named)
    reviews = fetched(
        visit,
        "reviews",
        proving.count(session, caller, state="review"),
        lambda page: proving.listed(session, caller, page, state="review").items,
    )
    return {
        "held": some(session, visit, "held", licences.now_in(house.now(), "suspended")),
        "running": some(session, visit, "running", licences.now_in(house.now(), "active")),
        "names": names(session, records.values()),
        "advertisers": {name: record.terms["advertiser"] for name, record in records.items()},
        "pictures": pictures,
        "machines": part(visit, "machines", directory.stopped(session, caller)),
        "reviews": reviews,
        "overdue": overdue,
    }
