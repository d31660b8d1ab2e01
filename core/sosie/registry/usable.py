"""Whether a licence may be used now: what every lease and every delivery asks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from sosie.errors import RefusedError
from sosie.licence import states
from sosie.licence.documents import Terms
from sosie.registry import consents, licences
from sosie.registry.access import Principal, parts_of
from sosie.registry.problems import missing
from sosie.registry.tables import LicenceRow, Party, RevocationRow
from sosie.registry.writing import Read


@dataclass(frozen=True)
class Standing:
    """A licence and what decides on its use."""

    terms: Terms
    likeness: str  # the talent's: person, synthetic, blended
    revoked: tuple[int, str] | None  # as `consents.revoked_at` says
    id: str
    state: str
    token: str | None
    talent_id: str
    brand_id: str
    twin_id: str
    twin_revision: int
    consent_sha256: str
    status_index: int | None
    renders_reserved: int
    delivered: int


def standing(session: Session, principal: Principal, licence: str) -> Standing:
    """A licence the caller is part of, read with one query; else 404."""
    query, named = standing_read(principal, licence)
    return standing_of(session.execute(query, named).all(), licence)


def standing_read(principal: Principal, licence: str) -> Read:
    """That query."""
    return _standing(principal.role), {"licence": licence, "party": principal.party}


def standing_of(rows: Sequence[Any], licence: str) -> Standing:
    """What its rows say."""
    if not rows:
        raise missing("licence", licence)
    [(terms, likeness, effective_at, named, *row)] = rows
    return Standing(licences.parsed(terms), likeness, consents.end(effective_at, named), *row)


@cache
def _standing(role: str) -> Select[*tuple[Any, ...]]:
    row = LicenceRow
    return (
        select(
            *(row.terms, Party.likeness, RevocationRow.effective_at, RevocationRow.licence_id),
            *(row.id, row.state, row.token, row.talent_id, row.brand_id, row.twin_id, row.twin_revision),
            *(row.consent_sha256, row.status_index, row.renders_reserved, row.delivered),
        )
        .join(Party, Party.id == row.talent_id)
        .outerjoin(RevocationRow, RevocationRow.id == consents.first_revocations())
        .where(row.id == bindparam("licence"), parts_of(role, bindparam("party")))
    )


def require_usable(found: Standing, now: int) -> None:
    """That leases and deliveries may be had under this licence now.

    Raises:
        RefusedError: `consent_revoked`, `licence_revoked`, `licence_not_active`, `licence_not_begun` or
            `licence_expired`.
    """
    revoked, terms = found.revoked, found.terms
    if revoked is not None and revoked[0] <= now:
        what = "her consent" if revoked[1] == "consent_revoked" else "this licence"
        raise RefusedError(
            f"The talent has revoked {what}.", remedy="Stop using this likeness.", code=revoked[1]
        )
    if found.state != states.ACTIVE:
        raise RefusedError(
            f"The licence is {found.state}, not active.",
            remedy="Complete approvals and payment, or ask for a new licence.",
            code="licence_not_active",
        )
    if now < terms.not_before:
        raise RefusedError(
            f"The licence begins in {terms.not_before - now} seconds.",
            remedy="Wait until it begins.",
            code="licence_not_begun",
        )
    if now >= terms.not_after:
        raise RefusedError(
            f"The licence ended {now - terms.not_after} seconds ago.",
            remedy="Ask the talent for a new licence.",
            code="licence_expired",
        )
