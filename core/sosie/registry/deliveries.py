"""Deliver: the only place where a picture becomes licensed.

Hand in -> checks -> (approval) -> one SQL transaction {receipt, postings, log leaf, quota} -> label and Content
Credentials -> the file can be fetched. The transaction comes before the signature: a registry that stops in
between finds the recorded delivery again and signs it when it is asked for once more, and nothing is billed twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from sosie.errors import RefusedError
from sosie.licence import canonical, exchange
from sosie.licence.documents import UseTerms
from sosie.registry import blends, delegations, finishing, log, paging, receipts, writing
from sosie.registry.access import Context, Principal, theirs
from sosie.registry.handed import Handed, admit, reads, require_deliverable
from sosie.registry.incoming import Picture
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import missing, problem
from sosie.registry.tables import DeliveryRow, LicenceRow
from sosie.registry.usable import Standing, standing
from sosie.registry.writing import Rows, Write


def hand_in(
    context: Context, principal: Principal, key: str, licence: str, use_text: str, picture: Picture
) -> exchange.DeliveryRecord:
    """Device: a final picture and what it is for. Everything is checked before anything is written.

    Raises:
        RefusedError: why not, by the code of the first reason.
        RegistryError: `idempotency_conflict`, `licence_unknown`, `role_refused`.
    """
    principal.require("device")
    assert principal.seat is not None
    handed = Handed(
        id=context.settings.new_id("del"),
        credential=principal.credential,
        key=key,
        seat=principal.seat,
        device=principal.id,
        licence=licence,
        use=UseTerms.parse(use_text.encode()),
        sha256=picture.sha256,
        mime=picture.mime,
        width=picture.width,
        height=picture.height,
    )
    found = admit(handed, context.database.ask(reads(principal, handed)), context.now())
    if isinstance(found, str):
        return _finish(context, principal, found)
    finishing.prepare(context, handed.id, found, picture)
    shares = context.database.read(lambda session: _shares(session, found))
    keep = partial(finishing.keep, context, handed.id, picture)
    return _finish(context, principal, enter(context, principal, handed, shares, keep))


def enter(
    context: Context,
    principal: Principal,
    handed: Handed,
    shares: Mapping[str, int],
    keep: Callable[[], None],
) -> str:
    """A delivery that has passed the gate: all of it but its picture, or the wait for the talent's yes.

    Args:
        context: the registry.
        principal: the device.
        handed: what it has handed in.
        shares: among whom the talent's part is split (`_shares`).
        keep: puts the picture where it stays; called when nothing can refuse it any more.

    Returns:
        The delivery's id: the one it had before, where its key is known. Raises as `hand_in`.
    """

    def work(rows: list[Rows]) -> tuple[str, list[Write]]:
        *gate, edge = rows
        found = admit(handed, gate, context.now())  # once more: this is the moment that counts
        if isinstance(found, str):
            return found, []
        keep()
        if found.terms.approval == "per_image":
            return handed.id, [handed.row("pending", context.now())]
        delivery = handed.row("recorded", context.now(), finishing.receipt_id(handed.id))
        return handed.id, [delivery, *receipts.record(context, log.edge_of(edge), handed, found, shares)]

    return context.database.transact([*reads(principal, handed), (log.EDGE, {})], work)


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
            found, handed = standing(session, principal, row.licence_id), Handed.of(row)
            require_deliverable(found, handed.use, handed.pixels, context.now())  # the gate once more
            row.state, row.receipt_id = "recorded", finishing.receipt_id(row.id)
            place, shares = log.edge(session), _shares(session, found)
            writing.send(session, receipts.record(context, place, handed, found, shares))
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


def _shares(session: Session, found: Standing) -> dict[str, int]:
    """Among whom the talent's part is split; declared once, they never change."""
    return blends.shares(session, found.talent_id) if found.likeness == "blended" else {}


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
