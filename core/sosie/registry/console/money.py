"""`/console/money`: every posting that concerns the reader, what is owed, and where her money goes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import billing, exchange
from sosie.registry import invoices, ledger, licences, payouts
from sosie.registry.console import forms
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
    found = visit.house.database.read(lambda session: ledger.statement(session, caller.party, caller.role))
    return file(visit, invoices.statement_csv(found), "statement.csv", "text/csv; charset=utf-8")


def _money(visit: Visit, error: SosieError | None = None) -> Response:
    house, caller = visit.house, visit.caller
    caller.require("talent", "agency", "brand")

    def work(session: Session) -> dict[str, Any]:
        statement = ledger.statement(session, caller.party, caller.role)
        records = licences.listed(house, session, caller).items
        return {
            "entries": _entries(statement),
            "sums": _sums(statement, caller.role, caller.party),
            "advertisers": {record.id: record.terms["advertiser"] for record in records},
            "bills": invoices.open_charges(house, session, caller),
            "payouts": payouts.listed(session, caller),
            "account": payouts.account_of(session, caller) if caller.role != "brand" else None,
            "own": (_OWN[caller.role], f"contributor_payable/{caller.party}"),
        }

    template = "invoices.html" if caller.role == "brand" else "money.html"
    return visit.page(template, error=error, **house.database.read(work))


def _entries(statement: exchange.Statement) -> list[list[exchange.StatementLine]]:
    """The statement's lines, those of one entry together; newest first."""
    found: dict[str, list[exchange.StatementLine]] = defaultdict(list)
    for line in statement.lines:
        found[line.transaction].append(line)
    return list(reversed(found.values()))


def _sums(statement: exchange.Statement, role: str, party: str) -> dict[str, dict[str, int]]:
    """By currency: what came to the reader, what was paid out to her, what she is owed."""
    own = {_OWN[role], f"contributor_payable/{party}"}
    found: dict[str, dict[str, int]] = {}
    for line in statement.lines:
        if line.account in own:
            sums = found.setdefault(line.currency, {"in": 0, "out": 0})
            sums["in" if line.minor > 0 else "out"] += abs(line.minor)
    for currency, balance in statement.balance.items():
        found.setdefault(currency, {"in": 0, "out": 0})["owed"] = balance
    return found
