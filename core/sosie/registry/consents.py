"""Consents and revocations: recorded as the talent signed them, never edited, never forged by the operator."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVarTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from sosie.licence import exchange, jws, keys
from sosie.licence.documents import Consent, Revocation
from sosie.licence.people import SignedDocuments
from sosie.registry import log
from sosie.registry.access import Context, Principal, licence_of
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import missing, problem
from sosie.registry.tables import ConsentRow, LicenceRow, Party, RevocationRow
from sosie.registry.tables_people import ContributionRow

Ts = TypeVarTuple("Ts")


def record(
    context: Context, session: Session, principal: Principal, ask: exchange.SignedDocument
) -> exchange.Recorded:
    """Talent: a consent under her own key."""
    principal.require("talent")
    consent = jws.verify(ask.token, Consent, [_key(session, principal.party)])
    _own(consent.talent, principal)
    digest = consent.sha256()
    known = session.scalars(
        select(ConsentRow).where((ConsentRow.sha256 == digest) | (ConsentRow.id == consent.id))
    ).one_or_none()
    if known is not None and known.sha256 != digest:
        raise problem(
            409, "consent_exists", f"Consent {consent.id} says something else.", "Sign it under a new id."
        )
    if known is None:
        index = log.append(session, context.settings, "consent", consent.canonical())
        known = ConsentRow(
            sha256=digest,
            id=consent.id,
            talent_id=principal.party,
            token=ask.token,
            leaf_index=index,
            created_at=context.now(),
        )
        session.add(known)
    return exchange.Recorded(
        id=consent.id, sha256=digest, leaf_index=known.leaf_index, effective_at=known.created_at
    )


def listed(session: Session, principal: Principal, page: Page = ALL) -> exchange.Listed[exchange.ConsentInfo]:
    """Talent: her own; agency: those of the talents it represents. In the order they were recorded."""
    principal.require("talent", "agency", "auditor", "operator")
    query = select(ConsentRow).join(Party, Party.id == ConsentRow.talent_id)
    if principal.role in {"talent", "agency"}:
        query = query.where((Party.id == principal.party) | (Party.agency_id == principal.party))

    def describe(row: ConsentRow) -> exchange.ConsentInfo:
        ends_at = consent_ends_at(session, row.sha256)
        return exchange.ConsentInfo(
            id=row.id,
            sha256=row.sha256,
            talent=row.talent_id,
            token=row.token,
            live=ends_at is None,
            revoked_at=ends_at,
        )

    return listing(session, query, (ConsentRow.leaf_index,), describe, page)


def standing(session: Session) -> list[Consent]:
    """People's consents in force, for everybody to read: neither superseded nor revoked, ids only, oldest first."""
    people = (
        select(ConsentRow).join(Party, Party.id == ConsentRow.talent_id).where(Party.likeness == "person")
    )
    rows = session.scalars(people.order_by(ConsentRow.leaf_index))
    recorded = {row.sha256: consent_of(row) for row in rows}
    superseded = {consent.supersedes for consent in recorded.values()}
    return [
        consent
        for sha256, consent in recorded.items()
        if sha256 not in superseded and not consent_revoked(session, sha256)
    ]


def revoke(
    context: Context, session: Session, principal: Principal, ask: exchange.SignedDocument
) -> exchange.Recorded:
    """Talent: take back a consent or one licence. `safety` is in force at once, `notice` after the notice she agreed."""
    principal.require("talent")
    document = jws.verify(ask.token, Revocation, [_key(session, principal.party)])
    _own(document.talent, principal)
    if document.licence is not None:
        consent_sha256 = licence_of(session, principal, document.licence).consent_sha256
    else:
        assert document.consent_sha256 is not None
        consent_sha256 = document.consent_sha256
    row = session.get(ConsentRow, consent_sha256)
    if row is None or row.talent_id != principal.party:
        raise missing("consent", consent_sha256)
    now = context.now()
    notice_h = consent_of(row).revocation_notice_h if document.reason == "notice" else 0
    revocation = RevocationRow(
        id=context.settings.new_id("rev"),
        talent_id=principal.party,
        consent_sha256=document.consent_sha256,
        licence_id=document.licence,
        reason=document.reason,
        token=ask.token,
        effective_at=now + notice_h * 3600,
        leaf_index=log.append(session, context.settings, "revocation", document.canonical()),
        created_at=now,
    )
    session.add(revocation)
    return exchange.Recorded(
        id=revocation.id,
        sha256=document.sha256(),
        leaf_index=revocation.leaf_index,
        effective_at=revocation.effective_at,
    )


