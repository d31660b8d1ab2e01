"""What a delivery puts on record, in one transaction: the receipt, its leaf, the postings, one more of the quota."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Update, bindparam, update

from sosie.licence import jws
from sosie.licence.documents import Receipt
from sosie.registry import finishing, ledger, log
from sosie.registry.access import Context
from sosie.registry.handed import Handed
from sosie.registry.leases import payload_sha256
from sosie.registry.tables import LicenceRow, ReceiptRow
from sosie.registry.usable import Standing
from sosie.registry.writing import Write, new


def record(
    context: Context, place: log.Edge, handed: Handed, licence: Standing, shares: Mapping[str, int]
) -> list[Write]:
    """All that has to be written, beside its own row, for a delivery that has passed the gate.

    Args:
        context: the registry.
        place: the log's end.
        handed: the delivery.
        licence: what it is delivered under.
        shares: the talent's `blends.shares`.
    """
    terms, now = licence.terms, context.now()
    assert licence.token is not None
    receipt = Receipt(
        id=finishing.receipt_id(handed.id),
        licence=licence.id,
        licence_sha256=payload_sha256(licence.token),
        consent_sha256=licence.consent_sha256,
        twin=licence.twin_id,
        twin_revision=licence.twin_revision,
        talent=licence.talent_id,
        brand=licence.brand_id,
        seat=handed.seat,
        device=handed.device,
        use=handed.use,
        input_sha256=handed.sha256,
        width=handed.width,
        height=handed.height,
        currency=terms.rate.currency,
        amount=terms.rate.per_asset,
        leaf_index=place.size,
        delivered_at=now,
    )
    row = new(
        ReceiptRow,
        id=receipt.id,
        delivery_id=handed.id,
        licence_id=licence.id,
        leaf_index=receipt.leaf_index,
        token=jws.sign(receipt, context.keys.licence),
        created_at=now,
    )
    charged = ledger.charged(
        context.settings,
        shares,
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
