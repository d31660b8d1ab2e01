"""From a recorded delivery to the signed file: visible label, Content Credentials, hash on record.

Works outside any transaction, because it is slow; may run twice for one delivery, but only the first result
counts. Memory: the encoded file in and out, and the pixels while the label is drawn.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from sosie.licence import keys
from sosie.licence.documents import Receipt
from sosie.provenance import c2pa
from sosie.registry.access import Context
from sosie.registry.licences import terms_of
from sosie.registry.tables import DeliveryRow, LicenceRow, ReceiptRow
from sosie.storage import beside


@dataclass(frozen=True)
class _Job:
    mime: str
    receipt: Receipt
    disclosure: str


def input_path(context: Context, delivery: str) -> Path:
    """The picture as it was handed in."""
    return context.settings.data / "deliveries" / f"{delivery}.in"


def output_path(context: Context, delivery: str) -> Path:
    """The signed picture."""
    return context.settings.data / "deliveries" / f"{delivery}.out"


def finish(context: Context, delivery: str) -> None:
    """Sign a delivery that is recorded; nothing to do for any other.

    Raises:
        SosieError: label or signature failed; the delivery stays recorded and can be asked for again.
    """
    job = context.database.read(lambda session: _job(session, delivery))
    if job is None:
        return
    claim = c2pa.DeliveryClaim(
        licence=job.receipt.licence,
        receipt=job.receipt.id,
        twin=job.receipt.twin,
        leaf_index=job.receipt.leaf_index,
        consent_sha256=job.receipt.consent_sha256,
        disclosure=job.disclosure,
        registry=context.settings.name,
        delivered_at=job.receipt.delivered_at,
    )
    signed = c2pa.sign(
        input_path(context, delivery).read_bytes(),
        job.mime,
        signer=context.keys.authority.claim_signer(),
        claim=claim,
    )
    digest = hashlib.sha256(signed).hexdigest()

    def settle(session: Session) -> None:
        row = session.get_one(DeliveryRow, delivery)
        if row.state != "recorded":
            return
        with beside(output_path(context, delivery), private=True) as partial:
            partial.write_bytes(signed)
        row.state, row.output_sha256 = "signed", digest

    context.database.write(settle)
    input_path(context, delivery).unlink(missing_ok=True)


def _job(session: Session, delivery: str) -> _Job | None:
    row = session.get_one(DeliveryRow, delivery)
    if row.state != "recorded":
        return None
    receipt = session.get_one(ReceiptRow, row.receipt_id)
    licence = session.get_one(LicenceRow, row.licence_id)
    document = Receipt.parse(keys.b64decode(receipt.token.split(".")[1]))
    return _Job(row.mime, document, terms_of(licence).disclosure)
