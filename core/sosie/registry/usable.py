"""Whether a licence may be used now: what every lease and every delivery asks first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from sosie.errors import RefusedError
from sosie.licence import states
from sosie.registry import consents
from sosie.registry.access import Principal, parts_of
from sosie.registry.licences import terms_of
from sosie.registry.problems import missing
from sosie.registry.tables import LicenceRow, Party, RevocationRow


@dataclass(frozen=True)
class Standing:
    """A licence and what decides on its use."""

    row: LicenceRow
    revoked: tuple[int, str] | None  # as `consents.revoked_at` says
    likeness: str  # the talent's: person, synthetic, blended


def standing(session: Session, principal: Principal, licence: str) -> Standing:
    """A licence the caller is part of, read with one query; else 404."""
    named = {"licence": licence, "party": principal.party}
    found = session.execute(_standing(principal.role), named).one_or_none()
    if found is None:
        raise missing("licence", licence)
    row, likeness, effective_at, of_licence = found
    return Standing(row, consents.end(effective_at, of_licence), likeness)


@cache
def _standing(role: str) -> Select[LicenceRow, str, int | None, str | None]:
    return (
        select(LicenceRow, Party.likeness, RevocationRow.effective_at, RevocationRow.licence_id)
        .join(Party, Party.id == LicenceRow.talent_id)
        .outerjoin(RevocationRow, RevocationRow.id == consents.first_revocations())
        .where(LicenceRow.id == bindparam("licence"), parts_of(role, bindparam("party")))
    )


def require_usable(found: Standing, now: int) -> None:
    """That leases and deliveries may be had under this licence now.

    Raises:
        RefusedError: `consent_revoked`, `licence_revoked`, `licence_not_active`, `licence_not_begun` or
            `licence_expired`.
    """
    row, revoked = found.row, found.revoked
    if revoked is not None and revoked[0] <= now:
        what = "her consent" if revoked[1] == "consent_revoked" else "this licence"
        raise RefusedError(
            f"The talent has revoked {what}.", remedy="Stop using this likeness.", code=revoked[1]
        )
    if row.state != states.ACTIVE:
        raise RefusedError(
            f"The licence is {row.state}, not active.",
            remedy="Complete approvals and payment, or ask for a new licence.",
            code="licence_not_active",
        )
    terms = terms_of(row)
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
