"""Double entry in whole minor units: every entry's postings sum to zero, and nothing is ever changed.

What a party is owed is positive, what it owes negative. Each share of a payment is a posting of its own, and a
talent sees all postings of her licences: nothing is deducted in silence. Receivables and cash stand the other way
round than debts: what a brand has paid is positive on its account and negative in the platform's cash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from sosie.licence import exchange, money
from sosie.licence.documents import Terms
from sosie.registry import blends, paging, writing
from sosie.registry.paging import ALL, Page
from sosie.registry.settings import Settings
from sosie.registry.tables import LedgerEntry, LicenceRow, Posting
from sosie.registry.tables_people import ContributionRow
from sosie.registry.writing import Write, new

#: Account, whose (None: the platform's), minor units.
_Posting = tuple[str, str | None, int]


def charge(
    session: Session,
    settings: Settings,
    *,
    kind: str,
    licence: str,
    terms: Terms,
    minor: int,
    receipt: str | None,
) -> None:
    """One entry: the brand owes `minor`, talent, agency and platform are owed their shares."""
    parts = blends.shares(session, terms.talent)
    entry = charged(settings, parts, kind=kind, licence=licence, terms=terms, minor=minor, receipt=receipt)
    writing.send(session, entry)


def charged(
    settings: Settings,
    parts: Mapping[str, int],
    *,
    kind: str,
    licence: str,
    terms: Terms,
    minor: int,
    receipt: str | None,
) -> list[Write]:
    """What has to be written for `charge`; `parts` are the talent's `blends.shares`."""
    shares = money.split(minor, terms.split.model_dump())
    postings: list[_Posting] = [
        ("brand_receivable", terms.brand, -minor),
        *_talents(terms.talent, parts, shares["talent"]),
        ("agency_payable", terms.agency, shares["agency"]),
        ("platform_revenue", None, shares["platform"]),
    ]
    _, writes = _entry(settings, kind, licence, terms.rate.currency, postings, receipt=receipt)
    return writes


def _talents(talent: str, parts: Mapping[str, int], minor: int) -> list[_Posting]:
    """The talent's share: hers, or each contributor's where the likeness is blended from several people."""
    if not parts:
        return [("talent_payable", talent, minor)]
    return [(f"contributor_payable/{who}", who, part) for who, part in money.split(minor, parts).items()]


def settle(
    session: Session, settings: Settings, *, licence: str, terms: Terms, minor: int, reference: str
) -> str:
    """The brand has paid `minor` (> 0): it owes less, and the platform holds more; the entry's id."""
    postings: list[_Posting] = [("brand_receivable", terms.brand, minor), ("platform_cash", None, -minor)]
    return _post(session, settings, "payment", licence, terms.rate.currency, postings, reference=reference)


def pay_out(
    session: Session,
    settings: Settings,
    *,
    licence: str,
    account: str,
    party: str,
    currency: str,
    minor: int,
    payout: str,
) -> str:
    """`minor` (> 0) leaves the platform's cash for `party`: it is owed less; the entry's id."""
    postings: list[_Posting] = [(account, party, -minor), ("platform_cash", None, minor)]
    return _post(session, settings, "payout", licence, currency, postings, reference=payout)


def _post(
    session: Session,
    settings: Settings,
    kind: str,
    licence: str,
    currency: str,
    postings: Sequence[_Posting],
    *,
    reference: str,
) -> str:
    name, writes = _entry(settings, kind, licence, currency, postings, reference=reference)
    writing.send(session, writes)
    return name


def _entry(
    settings: Settings,
    kind: str,
    licence: str,
    currency: str,
    postings: Sequence[_Posting],
    *,
    receipt: str | None = None,
    reference: str = "",
) -> tuple[str, list[Write]]:
    """One entry whose postings sum to zero: its id, and what has to be written."""
    assert sum(amount for _, _, amount in postings) == 0
    name = settings.new_id("led")
    entry = new(
        LedgerEntry,
        id=name,
        kind=kind,
        licence_id=licence,
        receipt_id=receipt,
        reference=reference,
        created_at=settings.clock(),
    )
    parts = (
        new(Posting, entry_id=name, account=account, party_id=party, currency=currency, minor=amount)
        for account, party, amount in postings
        if amount
    )
    return name, [entry, *parts]


