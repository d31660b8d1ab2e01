"""Whether a licence may be used now: what every lease and every delivery asks first."""

from __future__ import annotations

from sqlalchemy.orm import Session

from sosie.errors import RefusedError
from sosie.licence import states
from sosie.registry import consents
from sosie.registry.licences import terms_of
from sosie.registry.tables import LicenceRow


def require_usable(session: Session, row: LicenceRow, now: int) -> None:
    """That leases and deliveries may be had under this licence now.

    Raises:
        RefusedError: `consent_revoked`, `licence_revoked`, `licence_not_active`, `licence_not_begun` or
            `licence_expired`.
    """
    revoked = consents.revoked_at(session, row)
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
