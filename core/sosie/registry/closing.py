"""The end of a licence: when its wind-down is over, what was reserved counts as used, and the minimum is owed.

Until then machines may still send their journals. A revocation by notice ends a licence when the notice is over, and its
wind-down begins that day. Closing twice does nothing, so it may run as often as one likes: once a day is enough.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.licence import billing
from sosie.licence.documents import DAY, Terms
from sosie.registry import consents, ledger
from sosie.registry.access import Context, Principal
from sosie.registry.licences import terms_of
from sosie.registry.tables import LeaseRow, LedgerEntry, LicenceRow, Posting


def run(context: Context, session: Session, principal: Principal) -> billing.Closed:
    """Operator: close every licence whose wind-down is over."""
    principal.require("operator")
    begun = select(LicenceRow).where(LicenceRow.token.is_not(None), LicenceRow.closed_at.is_(None))
    done = []
    for row in session.scalars(begun.order_by(LicenceRow.created_at, LicenceRow.id)):
        terms = terms_of(row)
        if context.now() >= ended_at(session, row, terms) + terms.wind_down_days * DAY:
            _close(context, session, row, terms)
            done.append(row.id)
    return billing.Closed(licences=tuple(done))


def ended_at(session: Session, row: LicenceRow, terms: Terms) -> int:
    """When its use ended: its term, or a revocation that was in force before."""
    revoked = consents.revoked_at(session, row)
    return min(terms.not_after, revoked[0]) if revoked else terms.not_after


def shortfall(session: Session, row: LicenceRow, terms: Terms) -> int:
    """What the charges of this licence lack to the minimum that was agreed, in minor units."""
    charged = session.scalars(
        select(Posting.minor)
        .join(LedgerEntry, LedgerEntry.id == Posting.entry_id)
        .where(
            LedgerEntry.licence_id == row.id,
            Posting.account == "brand_receivable",
            LedgerEntry.kind != "payment",
        )
    )
    return max(0, terms.rate.minimum + sum(charged))


def _close(context: Context, session: Session, row: LicenceRow, terms: Terms) -> None:
    out = select(LeaseRow).where(LeaseRow.licence_id == row.id, LeaseRow.returned_at.is_(None))
    for lease in session.scalars(out):
        lease.used, lease.returned_at = max(lease.renders, lease.used), context.now()
    missing = shortfall(session, row, terms)
    if missing:
        ledger.charge(
            session,
            context.settings,
            kind="minimum",
            licence=row.id,
            terms=terms,
            minor=missing,
            receipt=None,
        )
    row.closed_at = context.now()
