"""The life of a licence, from a brand's request to the document the registry issues; moves in `licence.states`."""

from __future__ import annotations

import json
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, func, not_, select
from sqlalchemy.orm import Session

from sosie.licence import canonical, exchange, exclusivity, jws, keys, scope, states
from sosie.licence.documents import Licence, Terms, TermsApproval
from sosie.registry import consents, drafting, ledger, log, paging
from sosie.registry.access import Context, Principal, licence_of, theirs
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import problem
from sosie.registry.tables import LicenceRow, Party, RevocationRow, TwinRow

#: States in which the talent has given her word.
_BINDING = ("talent_ok", "paid_or_credit", "active", "suspended", "completed")


def request(
    context: Context, session: Session, principal: Principal, ask: exchange.LicenceRequest
) -> exchange.LicenceRecord:
    """Brand: terms within the talent's consent, or a refusal that says why not."""
    terms = drafting.draft(context, session, principal, ask)
    _require_free(session, terms, context.now())
    row = LicenceRow(
        id=context.settings.new_id("lic"),
        state=states.move("draft", "request"),
        talent_id=terms.talent,
        agency_id=terms.agency,
        brand_id=terms.brand,
        twin_id=terms.twin,
        twin_revision=terms.twin_revision,
        consent_sha256=terms.consent_sha256,
        terms=terms.canonical().decode(),
        ends_at=terms.not_after,
        renders_reserved=0,
        delivered=0,
        suspended_by="",
        reason="",
        created_at=context.now(),
    )
    session.add(row)
    session.flush()
    if terms.agency is None:  # nobody else to ask
        _move(context, session, row, "agency_approve")
    return record(context, session, row)


def approve(
    context: Context, session: Session, principal: Principal, licence: str, ask: exchange.Decision
) -> exchange.LicenceRecord:
    """Agency: a yes. Talent: her countersignature over exactly these terms.

    Terms that ask for no more (`auto_in_scope`) are agreed with the agency's yes: her consent allows what lies within it,
    and the agency has seen the price. Without an agency she is asked herself.
    """
    principal.require("agency", "talent")
    row = licence_of(session, principal, licence)
    drafting.require_live(session, row.consent_sha256)
    if principal.role == "agency":
        _move(context, session, row, "agency_approve")
        if terms_of(row).approval == "auto_in_scope":
            _agree_by_consent(context, session, row)
        return record(context, session, row)
    if ask.token is None:
        raise problem(422, "countersignature_missing", "The talent signs the terms.", "Send her approval.")
    after = states.move(state_of(context, session, row), "talent_approve")
    approval = jws.verify(
        ask.token, TermsApproval, [keys.signing_public(consents.talent_key(session, principal.party))]
    )
    expected = (row.id, terms_of(row).sha256(), principal.party)
    if (approval.licence, approval.terms_sha256, approval.talent) != expected:
        raise problem(
            422,
            "countersignature_other",
            "This approval is of other terms.",
            "Sign the terms as they are now.",
        )
    _require_free(session, terms_of(row), context.now())
    row.state, row.countersignature = after, ask.token
    log.append(session, context.settings, "approval", approval.canonical())
    return record(context, session, row)


def decline(
    context: Context, session: Session, principal: Principal, licence: str, ask: exchange.Decision
) -> exchange.LicenceRecord:
    """Agency or talent: a no, and why."""
    principal.require("agency", "talent")
    row = licence_of(session, principal, licence)
    _move(context, session, row, "decline")
    row.reason = ask.reason
    return record(context, session, row)


def pay(
    context: Context, session: Session, principal: Principal, licence: str, ask: exchange.Payment
) -> exchange.LicenceRecord:
    """Paid (the operator records it) or on credit (a brand that has it): the licence is issued and active."""
    principal.require(*(("operator",) if ask.method == "paid" else ("brand",)))
    row = licence_of(session, principal, licence)
    if ask.method == "credit" and not session.get_one(Party, row.brand_id).credit:
        raise problem(
            403, "credit_refused", "This brand has no credit.", "Pay, and ask the operator to record it."
        )
    drafting.require_live(session, row.consent_sha256)
    _move(context, session, row, "pay", "activate")
    terms, now = terms_of(row), context.now()
    twin = session.get_one(TwinRow, (row.twin_id, row.twin_revision))
    row.status_index = (session.scalar(select(func.max(LicenceRow.status_index))) or 0) + 1
    document = Licence(
        id=row.id,
        terms=terms,
        countersignature=row.countersignature,
        talent_key=consents.talent_key(session, row.talent_id),
        pack_sha256=twin.pack_sha256,
        status_index=row.status_index,
        issued_at=now,
    )
    row.token = jws.sign(document, context.keys.licence)
    log.append(session, context.settings, "licence", document.canonical())
    session.flush()
    alone = terms.exclusivity.fee if terms.exclusivity else 0
    for kind, minor in (("usage_fee", terms.rate.usage_fee), ("exclusivity_fee", alone)):
        if minor:
            ledger.charge(
                session,
                context.settings,
                kind=kind,
                licence=row.id,
                terms=terms,
                minor=minor,
                receipt=None,
            )
            if ask.method == "paid":
                ledger.settle(
                    session,
                    context.settings,
                    licence=row.id,
                    terms=terms,
                    minor=minor,
                    reference=ask.reference,
                )
    return record(context, session, row)


