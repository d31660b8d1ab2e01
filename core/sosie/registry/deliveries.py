"""Deliver: the only place where a picture becomes licensed.

Hand in -> checks -> (approval) -> one SQL transaction {receipt, postings, log leaf, quota} -> label and Content
Credentials -> the file can be fetched. The transaction comes before the signature: a registry that stops in
between finds the recorded delivery again and signs it when it is asked for once more, and nothing is billed twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from sosie.errors import RefusedError
from sosie.licence import canonical, exchange, scope
from sosie.licence.documents import UseTerms
from sosie.messages import Use
from sosie.registry import delegations, finishing, log, paging, receipts, writing
from sosie.registry.access import Context, Principal, theirs
from sosie.registry.idempotency import require_same
from sosie.registry.incoming import Picture
from sosie.registry.licences import terms_of
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import missing, problem
from sosie.registry.tables import DeliveryRow, LicenceRow
from sosie.registry.usable import Standing, require_usable, standing


@dataclass(frozen=True)
class Handed:
    """A picture handed in: under which new id and which `Idempotency-Key`, what for, and what the books say of it."""

    id: str
    key: str
    licence: str
    use: UseTerms
    sha256: str
    mime: str
    width: int
    height: int

    @property
    def request_sha256(self) -> str:
        """What "the same request" means."""
        return canonical.sha256_hex(f"{self.licence}\n{self.sha256}\n".encode() + self.use.canonical())


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
    size = (picture.width, picture.height)
    handed = Handed(context.settings.new_id("del"), key, licence, use, picture.sha256, picture.mime, *size)

    def work(session: Session) -> str:
        found = admit(context, session, principal, handed)  # once more: this is the moment that counts
        if isinstance(found, str):
            return found
        finishing.keep(context, handed.id, picture)
        enter(context, session, principal, handed, found)
        return handed.id

    found = context.database.read(lambda session: admit(context, session, principal, handed))
    if isinstance(found, str):
        return _finish(context, principal, found)
    finishing.prepare(context, handed.id, found.row, terms_of(found.row), picture)
    return _finish(context, principal, context.database.write(work))


def admit(context: Context, session: Session, principal: Principal, handed: Handed) -> str | Standing:
    """The licence that allows it now, or the id of the delivery that it was before; raises as `hand_in`."""
    named = {"credential": principal.credential, "key": handed.key}
    known = session.execute(_known(), named).one_or_none()
    if known is not None:
        require_same(known.request_sha256, handed.request_sha256)
        return str(known.id)
    found = standing(session, principal, handed.licence)
    _require(found, handed.use, handed.width * handed.height, context.now())
    return found


def enter(context: Context, session: Session, principal: Principal, handed: Handed, found: Standing) -> None:
    """A delivery that has passed the gate: all of it but its picture, or the wait for the talent's yes."""
    assert principal.seat is not None
    delivery = DeliveryRow(
        id=handed.id,
        credential=principal.credential,
        key=handed.key,
        request_sha256=handed.request_sha256,
        licence_id=found.row.id,
        seat_id=principal.seat,
        device_id=principal.id,
        use=handed.use.canonical().decode(),
        input_sha256=handed.sha256,
        mime=handed.mime,
        width=handed.width,
        height=handed.height,
        state="pending",
        reason="",
        created_at=context.now(),
    )
    asked = terms_of(found.row).approval == "per_image"
    record = [] if asked else receipts.record(context, session, delivery, found)
    writing.last(session, [writing.whole(delivery), *record])


@cache
def _known() -> Select[str, str]:
    query = select(DeliveryRow.id, DeliveryRow.request_sha256)
    return query.where(DeliveryRow.credential == bindparam("credential"), DeliveryRow.key == bindparam("key"))


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
            found, use = standing(session, principal, row.licence_id), UseTerms.parse(row.use.encode())
            _require(found, use, row.width * row.height, context.now())  # the gate once more
            writing.last(session, receipts.record(context, session, row, found))
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
    session: Session, principal: Principal, page: Page = ALL, *where: ColumnElement[bool], **only: str
) -> exchange.Listed[exchange.DeliveryRecord]:
    """The deliveries the caller is part of, or `only` those with this `state` or `licence_id`, newest first."""
    order = (DeliveryRow.created_at, DeliveryRow.id)
    query = _theirs(principal, only).where(*where)
    return listing(session, query, order, describe, page, newest_first=True)


def count(session: Session, principal: Principal, *where: ColumnElement[bool], **only: str) -> int:
    """How many they are."""
    return paging.count(session, _theirs(principal, only).where(*where))


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


def _require(found: Standing, use: UseTerms, pixels: int, now: int) -> None:
    """The deliver gate: usable now, within scope and size, quota left."""
    require_usable(found, now)
    terms = terms_of(found.row)
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
    if found.row.delivered >= terms.quota.delivered:
        raise RefusedError(
            f"All {terms.quota.delivered} deliveries of this licence are used.",
            remedy="Ask the talent for a licence with more.",
            code="quota_exhausted",
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