def statement(session: Session, party: str, role: str, page: Page = ALL) -> exchange.Statement:
    """Every posting that concerns `party`, a page being so many entries; a talent and her agency also see the other shares."""
    order, query, after = (LedgerEntry.created_at, LedgerEntry.id), _concerning(party, role), None
    if page != ALL:
        ids = _entries(party, role)
        entries = select(LedgerEntry).where(LedgerEntry.id.in_(ids))
        rows, after = paging.rows_of(session, entries, order, page)
        query = query.where(LedgerEntry.id.in_([entry.id for (entry,) in rows]))
    found = session.execute(query.order_by(*order, Posting.account))
    lines = tuple(_line(posting, entry) for posting, entry in found)
    return exchange.Statement(party=party, lines=lines, balance=balance(session, party), next=after)


def count(session: Session, party: str, role: str) -> int:
    """The entries of that statement."""
    return paging.count(session, _entries(party, role))


def entries(session: Session, party: str, role: str, page: Page) -> list[list[exchange.StatementLine]]:
    """The entries of that statement, newest first, each with its lines."""
    newest = _entries(party, role).order_by(LedgerEntry.created_at.desc(), LedgerEntry.id.desc())
    names = session.scalars(newest.limit(page.limit).offset(page.offset))
    found: dict[str, list[exchange.StatementLine]] = {name: [] for name in names}
    query = _concerning(party, role).where(LedgerEntry.id.in_(found)).order_by(Posting.account)
    for posting, entry in session.execute(query):
        found[entry.id].append(_line(posting, entry))
    return list(found.values())


def balance(session: Session, party: str) -> dict[str, int]:
    """What `party` is owed (negative: owes), by currency."""
    return {currency: come - gone for currency, (come, gone) in sums(session, party).items()}


def sums(session: Session, party: str) -> dict[str, tuple[int, int]]:
    """What came to the accounts of `party` and what left them, by currency; both are positive."""
    come, gone = (
        func.sum(case((side, Posting.minor), else_=0)) for side in (Posting.minor > 0, Posting.minor < 0)
    )
    query = select(Posting.currency, come, gone).where(Posting.party_id == party)
    rows = session.execute(query.group_by(Posting.currency).order_by(Posting.currency))
    return {currency: (int(plus), -int(minus)) for currency, plus, minus in rows}


def _entries(party: str, role: str) -> Select[str]:
    concerning = _concerning(party, role).with_only_columns(LedgerEntry.id)
    return select(LedgerEntry.id).where(LedgerEntry.id.in_(concerning))


def _concerning(party: str, role: str) -> Select[Posting, LedgerEntry]:
    query = (
        select(Posting, LedgerEntry)
        .join(LedgerEntry, Posting.entry_id == LedgerEntry.id)
        .join(LicenceRow, LedgerEntry.licence_id == LicenceRow.id)
    )
    if role in {"operator", "auditor"}:
        return query
    blends = select(ContributionRow.blend_id).where(ContributionRow.contributor_id == party)
    talents = LicenceRow.talent_id.in_(blends)  # what she is a part of
    theirs = (LicenceRow.talent_id == party, LicenceRow.agency_id == party, talents)
    return query.where(or_(Posting.party_id == party, *theirs))


def _line(posting: Posting, entry: LedgerEntry) -> exchange.StatementLine:
    return exchange.StatementLine(
        transaction=entry.id,
        kind=entry.kind,
        licence=entry.licence_id,
        receipt=entry.receipt_id,
        account=posting.account,
        currency=posting.currency,
        minor=posting.minor,
        at=entry.created_at,
    )
