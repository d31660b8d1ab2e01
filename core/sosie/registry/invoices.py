"""What brands still owe: charges that no payment has covered, when they are due, and what being late costs.

A payment settles the oldest charges of its licence first. Nothing is charged here for being late: the fee of the terms
is worked out and shown, to the brand and to those who wait for the money.
"""

from __future__ import annotations

import csv
import io

from sqlalchemy import JSON, BigInteger, ColumnElement, Select, Text, cast, func, select
from sqlalchemy.orm import Session

from sosie.licence import billing, exchange, money
from sosie.licence.documents import DAY, Terms
from sosie.registry import ledger, paging
from sosie.registry.access import Context, Principal, licence_of, theirs
from sosie.registry.licences import terms_of
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.tables import LedgerEntry, LicenceRow, Posting

MONTH_S = 30 * DAY
_OWED = "brand_receivable"
_OLDEST = (LedgerEntry.created_at, LedgerEntry.id)


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


def open_charges(
    context: Context, session: Session, principal: Principal, page: Page = ALL, *where: ColumnElement[bool]
) -> exchange.Listed[billing.Invoice]:
    """The charges of the caller's licences that are not covered (of which `where` holds), the oldest first."""
    now = context.now()
    return listing(session, _open(principal, *where), _OLDEST, lambda *row: _invoice(*row, now=now), page)


def count(session: Session, principal: Principal, *where: ColumnElement[bool]) -> int:
    """How many they are."""
    return paging.count(session, _open(principal, *where).with_only_columns(LedgerEntry.id))


def overdue(now: int) -> ColumnElement[bool]:
    """Of charges, in a query: those that were due before now. The terms are JSON in a column of text."""
    terms = cast(LicenceRow.terms, JSON().with_variant(Text(), "sqlite"))
    return LedgerEntry.created_at + DAY * cast(terms.op("->>")("pay_days"), BigInteger) < now


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


def _open(principal: Principal, *where: ColumnElement[bool]) -> Select[LedgerEntry, LicenceRow, int, int]:
    """Entry, licence, minor units charged, and of these those open: payments cover the oldest charges of a licence first.

    So the newest charges are open, until they add up to what its account lacks.
    """
    lacking = (
        select(LedgerEntry.licence_id, (-func.sum(Posting.minor)).label("minor"))
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .join(LicenceRow, LicenceRow.id == LedgerEntry.licence_id)
        .where(theirs(principal), Posting.account == _OWED)
        .group_by(LedgerEntry.licence_id)
        .having(func.sum(Posting.minor) < 0)
        .subquery()
    )
    newest = [column.desc() for column in _OLDEST]
    so_far = func.sum(-Posting.minor).over(partition_by=LedgerEntry.licence_id, order_by=newest)
    charge = (
        select(LedgerEntry.id, (-Posting.minor).label("minor"), (lacking.c.minor - so_far).label("rest"))
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .join(lacking, lacking.c.licence_id == LedgerEntry.licence_id)
        .where(Posting.account == _OWED, Posting.minor < 0)
        .subquery()
    )
    still = charge.c.minor + charge.c.rest  # what was lacking when only newer charges are counted
    return (
        select(LedgerEntry, LicenceRow, charge.c.minor, still)
        .join(charge, charge.c.id == LedgerEntry.id)
        .join(LicenceRow, LicenceRow.id == LedgerEntry.licence_id)
        .where(still > 0, *where)
    )


def _invoice(entry: LedgerEntry, row: LicenceRow, minor: int, still: int, *, now: int) -> billing.Invoice:
    terms, outstanding = terms_of(row), min(minor, int(still))
    due = entry.created_at + terms.pay_days * DAY
    return billing.Invoice(
        transaction=entry.id,
        kind=entry.kind,
        licence=row.id,
        brand=row.brand_id,
        receipt=entry.receipt_id,
        currency=terms.rate.currency,
        minor=minor,
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