def revoke_together(
    context: Context, session: Session, principal: Principal, ask: SignedDocuments
) -> exchange.Listed[exchange.Recorded]:
    """Talent: several revocations in the caller's transaction, so that all of them are in force or none is."""
    signed = (exchange.SignedDocument(token=token) for token in ask.tokens)
    return exchange.Listed(items=tuple(revoke(context, session, principal, one) for one in signed))


def consent_of(row: ConsentRow) -> Consent:
    """The document in a recorded consent, whose signature was checked when it was recorded."""
    return Consent.parse(keys.b64decode(row.token.split(".")[1]))


def consent_revoked(session: Session, sha256: str) -> bool:
    """Whether a revocation of this consent is on record, in force or announced: nothing new begins under it."""
    return consent_ends_at(session, sha256) is not None


def consent_ends_at(session: Session, sha256: str) -> int | None:
    """When the first revocation of this consent is in force; None while there is none."""
    first = select(func.min(RevocationRow.effective_at))
    return session.scalars(first.where(RevocationRow.consent_sha256 == sha256)).one()


def revoked_at(session: Session, licence: LicenceRow) -> tuple[int, str] | None:
    """When the licence's end by revocation is in force, and which code says so; None without one."""
    named = {"licence": licence.id, "consent": licence.consent_sha256, "talent": licence.talent_id}
    first = session.execute(_first_revocation(), named).first()
    return None if first is None else end(first.effective_at, first.licence_id)


def end(effective_at: int | None, licence: str | None) -> tuple[int, str] | None:
    """What `revoked_at` says of a revocation that names this `licence`, or a consent; of none, None."""
    if effective_at is None:
        return None
    return effective_at, "licence_revoked" if licence else "consent_revoked"


@cache
def first_revocations() -> ScalarSelect[str]:
    """The id of the revocation that ends a licence first, for a query that lists licences."""
    ends = _ends(LicenceRow.id, LicenceRow.consent_sha256, LicenceRow.talent_id)
    return _first(select(RevocationRow.id).where(ends)).correlate(LicenceRow).scalar_subquery()


def ended(now: int) -> ColumnElement[bool]:
    """Of licences, in a query: those that a revocation in force has ended. The revocations are looked up once."""

    def named(column: InstrumentedAttribute[str | None]) -> Select[str | None]:
        return select(column).where(RevocationRow.effective_at <= now, column.is_not(None))

    parts = ContributionRow.consent_sha256.in_(named(RevocationRow.consent_sha256))
    return or_(
        LicenceRow.id.in_(named(RevocationRow.licence_id)),
        LicenceRow.consent_sha256.in_(named(RevocationRow.consent_sha256)),
        LicenceRow.talent_id.in_(select(ContributionRow.blend_id).where(parts)),
    )


@cache
def _first_revocation() -> Select[int, str | None]:
    """Every check of one licence asks for it."""
    ends = _ends(bindparam("licence"), bindparam("consent"), bindparam("talent"))
    return _first(select(RevocationRow.effective_at, RevocationRow.licence_id).where(ends))


def _first(revocations: Select[*Ts]) -> Select[*Ts]:
    return revocations.order_by(RevocationRow.effective_at, RevocationRow.leaf_index).limit(1)


def _ends(licence: Any, consent: Any, talent: Any) -> ColumnElement[bool]:
    """Revocations of a licence, of its consent, or of a consent to the blend that its talent is."""
    parts = select(ContributionRow.consent_sha256).where(ContributionRow.blend_id == talent)
    parts = parts.correlate(LicenceRow)  # of this licence's talent, not of every licence's
    return or_(
        RevocationRow.licence_id == licence,
        RevocationRow.consent_sha256 == consent,
        RevocationRow.consent_sha256.in_(parts),
    )


def talent_key(session: Session, talent: str) -> str:
    """The key a talent enrolled with."""
    key = session.get_one(Party, talent).signing_key
    assert key is not None  # only an enrolled talent has a token, a consent or a twin
    return key


def _key(session: Session, talent: str) -> Ed25519PublicKey:
    return keys.signing_public(talent_key(session, talent))


def _own(talent: str, principal: Principal) -> None:
    if talent != principal.party:
        raise problem(
            403,
            "talent_other",
            f"The document is of {talent}; you are {principal.party}.",
            "Sign a document of your own.",
        )
