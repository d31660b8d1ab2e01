"""Money as several pages list it: what is open, and what was passed on."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from sosie.licence import billing
from sosie.registry import invoices, payouts
from sosie.registry.console.parts import Part, fetched
from sosie.registry.console.web import Visit


def bills_of(session: Session, visit: Visit, name: str, *where: ColumnElement[bool]) -> Part[billing.Invoice]:
    """The list `name` of a page: the reader's open charges of which `where` holds."""
    house, caller = visit.house, visit.caller
    return fetched(
        visit,
        name,
        invoices.count(session, caller, *where),
        lambda page: invoices.open_charges(house, session, caller, page, *where).items,
    )


def payouts_of(session: Session, visit: Visit) -> Part[billing.PayoutRecord]:
    """The reader's payouts, newest first."""
    caller = visit.caller
    return fetched(
        visit,
        "payouts",
        payouts.count(session, caller),
        lambda page: payouts.listed(session, caller, page, newest_first=True).items,
    )
