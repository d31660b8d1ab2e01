"""What brands still owe: charges that no payment has covered, when they are due, and what being late costs.

A payment settles the oldest charges of its licence first. Nothing is charged here for being late: the fee of the terms
is worked out and shown, to the brand and to those who wait for the money.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosie.licence import billing, exchange, money
from sosie.licence.documents import DAY, Terms
from sosie.registry import ledger
from sosie.registry.access import Context, Principal, licence_of, theirs
from sosie.registry.licences import terms_of
from sosie.registry.tables import LedgerEntry, LicenceRow, Posting

MONTH_S = 30 * DAY
_OWED = "brand_receivable"


def record_payment(
    context: Context, session: Session, principal: Principal, licence: str, ask: billing.PaymentReceived
) -> billing.Settled:
    """Operator: money of a brand has arrived."""
    principal.require("operator")
    row = licence_of(session, principal, licence)
    entry = ledger.settle(
        session,
        context.settings,
        licence=row.id,
        terms=terms_of(row),
        minor=ask.minor,
        reference=ask.reference,
    )
    return billing.Settled(transaction=entry, outstanding=max(0, _outstanding(session, row.id)))


def open_charges(context: Context, session: Session, principal: Principal) -> list[billing.Invoice]:
    """The charges of the caller's licences that are not covered, oldest first."""
    behind = (
        select(LedgerEntry.licence_id)
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .join(LicenceRow, LicenceRow.id == LedgerEntry.licence_id)
        .where(theirs(principal), Posting.account == _OWED)
        .group_by(LedgerEntry.licence_id)
        .having(func.sum(Posting.minor) < 0)
    )
    rows = session.scalars(select(LicenceRow).where(LicenceRow.id.in_(behind)))
    found = [invoice for row in rows for invoice in _open(session, row, context.now())]
    return sorted(found, key=lambda invoice: (invoice.due_at, invoice.transaction))


def late_fee(terms: Terms, outstanding: int, late_s: int) -> int:
    """Minor units for so many seconds of being late: the share the terms name, for each 30 days that are full."""
    months = max(0, late_s) // MONTH_S
    shares = {"fee": terms.late_fee_bp, "rest": money.WHOLE_BP - terms.late_fee_bp}
    return months * money.split(outstanding, shares)["fee"]


def statement_csv(found: exchange.Statement) -> str:
    """A statement for a spreadsheet: RFC 4180, amounts in minor units, times in Unix seconds (UTC)."""
    out = io.StringIO()
    fields = list(exchange.StatementLine.model_fields)
    writer = csv.DictWriter(out, fields)
    writer.writeheader()
    writer.writerows(line.model_dump() for line in found.lines)
    return out.getvalue()


def _open(session: Session, row: LicenceRow, now: int) -> Iterator[billing.Invoice]:
    """Newest charges first, until they add up to what is outstanding: the older ones are covered."""
    terms, left = terms_of(row), _outstanding(session, row.id)
    charges = (
        select(LedgerEntry, Posting.minor)
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(LedgerEntry.licence_id == row.id, Posting.account == _OWED, Posting.minor < 0)
        .order_by(LedgerEntry.created_at.desc(), LedgerEntry.id.desc())
    )
    for entry, minor in session.execute(charges):
        if left <= 0:
            return
        due, outstanding = entry.created_at + terms.pay_days * DAY, min(left, -minor)
        left -= outstanding
        yield billing.Invoice(
            transaction=entry.id,
            kind=entry.kind,
            licence=row.id,
            brand=row.brand_id,
            receipt=entry.receipt_id,
            currency=terms.rate.currency,
            minor=-minor,
            outstanding=outstanding,
            charged_at=entry.created_at,
            due_at=due,
            overdue=now > due,
            late_fee=late_fee(terms, outstanding, now - due),
        )


def _outstanding(session: Session, licence: str) -> int:
    total = (
        select(func.sum(Posting.minor))
        .join(LedgerEntry, LedgerEntry.id == Posting.entry_id)
        .where(LedgerEntry.licence_id == licence, Posting.account == _OWED)
    )
    return -int(session.scalar(total) or 0)
