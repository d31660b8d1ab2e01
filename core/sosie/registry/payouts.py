"""Payouts: what has arrived for talents and agencies, and is passed on in full.

A share is payable once its charge is covered: payments cover a licence's oldest charges first, as invoices say. Nothing
is deducted on the way: each transfer is the sum of ledger entries that it names, and the party sees every one of them.
A payout is one transaction: entries, a leaf of the log, and the transfers as they go to the bank (`transfers`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from sosie.licence import billing, canonical, exchange
from sosie.registry import ledger, log, paging
from sosie.registry.access import Context, Principal
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import missing, problem
from sosie.registry.tables import LedgerEntry, Posting
from sosie.registry.tables_people import BankAccount, PayoutRow

#: Who sees every transfer.
_ALL = frozenset({"operator", "auditor"})
_PAYABLE = ("talent_payable", "agency_payable", "contributor_payable")


def keep_account(
    context: Context, session: Session, principal: Principal, ask: billing.BankDetails
) -> billing.BankDetails:
    """Talent, agency: where their money goes. Operator: where payouts come from."""
    principal.require("talent", "agency", "operator")
    session.merge(
        BankAccount(
            party_id=principal.party,
            holder=ask.holder,
            iban=ask.account,
            bic=ask.bic,
            country=ask.country,
            changed_at=context.now(),
        )
    )
    return ask


def account_of(session: Session, principal: Principal) -> billing.BankDetails | None:
    """The account the caller has told; None where there is none."""
    row = session.get(BankAccount, principal.party)
    if row is None:
        return None
    return billing.BankDetails(holder=row.holder, account=row.iban, bic=row.bic, country=row.country)


def run(context: Context, session: Session, principal: Principal) -> billing.PayoutRecord:
    """Operator: everything that is payable, to everybody who has told an account.

    Raises:
        RegistryError: 409 `payout_empty`.
    """
    principal.require("operator")
    name = context.settings.new_id("pay")
    entries: dict[tuple[str, str], list[str]] = defaultdict(list)
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    waiting: set[str] = set()
    for account, party, licence, currency, minor in list(_payable(session)):
        if session.get(BankAccount, party) is None:
            waiting.add(party)
            continue
        entry = ledger.pay_out(
            session,
            context.settings,
            licence=licence,
            account=account,
            party=party,
            currency=currency,
            minor=minor,
            payout=name,
        )
        entries[party, currency].append(entry)
        amounts[party, currency] += minor
    if not amounts:
        raise problem(
            409,
            "payout_empty",
            f"Nothing can be paid out now; {len(waiting)} parties have told no bank account.",
            "Record the brands' payments first, and ask the parties for their accounts.",
        )
    payments = [
        _order(session.get_one(BankAccount, party), currency, minor, entries[party, currency])
        for (party, currency), minor in sorted(amounts.items())
    ]
    public = [
        payment.model_dump(include={"party", "currency", "minor", "transactions"}) for payment in payments
    ]
    document = {"payout": name, "payments": public, "at": context.now()}
    row = PayoutRow(
        id=name,
        payments=json.dumps([payment.model_dump() for payment in payments]),
        leaf_index=log.append(session, context.settings, "payout", canonical.canonical(document)),
        created_at=context.now(),
    )
    session.add(row)
    return _record(row, sorted(waiting))


def listed(
    session: Session, principal: Principal, page: Page = ALL, *, newest_first: bool = False
) -> exchange.Listed[billing.PayoutRecord]:
    """Operator and auditor: all payouts; anybody else: their own transfers in them. Oldest first, or newest."""

    def describe(row: PayoutRow) -> billing.PayoutRecord:
        record = _record(row)
        if principal.role in _ALL:
            return record
        own = tuple(payment for payment in record.payments if payment.party == principal.party)
        return record.model_copy(update={"payments": own})

    order = (PayoutRow.leaf_index,)
    return listing(session, _theirs(principal), order, describe, page, newest_first=newest_first)


def count(session: Session, principal: Principal) -> int:
    """How many they are."""
    return paging.count(session, _theirs(principal))


def one(session: Session, principal: Principal, name: str) -> tuple[billing.PayoutRecord, BankAccount]:
    """Operator: a payout and the account it is paid from, for the bank's file.

    Raises:
        RegistryError: `payout_unknown`; 409 `account_missing`, the operator has told none.
    """
    principal.require("operator")
    row, source = session.get(PayoutRow, name), session.get(BankAccount, principal.party)
    if row is None:
        raise missing("payout", name)
    if source is None:
        raise problem(
            409, "account_missing", "No account is known to pay from.", "Tell it: PUT /v1/bank-account."
        )
    return _record(row), source


def _theirs(principal: Principal) -> Select[PayoutRow]:
    if principal.role in _ALL:
        return select(PayoutRow)
    paid = (
        select(LedgerEntry.reference)
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(LedgerEntry.kind == "payout", Posting.party_id == principal.party)
    )
    return select(PayoutRow).where(PayoutRow.id.in_(paid))


def _payable(session: Session) -> Iterator[tuple[str, str, str, str, int]]:
    """Account, party, licence, currency, minor units: the shares of covered charges, less what was paid out."""
    paid_in = (
        select(LedgerEntry.licence_id, func.sum(Posting.minor))
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(Posting.account == "brand_receivable", Posting.minor > 0)
        .group_by(LedgerEntry.licence_id)
        .order_by(LedgerEntry.licence_id)
    )
    for licence, arrived in session.execute(paid_in).all():
        yield from _of_licence(session, licence, int(arrived))


def _of_licence(session: Session, licence: str, arrived: int) -> Iterator[tuple[str, str, str, str, int]]:
    rows = session.execute(
        select(LedgerEntry, Posting)
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(LedgerEntry.licence_id == licence)
        .order_by(LedgerEntry.created_at, LedgerEntry.id)
    )
    postings: dict[str, list[Posting]] = defaultdict(list)
    for entry, posting in rows:
        postings[entry.id].append(posting)
    left: dict[tuple[str, str, str], int] = defaultdict(int)
    for group in postings.values():
        charged = sum(-p.minor for p in group if p.account == "brand_receivable" and p.minor < 0)
        covered, arrived = charged <= arrived, arrived - charged
        for posting in group:
            owed = posting.account.split("/")[0] in _PAYABLE and posting.party_id is not None
            if owed and (covered or posting.minor < 0):
                assert posting.party_id is not None
                left[posting.account, posting.party_id, posting.currency] += posting.minor
    for (account, party, currency), minor in sorted(left.items()):
        if minor > 0:
            yield account, party, licence, currency, minor


def _order(account: BankAccount, currency: str, minor: int, entries: list[str]) -> billing.PaymentOrder:
    return billing.PaymentOrder(
        party=account.party_id,
        holder=account.holder,
        account=account.iban,
        bic=account.bic,
        country=account.country,
        currency=currency,
        minor=minor,
        transactions=tuple(entries),
    )


def _record(row: PayoutRow, waiting: list[str] | None = None) -> billing.PayoutRecord:
    return billing.PayoutRecord(
        id=row.id,
        at=row.created_at,
        leaf_index=row.leaf_index,
        payments=tuple(billing.PaymentOrder.model_validate(item) for item in json.loads(row.payments)),
        without_account=tuple(waiting or ()),
    )
