"""What must hold in a registry's tables at any time, whatever was asked of it and however it ended."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from sosie.licence import tree
from sosie.licence.documents import Terms
from sosie.registry.database import Database
from sosie.registry.tables import (
    DeliveryRow,
    LeaseRow,
    LedgerEntry,
    LicenceRow,
    LogDocument,
    LogHead,
    LogLeaf,
    LogNode,
    Posting,
    ReceiptRow,
)


def check(url: str, *, erased: int = 0) -> None:
    """Ledger, quota, receipts and log agree with each other; so many documents were erased on purpose."""
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            _ledger(connection)
            _quota(connection)
            _log(connection, erased)
    finally:
        database.close()


def _ledger(connection: Connection) -> None:
    sums = select(Posting.entry_id).group_by(Posting.entry_id).having(func.sum(Posting.minor) != 0)
    assert connection.execute(sums).all() == []
    receipts = set(connection.scalars(select(ReceiptRow.id)))
    billed = list(connection.scalars(select(LedgerEntry.receipt_id).where(LedgerEntry.kind == "delivery")))
    assert (set(billed), len(billed)) == (receipts, len(receipts))
    keys = connection.execute(
        select(DeliveryRow.credential, DeliveryRow.key)
        .group_by(DeliveryRow.credential, DeliveryRow.key)
        .having(func.count() > 1)
    )
    assert keys.all() == []


def _quota(connection: Connection) -> None:
    rows = connection.execute(
        select(LicenceRow.id, LicenceRow.terms, LicenceRow.delivered, LicenceRow.renders_reserved)
    )
    for licence, terms, delivered, reserved in rows:
        quota = Terms.parse(terms.encode()).quota
        receipts = select(func.count()).where(ReceiptRow.licence_id == licence)
        assert connection.scalar(receipts) == delivered <= quota.delivered
        out = select(func.coalesce(func.sum(LeaseRow.renders), 0)).where(
            LeaseRow.licence_id == licence, LeaseRow.returned_at.is_(None)
        )
        assert connection.scalar(out) <= reserved <= quota.renders


def _log(connection: Connection, erased: int) -> None:
    size = connection.scalar(select(LogHead.size)) or 0
    leaves = connection.execute(
        select(LogLeaf.index, LogLeaf.kind, LogLeaf.hash).order_by(LogLeaf.index)
    ).all()
    assert [leaf.index for leaf in leaves] == list(range(size))
    receipts = sorted(connection.scalars(select(ReceiptRow.leaf_index)))
    assert [leaf.index for leaf in leaves if leaf.kind == "receipt"] == receipts
    assert connection.scalar(select(func.count()).select_from(LogDocument)) == size - erased
    grown: dict[tuple[int, int], bytes] = {}
    for place, leaf in enumerate(leaves):
        nodes = tree.appended(lambda level, index: grown[level, index], place, leaf.hash)
        grown.update({(level, index): value for level, index, value in nodes})
    stored = {(n.level, n.index): n.hash for n in connection.execute(select(LogNode.__table__))}
    assert stored == {place: value for place, value in grown.items() if place[0]}
