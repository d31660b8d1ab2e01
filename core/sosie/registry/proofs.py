"""What can be checked from outside: receipts, log proofs, and what is known of a delivered file."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosie.licence import exchange, keys
from sosie.licence.documents import Receipt
from sosie.registry import consents, log
from sosie.registry.access import Context, Principal, theirs
from sosie.registry.licences import terms_of
from sosie.registry.problems import missing, problem
from sosie.registry.tables import DeliveryRow, LicenceRow, LogDocument, ReceiptRow


def receipt(context: Context, session: Session, principal: Principal, name: str) -> exchange.ReceiptRecord:
    """A receipt with its salt, for those it concerns."""
    query = (
        select(ReceiptRow, DeliveryRow)
        .join(LicenceRow, LicenceRow.id == ReceiptRow.licence_id)
        .join(DeliveryRow, DeliveryRow.id == ReceiptRow.delivery_id)
        .where(ReceiptRow.id == name, theirs(principal))
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise missing("receipt", name)
    row, delivery = found
    return exchange.ReceiptRecord(
        id=row.id,
        token=context.keys.resigned(row.token, Receipt),
        salt=keys.b64encode(session.get_one(LogDocument, row.leaf_index).salt),
        leaf_index=row.leaf_index,
        output_sha256=delivery.output_sha256,
    )


def inclusion(session: Session, index: int, size: int) -> exchange.LogProof:
    """That a leaf stands in the log."""
    leaf, path, root = log.inclusion(session, index, size)
    return exchange.LogProof(
        size=size, root=keys.b64encode(root), path=tuple(map(keys.b64encode, path)), leaf=keys.b64encode(leaf)
    )


def consistency(session: Session, old: int, size: int) -> exchange.LogProof:
    """That the log was only continued."""
    path, root = log.consistency(session, old, size)
    return exchange.LogProof(size=size, root=keys.b64encode(root), path=tuple(map(keys.b64encode, path)))


def verdict(
    context: Context, session: Session, receipt_id: str | None, sha256: str | None
) -> exchange.Verdict:
    """What anybody may know of a file, by the receipt it names and by its own hash.

    `known`: this very file was delivered; `altered`: its receipt is known, but the file is another; `revoked`:
    known, and the talent has since revoked (delivered files stay valid where the consent says so); `unknown`.
    With a receipt alone nothing is said about the file's bytes.
    """
    if not receipt_id and not sha256:
        raise problem(422, "request_invalid", "Name a receipt or a sha256.", "Send one of them, or both.")
    query = select(DeliveryRow, LicenceRow).join(LicenceRow, LicenceRow.id == DeliveryRow.licence_id)
    if receipt_id:
        query = query.where(DeliveryRow.receipt_id == receipt_id)
    else:
        query = query.where(DeliveryRow.output_sha256 == sha256)
    found = session.execute(query).first()
    if found is None:
        return exchange.Verdict(state="unknown")
    delivery, licence = found
    row = session.get_one(ReceiptRow, delivery.receipt_id)
    revoked = consents.revoked_at(session, licence)
    state: str = "known"
    if sha256 and delivery.output_sha256 != sha256:
        state = "altered"
    elif revoked is not None and revoked[0] <= context.now():
        state = "revoked"
    return exchange.Verdict(
        state=state,  # type: ignore[arg-type]  # the three words above
        receipt=row.id,
        licence=licence.id,
        twin=licence.twin_id,
        leaf_index=row.leaf_index,
        delivered_at=row.created_at,
        not_after=terms_of(licence).not_after,
        output_sha256=delivery.output_sha256,
    )
