"""A brand's wish made into the terms that everybody will sign, before anybody is asked: what is not said is filled in.

Talent, agency, consent and twin revision come from the twin; categories, approval and split are the consent's and the
house's where the brand names none.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.errors import RefusedError
from sosie.licence import exchange, scope
from sosie.licence.clauses import Split
from sosie.licence.documents import Consent, Terms
from sosie.registry import blends, consents, proving
from sosie.registry.access import Context, Principal
from sosie.registry.problems import missing
from sosie.registry.tables import ConsentRow, Party, TwinRow


def newest(session: Session, twin: str) -> TwinRow:
    """The twin's newest revision; 404 `twin_unknown` where there is none."""
    query = select(TwinRow).where(TwinRow.id == twin).order_by(TwinRow.revision.desc())
    row = session.scalars(query).first()
    if row is None:
        raise missing("twin", twin)
    return row


def draft(context: Context, session: Session, principal: Principal, ask: exchange.LicenceRequest) -> Terms:
    """Brand: the terms of `ask`, within the talent's consent.

    Raises:
        RefusedError: why not, by the code of the first reason.
        RegistryError: `twin_unknown`, `twin_unproven`.
        VerificationError: `document_invalid`, what is asked is no whole licence.
    """
    twin, talent, consent = offered(context, session, principal, ask.twin)
    agency = talent.agency_id
    asked = ask.model_dump(mode="json", exclude_none=True)
    terms = Terms.of(
        {
            **_defaults(consent, agency),
            **asked,
            "talent": twin.talent_id,
            "agency": agency,
            "brand": principal.party,
            "twin_revision": twin.revision,
            "consent_sha256": twin.consent_sha256,
        }
    )
    scope.require(scope.refusals(terms, consent))
    blends.require_whole(session, terms.talent, terms)
    return terms


def offered(
    context: Context, session: Session, principal: Principal, twin: str
) -> tuple[TwinRow, Party, Consent]:
    """Brand: the twin's newest revision, its talent, and what she allows.

    Raises:
        RefusedError: `consent_revoked`.
        RegistryError: `twin_unknown`, `twin_unproven`.
    """
    principal.require("brand")
    row = newest(session, twin)
    require_live(session, row.consent_sha256)
    proving.require_proven(context, session, row)
    consent = consents.consent_of(session.get_one(ConsentRow, row.consent_sha256))
    return row, session.get_one(Party, row.talent_id), consent


def require_live(session: Session, consent_sha256: str) -> None:
    """That nobody has taken this consent back.

    Raises:
        RefusedError: `consent_revoked`.
    """
    if consents.consent_revoked(session, consent_sha256):
        raise RefusedError(
            "The talent has revoked this consent.", remedy="Choose another talent.", code="consent_revoked"
        )


def _defaults(consent: Consent, agency: str | None) -> dict[str, object]:
    return {
        "operations": consent.operations,
        "prohibited_categories": consent.prohibited_categories,
        "approval": consent.approval,
        "split": (Split() if agency else Split(talent=9_000, agency=0, platform=1_000)).model_dump(),
    }
