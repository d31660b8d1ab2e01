"""`/console/money`: every posting that concerns the reader, what is owed, and where her money goes."""

from __future__ import annotations

from typing import Any, Final

from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import billing
from sosie.registry import invoices, ledger, payouts
from sosie.registry.console import forms
from sosie.registry.console.bills import bills_of, payouts_of
from sosie.registry.console.licences import licences_of
from sosie.registry.console.parts import fetched
from sosie.registry.console.routing import file, pages
from sosie.registry.console.web import Guest, Posted, Visit

router = pages()
#: Whose own postings these are, by role; a contributor to a blend has an account of her own.
_OWN: Final = {"talent": "talent_payable", "agency": "agency_payable", "brand": "brand_receivable"}


@router.get("/money")
def money(visit: Guest) -> Response:
    return _money(visit)


@router.post("/money")
def bank_account(visit: Guest, form: Posted) -> Response:
    """Where payouts go."""
    house, caller = visit.house, visit.caller
    fields = ("holder", "account", "bic", "country")
    try:
        ask = forms.asked(billing.BankDetails, {name: form.get(name, "").strip() for name in fields})
        house.database.write(lambda session: payouts.keep_account(house, session, caller, ask))
    except SosieError as error:
        return _money(visit, error)
    return visit.to("/console/money")


@router.get("/money/statement.csv")
def statement_csv(visit: Guest) -> Response:
    caller = visit.caller
    found = visit.house.database.snapshot(
        lambda session: ledger.statement(session, caller.party, caller.role)
    )
    return file(visit, invoices.statement_csv(found), "statement.csv", "text/csv; charset=utf-8")


def _money(visit: Visit, error: SosieError | None = None) -> Response:
    house, caller = visit.house, visit.caller
    who = (caller.party, caller.role)
    caller.require("talent", "agency", "brand")

    def work(session: Session) -> dict[str, Any]:
        entries = fetched(
            visit, "entries", ledger.count(session, *who), lambda page: ledger.entries(session, *who, page)
        )
        bills = bills_of(session, visit, "bills")
        named = {line.licence for lines in entries for line in lines} | {bill.licence for bill in bills}
        records = licences_of(session, visit, named)
        return {
            "entries": entries,
            "sums": ledger.sums(session, caller.party),
            "advertisers": {name: record.terms["advertiser"] for name, record in records.items()},
            "bills": bills,
            "payouts": payouts_of(session, visit),
            "account": payouts.account_of(session, caller) if caller.role != "brand" else None,
            "own": (_OWN[caller.role], f"contributor_payable/{caller.party}"),
        }

    template = "invoices.html" if caller.role == "brand" else "money.html"
    return visit.page(template, error=error, script="htmx", **house.database.snapshot(work))
