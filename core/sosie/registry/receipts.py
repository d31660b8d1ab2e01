"""What a delivery puts on record, in one transaction: the receipt, its leaf, the postings, one more of the quota."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Update, bindparam, update
from sqlalchemy.orm import Session

from sosie.licence import jws
from sosie.licence.documents import Receipt, UseTerms
from sosie.registry import blends, finishing, ledger, log, writing
from sosie.registry.access import Context
from sosie.registry.leases import payload_sha256
from sosie.registry.licences import terms_of
from sosie.registry.tables import DeliveryRow, LicenceRow, ReceiptRow
from sosie.registry.usable import Standing
from sosie.registry.writing import Write


def record(context: Context, session: Session, delivery: DeliveryRow, found: Standing) -> list[Write]:
    """All that has to be written for a delivery that has passed the gate; `delivery` itself is only marked."""
    licence, terms, place = found.row, terms_of(found.row), log.edge(session)
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
        leaf_index=place.size,
        delivered_at=context.now(),
    )
    delivery.state, delivery.receipt_id = "recorded", receipt.id
    row = writing.new(
        ReceiptRow,
        id=receipt.id,
        delivery_id=delivery.id,
        licence_id=licence.id,
        leaf_index=receipt.leaf_index,
        token=jws.sign(receipt, context.keys.licence),
        created_at=receipt.delivered_at,
    )
    charged = ledger.charged(
        context.settings,
        blends.shares(session, licence.talent_id) if found.likeness == "blended" else {},
        kind="delivery",
        licence=licence.id,
        terms=terms,
        minor=terms.rate.per_asset,
        receipt=receipt.id,
    )
    return [
        *log.leaf(context.settings, place, "receipt", receipt.canonical()),
        row,
        *charged,
        (_counted(), {"licence": licence.id, "count": licence.delivered + 1}),
    ]


@cache
def _counted() -> Update:
    return (
        update(LicenceRow).where(LicenceRow.id == bindparam("licence")).values(delivered=bindparam("count"))
    )
