"""Deliver: the only place where a picture becomes licensed.

Hand in -> checks -> (approval) -> one SQL transaction {receipt, postings, log leaf, quota} -> label and Content
Credentials -> the file can be fetched. The transaction comes before the signature: a registry that stops in
between finds the recorded delivery again and signs it when it is asked for once more, and nothing is billed twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, Update, bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from sosie.errors import RefusedError
from sosie.licence import canonical, exchange, jws, scope
from sosie.licence.documents import Receipt, Terms, UseTerms
from sosie.messages import Use
from sosie.registry import delegations, finishing, ledger, log, paging, writing
from sosie.registry.access import Context, Principal, licence_of, theirs
from sosie.registry.idempotency import require_same
from sosie.registry.incoming import Picture
from sosie.registry.leases import payload_sha256
from sosie.registry.licences import terms_of
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import missing, problem
from sosie.registry.tables import DeliveryRow, LicenceRow, ReceiptRow
from sosie.registry.usable import require_usable
from sosie.registry.writing import Write


def hand_in(
    context: Context, principal: Principal, key: str, licence: str, use_text: str, picture: Picture
) -> exchange.DeliveryRecord:
    """Device: a final picture and what it is for. Everything is checked before anything is written.

    Raises:
        RefusedError: why not, by the code of the first reason.
        RegistryError: `idempotency_conflict`, `licence_unknown`, `role_refused`.
    """
    principal.require("device")
    use = UseTerms.parse(use_text.encode())
    request = canonical.sha256_hex(f"{licence}\n{picture.sha256}\n".encode() + use.canonical())
    name = context.settings.new_id("del")

    def check(session: Session) -> str | tuple[LicenceRow, Terms]:
        query = select(DeliveryRow.id, DeliveryRow.request_sha256).where(
            DeliveryRow.credential == principal.credential, DeliveryRow.key == key
        )
        known = session.execute(query).one_or_none()
        if known is not None:
            require_same(known.request_sha256, request)
            return str(known.id)
        row = licence_of(session, principal, licence)
        return row, require(session, row, use, picture.width * picture.height, context.now())

    def work(session: Session) -> str:
        found = check(session)  # once more: this is the moment that counts
        if isinstance(found, str):
            return found
        row, terms = found
        assert principal.seat is not None
        delivery = DeliveryRow(
            id=name,
            credential=principal.credential,
            key=key,
            request_sha256=request,
            licence_id=row.id,
            seat_id=principal.seat,
            device_id=principal.id,
            use=use.canonical().decode(),
            input_sha256=picture.sha256,
            mime=picture.mime,
            width=picture.width,
            height=picture.height,
            state="pending",
            reason="",
            created_at=context.now(),
        )
        finishing.keep(context, delivery.id, picture)
        take(context, session, delivery, row, terms)
        return delivery.id

    found = context.database.read(check)
    if isinstance(found, str):
        return _finish(context, principal, found)
    finishing.prepare(context, name, *found, picture)
    return _finish(context, principal, context.database.write(work))


def take(
    context: Context, session: Session, delivery: DeliveryRow, licence: LicenceRow, terms: Terms
) -> None:
    """A new delivery that has passed the gate: all of it but its picture, or the wait for the talent's yes."""
    record = [] if terms.approval == "per_image" else _record(context, session, delivery, licence, terms)
    writing.send(session, [writing.new(delivery), *record])


def complete(context: Context, principal: Principal, delivery: str) -> exchange.DeliveryRecord:
    """Device: after the talent's approval, or after a registry that stopped half-way."""
    principal.require("device")

    def work(session: Session) -> str:
        row = _of(session, principal, delivery)
        if row.state == "pending":
            raise problem(
                409,
                "approval_pending",
                "The talent has not decided on this picture yet.",
                "Ask her; then deliver it again, unchanged.",
            )
        if row.state == "declined":
            raise RefusedError(
                f"The talent declined this picture. {row.reason}".rstrip(),
                remedy="Change the picture as she says, and hand it in again.",
                code="approval_declined",
            )
        if row.state == "approved":
            licence, use = licence_of(session, principal, row.licence_id), UseTerms.parse(row.use.encode())
            terms = require(
                session, licence, use, row.width * row.height, context.now()
            )  # the gate once more
            writing.send(session, _record(context, session, row, licence, terms))
        return row.id

    return _finish(context, principal, context.database.write(work))


def decide(
    context: Context, session: Session, principal: Principal, delivery: str, *, approve: bool, reason: str
) -> exchange.DeliveryRecord:
    """Talent, or the agency she lets: yes or no to one picture; the decision is a leaf of the log.

    Raises:
        RegistryError: `delivery_unknown`; 403 `role_refused`, `pictures_not_delegated`; 409 `delivery_state`.
    """
    principal.require("talent", "agency")
    row = _of(session, principal, delivery)
    if not delegations.decides(session, principal, session.get_one(LicenceRow, row.licence_id)):
        raise problem(
            403,
            "pictures_not_delegated",
            "The talent decides on her pictures herself.",
            "Ask her to decide, or to let her agency do it.",
        )
    if row.state != "pending":
        raise problem(409, "delivery_state", f"This picture is {row.state}.", "There is nothing to decide.")
    row.state, row.reason = ("approved" if approve else "declined"), reason
    decision = {
        "delivery": row.id,
        "state": row.state,
        "input": row.input_sha256,
        "by": principal.party,
        "at": context.now(),
    }
    log.append(session, context.settings, "approval", canonical.canonical(decision))
    return describe(row)


