"""From a picture handed in to the signed file: visible label and XMP, Content Credentials, hash on record.

The label is drawn *before* anything is recorded, so that a picture that cannot carry it is refused and never
billed. The signature comes after, because it names the receipt's leaf. Both work outside any transaction, because
they are slow; `finish` may run twice for one delivery, but only the first result counts. Memory: the encoded file
in and out, and the pixels while the label is drawn.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from sosie.licence.documents import Terms
from sosie.provenance import c2pa
from sosie.provenance.c2pa import DeliveryClaim
from sosie.provenance.prepare import prepare as prepare_file
from sosie.registry.access import Context
from sosie.registry.incoming import Picture
from sosie.registry.licences import terms_of
from sosie.registry.tables import DeliveryRow, LicenceRow, ReceiptRow
from sosie.registry.usable import Standing
from sosie.storage import beside, write_file


@dataclass(frozen=True)
class _Job:
    mime: str
    claim: DeliveryClaim


def receipt_id(delivery: str) -> str:
    """The receipt a delivery will have: known before it is recorded, because the label's metadata names it."""
    return delivery.replace("del_", "rcp_", 1)


def prepare(context: Context, delivery: str, licence: Standing, picture: Picture) -> None:
    """Draw the label and write the metadata into `picture.ready`; log index and time are not in them yet.

    Raises:
        InputError: a picture that is damaged, of an unusual kind, or too small for the label.
    """
    claim = _claim(context, receipt_id(delivery), licence, licence.terms, leaf_index=0, at=context.now())
    labelled = prepare_file(picture.path.read_bytes(), picture.mime, claim=claim)
    write_file(picture.ready, labelled, private=True)


def keep(context: Context, delivery: str, picture: Picture) -> None:
    """Move both copies to where they stay until the delivery is signed."""
    original = input_path(context, delivery)
    original.parent.mkdir(exist_ok=True)
    picture.path.replace(original)
    picture.ready.replace(original.with_suffix(".ready"))


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
    job = context.database.read(lambda session: _job(context, session, delivery))
    if job is None:
        return
    original = input_path(context, delivery)
    ready = original.with_suffix(".ready")
    if ready.exists():
        signer = context.stamping.claim_signer()
        signed = c2pa.sign(ready.read_bytes(), job.mime, signer=signer, claim=job.claim)
    else:  # a restored database may be older than its files
        signed = output_path(context, delivery).read_bytes()
    digest = hashlib.sha256(signed).hexdigest()

    def settle(session: Session) -> None:
        row = session.get_one(DeliveryRow, delivery)
        if row.state != "recorded":
            return
        with beside(output_path(context, delivery), private=True) as partial:
            partial.write_bytes(signed)
        row.state, row.output_sha256 = "signed", digest

    context.database.write(settle)
    original.unlink(missing_ok=True)
    ready.unlink(missing_ok=True)


def _job(context: Context, session: Session, delivery: str) -> _Job | None:
    row = session.get_one(DeliveryRow, delivery)
    if row.state != "recorded":
        return None
    receipt = session.get_one(ReceiptRow, row.receipt_id)
    licence = session.get_one(LicenceRow, row.licence_id)
    claim = _claim(
        context, receipt.id, licence, terms_of(licence), leaf_index=receipt.leaf_index, at=receipt.created_at
    )
    return _Job(row.mime, claim)


def _claim(
    context: Context, receipt: str, licence: LicenceRow | Standing, terms: Terms, *, leaf_index: int, at: int
) -> DeliveryClaim:
    return DeliveryClaim(
        licence=licence.id,
        receipt=receipt,
        twin=licence.twin_id,
        leaf_index=leaf_index,
        consent_sha256=licence.consent_sha256,
        disclosure=terms.disclosure,
        registry=context.settings.name,
        delivered_at=at,
    )
