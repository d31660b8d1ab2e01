"""A likeness blended from several people: each is named with her share, each consents, each is paid.

The operator declares who; every contributor signs a `Contribution` with her own key, under a consent of her own. Until all
have, there is no twin and no licence. Terms must lie within each contributor's consent, and who revokes hers ends the
blend's licences as if it were her own (`consents.revoked_at`).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.licence import canonical, exchange, jws, keys, scope
from sosie.licence.documents import Terms
from sosie.licence.people import Blend, Contribution
from sosie.registry import consents, log
from sosie.registry.access import Context, Principal
from sosie.registry.problems import missing, problem
from sosie.registry.tables import ConsentRow, Party
from sosie.registry.tables_people import ContributionRow


def declare(
    context: Context, session: Session, principal: Principal, blend: str, ask: Blend
) -> exchange.Recorded:
    """Operator: who a blended likeness is made of, once and for all.

    Raises:
        RegistryError: `talent_unknown`; 409 `blend_declared`.
    """
    principal.require("operator")
    _talent(session, blend, "blended")
    if shares(session, blend):
        raise problem(
            409, "blend_declared", f"{blend} is declared already.", "Open another account for another blend."
        )
    for item in ask.shares:
        _talent(session, item.contributor, "person")
        session.add(ContributionRow(blend_id=blend, contributor_id=item.contributor, share_bp=item.share_bp))
    return _recorded(context, session, blend, "blend", ask.model_dump_json().encode())


def contribute(
    context: Context, session: Session, principal: Principal, ask: exchange.SignedDocument
) -> exchange.Recorded:
    """Talent: her signed yes to being part of a blend.

    Raises:
        VerificationError: not her signature.
        RegistryError: `talent_other`, `blend_unknown`, `consent_unknown`; 422 `contribution_other`.
    """
    principal.require("talent")
    key = keys.signing_public(consents.talent_key(session, principal.party))
    document = jws.verify(ask.token, Contribution, [key])
    row = session.get(ContributionRow, (document.blend, principal.party))
    if document.contributor != principal.party or row is None:
        raise missing("blend", document.blend)
    if document.share_bp != row.share_bp:
        raise problem(
            422,
            "contribution_other",
            f"You signed for {document.share_bp} basis points; {row.share_bp} are declared.",
            "Sign the share that is declared, or ask the operator.",
        )
    consent = session.get(ConsentRow, document.consent_sha256)
    if consent is None or consent.talent_id != principal.party:
        raise missing("consent", document.consent_sha256)
    row.consent_sha256, row.token = document.consent_sha256, ask.token
    return _recorded(context, session, document.blend, "contribution", document.canonical())


def shares(session: Session, talent: str) -> dict[str, int]:
    """Contributors and their basis points; empty for a talent who is one person, or nobody."""
    found = select(ContributionRow.contributor_id, ContributionRow.share_bp)
    rows = session.execute(
        found.where(ContributionRow.blend_id == talent).order_by(ContributionRow.contributor_id)
    )
    return dict(rows.all())


def require_whole(session: Session, talent: str, terms: Terms | None = None) -> None:
    """Nothing for a likeness that is not blended, or whose contributors have all consented (to these terms).

    Raises:
        RegistryError: 403 `blend_unconsented`.
        RefusedError: the terms reach beyond a contributor's consent.
    """
    if session.get_one(Party, talent).likeness != "blended":
        return
    rows = list(session.scalars(select(ContributionRow).where(ContributionRow.blend_id == talent)))
    for row in rows:
        if row.consent_sha256 is None or consents.consent_revoked(session, row.consent_sha256):
            raise _unconsented(f"{row.contributor_id} has not consented to this blend, or has revoked it.")
        if terms is not None:
            consent = consents.consent_of(session.get_one(ConsentRow, row.consent_sha256))
            scope.require(scope.refusals(terms, consent))
    if not rows:
        raise _unconsented("Nobody says whom this likeness is blended from.")


def whole(session: Session, talent: str) -> bool:
    """Whether every contributor's consent stands."""
    rows = list(session.scalars(select(ContributionRow).where(ContributionRow.blend_id == talent)))
    return bool(rows) and not any(
        row.consent_sha256 is None or consents.consent_revoked(session, row.consent_sha256) for row in rows
    )


def _talent(session: Session, name: str, likeness: str) -> Party:
    party = session.get(Party, name)
    if party is None or (party.role, party.likeness) != ("talent", likeness):
        raise missing("talent", name)
    return party


def _unconsented(message: str) -> Exception:
    return problem(403, "blend_unconsented", message, "Every contributor signs her contribution first.")


def _recorded(
    context: Context, session: Session, blend: str, kind: str, document: bytes
) -> exchange.Recorded:
    index = log.append(session, context.settings, kind, document)
    digest = canonical.sha256_hex(document)
    return exchange.Recorded(id=blend, sha256=digest, leaf_index=index, effective_at=context.now())