def listed(
    session: Session, principal: Principal, page: Page = ALL, **only: str
) -> exchange.Listed[exchange.DeliveryRecord]:
    """The deliveries the caller is part of, or `only` those with this `state` or `licence_id`, newest first."""
    order = (DeliveryRow.created_at, DeliveryRow.id)
    return listing(session, _theirs(principal, only), order, describe, page, newest_first=True)


def count(session: Session, principal: Principal, **only: str) -> int:
    """How many they are."""
    return paging.count(session, _theirs(principal, only))


def one(session: Session, principal: Principal, delivery: str) -> DeliveryRow:
    """A delivery the caller is part of; else 404."""
    return _of(session, principal, delivery)


def describe(row: DeliveryRow) -> exchange.DeliveryRecord:
    """A delivery as its parties see it."""
    return exchange.DeliveryRecord(
        id=row.id,
        licence=row.licence_id,
        state=row.state,
        use=json.loads(row.use),
        input_sha256=row.input_sha256,
        width=row.width,
        height=row.height,
        receipt=row.receipt_id,
        output_sha256=row.output_sha256,
        reason=row.reason,
    )


def require(session: Session, row: LicenceRow, use: UseTerms, pixels: int, now: int) -> Terms:
    """The deliver gate: usable now, within scope and size, quota left; returns the terms."""
    require_usable(session, row, now)
    terms = terms_of(row)
    asked = Use(
        purpose=use.purpose,
        media=use.media,
        territory=use.territory,
        operation=use.operation,
        categories=use.categories,
    )
    reasons: Sequence[scope.Refusal] = scope.refusals(asked, terms)
    scope.require(reasons)
    if pixels > terms.quota.max_px:
        raise RefusedError(
            f"The picture has {pixels} pixels; licensed are {terms.quota.max_px}.",
            remedy="Deliver a smaller picture, or ask for a licence with a higher resolution.",
            code="size_not_licensed",
        )
    if row.delivered >= terms.quota.delivered:
        raise RefusedError(
            f"All {terms.quota.delivered} deliveries of this licence are used.",
            remedy="Ask the talent for a licence with more.",
            code="quota_exhausted",
        )
    return terms


def _record(
    context: Context, session: Session, delivery: DeliveryRow, licence: LicenceRow, terms: Terms
) -> list[Write]:
    """The one transaction's heart: leaf, receipt, postings, quota; `delivery` itself is only marked."""
    assert licence.token is not None
    receipt = Receipt(
        id=finishing.receipt_id(delivery.id),
        licence=licence.id,
        licence_sha256=payload_sha256(licence.token),
        consent_sha256=licence.consent_sha256,
        twin=licence.twin_id,
        twin_revision=licence.twin_revision,
        talent=licence.talent_id,
        brand=licence.brand_id,
        seat=delivery.seat_id,
        device=delivery.device_id,
        use=UseTerms.parse(delivery.use.encode()),
        input_sha256=delivery.input_sha256,
        width=delivery.width,
        height=delivery.height,
        currency=terms.rate.currency,
        amount=terms.rate.per_asset,
        leaf_index=log.size(session),
        delivered_at=context.now(),
    )
    set_committed_value(licence, "delivered", licence.delivered + 1)
    delivery.state, delivery.receipt_id = "recorded", receipt.id
    row = ReceiptRow(
        id=receipt.id,
        delivery_id=delivery.id,
        licence_id=licence.id,
        leaf_index=receipt.leaf_index,
        token=jws.sign(receipt, context.keys.licence),
        created_at=receipt.delivered_at,
    )
    charged = ledger.charged(
        session,
        context.settings,
        kind="delivery",
        licence=licence.id,
        terms=terms,
        minor=terms.rate.per_asset,
        receipt=receipt.id,
    )
    return [
        *log.leaf(session, context.settings, "receipt", receipt.leaf_index, receipt.canonical()),
        writing.new(row),
        *charged,
        (_counted(), {"licence": licence.id, "count": licence.delivered}),
    ]


@cache
def _counted() -> Update:
    return (
        update(LicenceRow).where(LicenceRow.id == bindparam("licence")).values(delivered=bindparam("count"))
    )


def _finish(context: Context, principal: Principal, delivery: str) -> exchange.DeliveryRecord:
    finishing.finish(context, delivery)
    return context.database.read(lambda session: describe(_of(session, principal, delivery)))


def _of(session: Session, principal: Principal, delivery: str) -> DeliveryRow:
    row = session.scalars(_theirs(principal, {"id": delivery})).one_or_none()
    if row is None:
        raise missing("delivery", delivery)
    return row


def _theirs(principal: Principal, only: dict[str, str]) -> Select[DeliveryRow]:
    query = select(DeliveryRow).join(LicenceRow, LicenceRow.id == DeliveryRow.licence_id)
    named = (getattr(DeliveryRow, name) == value for name, value in only.items())
    return query.where(theirs(principal), *named)