def listed(
    context: Context,
    session: Session,
    principal: Principal,
    page: Page = ALL,
    *where: ColumnElement[bool],
    newest_first: bool = False,
) -> exchange.Listed[exchange.LicenceRecord]:
    """The licences the caller is part of, of which `where` holds; oldest first, or newest."""
    query = (
        select(LicenceRow, Party.name, RevocationRow.effective_at, RevocationRow.licence_id)
        .join(Party, Party.id == LicenceRow.talent_id)
        .outerjoin(RevocationRow, RevocationRow.id == consents.first_revocations())
        .where(theirs(principal), *where)
    )
    return listing(
        session,
        query,
        (LicenceRow.created_at, LicenceRow.id),
        lambda row, talent, at, named: _record(context, row, talent, consents.end(at, named)),
        page,
        newest_first=newest_first,
    )


def count(session: Session, principal: Principal, *where: ColumnElement[bool]) -> int:
    """How many they are."""
    return paging.count(session, select(LicenceRow.id).where(theirs(principal), *where))


def now_in(now: int, *names: str) -> ColumnElement[bool]:
    """Licences that stand in one of these states now, none of them final: what `state_of` tells of each, in SQL."""
    return and_(LicenceRow.state.in_(names), LicenceRow.ends_at > now, not_(consents.ended(now)))


def one(context: Context, session: Session, principal: Principal, licence: str) -> exchange.LicenceRecord:
    """One of them."""
    return record(context, session, licence_of(session, principal, licence))


def terms_of(row: LicenceRow) -> Terms:
    """The agreed terms."""
    return parsed(row.terms)


@lru_cache(maxsize=1024)
def parsed(terms: str) -> Terms:
    """Terms as they stand in the database."""
    return Terms.parse(terms.encode())


def record(context: Context, session: Session, row: LicenceRow) -> exchange.LicenceRecord:
    """A licence as its parties see it."""
    talent = session.get_one(Party, row.talent_id)
    return _record(context, row, talent.name, consents.revoked_at(session, row))


def _record(
    context: Context, row: LicenceRow, talent: str, revoked: tuple[int, str] | None
) -> exchange.LicenceRecord:
    terms = terms_of(row)
    return exchange.LicenceRecord(
        id=row.id,
        state=_state(row, terms, revoked, context.now()),
        talent=row.talent_id,
        agency=row.agency_id,
        brand=row.brand_id,
        twin=row.twin_id,
        twin_revision=row.twin_revision,
        display_name=talent,
        terms=json.loads(row.terms),
        terms_sha256=canonical.sha256_hex(row.terms.encode()),  # stored in canonical form
        consent_sha256=row.consent_sha256,
        token=context.keys.resigned(row.token, Licence) if row.token else None,
        renders_left=terms.quota.renders - row.renders_reserved,
        delivered_left=terms.quota.delivered - row.delivered,
        revoked_at=revoked[0] if revoked else None,
        reason=row.reason,
        suspended_by=tuple(filter(None, row.suspended_by.split(","))),
    )


def state_of(context: Context, session: Session, row: LicenceRow) -> str:
    """Where the licence stands now: time and the talent end it without anybody writing that down."""
    return _state(row, terms_of(row), consents.revoked_at(session, row), context.now())


def _state(row: LicenceRow, terms: Terms, revoked: tuple[int, str] | None, now: int) -> str:
    if row.state in states.FINAL:
        return row.state
    if revoked is not None and revoked[0] <= now:
        return "revoked"
    return "expired" if now >= terms.not_after else row.state


def _move(context: Context, session: Session, row: LicenceRow, *events: str) -> None:
    after = state_of(context, session, row)
    for event in events:
        after = states.move(after, event)
    row.state = after


def _agree_by_consent(context: Context, session: Session, row: LicenceRow) -> None:
    _require_free(session, terms_of(row), context.now())
    _move(context, session, row, "talent_approve")
    fact = {
        "licence": row.id,
        "terms_sha256": terms_of(row).sha256(),
        "talent": row.talent_id,
        "consent_sha256": row.consent_sha256,
        "decided_at": context.now(),
    }
    log.append(session, context.settings, "approval", canonical.canonical(fact))


def _require_free(session: Session, terms: Terms, now: int) -> None:
    """That no other brand's licence of this talent, agreed and not taken back, excludes these terms or is excluded."""
    agreed = select(LicenceRow).where(LicenceRow.talent_id == terms.talent, LicenceRow.state.in_(_BINDING))
    for row in session.scalars(agreed):
        revoked = consents.revoked_at(session, row)
        other = terms_of(row)
        if row.state == "completed" and other.exclusivity is None:  # its use is over
            continue
        if revoked is None or revoked[0] > now:
            found = exclusivity.conflict(terms, other)
            scope.require([found] if found else [])
