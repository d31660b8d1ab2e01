"""A registry with a life behind it: one real licence and delivery, copied under other names as often as asked.

Every copy is a row like any other, with keys, postings and a place in the log; the log's leaves are random hashes and
its inner nodes the RFC 6962 tree over all of them. Only the tokens still speak of the original.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Text,
    cast,
    insert,
    join,
    literal,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session

from sosie.bench.registry_cast import deliver, original
from sosie.licence import tree
from sosie.registry import log
from sosie.registry.access import Context, Principal
from sosie.registry.app import create_app
from sosie.registry.settings import Settings
from sosie.registry.tables import (
    Base,
    ConsentRow,
    DeliveryRow,
    LedgerEntry,
    LicenceRow,
    LogDocument,
    LogHead,
    LogLeaf,
    LogNode,
    Posting,
    ReceiptRow,
)

LICENCES_OF_A_CONSENT = 10
FIRST = 10**9  # copies are numbered from here, so that all names have one length


@dataclass(frozen=True)
class Filled:
    """A filled registry, and a machine that works there."""

    context: Context
    device: Principal
    licences: int
    leaves: int

    def licence(self, number: int) -> str:
        """One of the copied licences: another one each time, all over the table."""
        return f"lic_{FIRST + 1 + number * 7919 % self.licences}"

    def deliver(self, number: int) -> None:
        """One more delivery of this machine, under `licence(number)`."""
        deliver(self.context, self.device, f"del_new{FIRST + number}", self.licence(number))


@contextmanager
def fill(data: Path, url: str | None, *, licences: int, receipts: int) -> Iterator[Filled]:
    """A registry in `data` (and at `url`, a PostgreSQL) with so many licences and receipts, closed at the end."""
    settings = Settings(data=data, database_url=url)
    context: Context = create_app(settings).state.context
    database = context.database
    try:
        device, licence = database.write(lambda session: original(context, session))
        deliver(context, device, "del_original", licence)
        size = database.read(log.size)
        for step in _copies(licence, size, licences, receipts):
            database.write(_unchecked(step))
        database.write(_unchecked(lambda session: _grow(session, receipts)))
        _settle(context)
        yield Filled(context, device, licences, size + receipts)
    finally:
        context.stamping.close()
        database.close()


def _settle(context: Context) -> None:
    """What a database does by itself in the night: statistics, and everything in its place."""
    engine = context.database.engine
    if engine.dialect.name == "postgresql":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))
        return
    engine.dispose()
    raw = sqlite3.connect(context.settings.data / "registry.sqlite")
    try:
        raw.executescript("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);")
    finally:
        raw.close()


def _copies(original: str, size: int, licences: int, receipts: int) -> Iterator[Callable[[Session], None]]:
    """A step for each table, parents first."""
    held_by, made_by = _numbers(licences), _numbers(receipts)
    many, more = held_by.c.n, made_by.c.n
    held = _name("lic_", more % licences + 1)
    entry = select(LedgerEntry.id).where(LedgerEntry.kind == "delivery", LedgerEntry.licence_id == original)
    old = entry.scalar_subquery()
    agreed_by = _numbers(licences // LICENCES_OF_A_CONSENT + 1)
    agreed = agreed_by.c.n
    yield lambda s: _copy(
        s, agreed_by, ConsentRow, literal(True), {"id": _name("con_", agreed), "sha256": _sha256(agreed)}
    )
    yield lambda s: _copy(
        s,
        held_by,
        LicenceRow,
        LicenceRow.id == original,
        {
            "id": _name("lic_", many),
            "status_index": many + 1,
            "consent_sha256": _sha256(many % (licences // LICENCES_OF_A_CONSENT) + 1),
        },
    )
    yield lambda s: _copy(
        s,
        made_by,
        DeliveryRow,
        DeliveryRow.id == "del_original",
        {
            "id": _name("del_", more),
            "key": _name("", more),
            "licence_id": held,
            "receipt_id": _name("rcp_", more),
            "output_sha256": _name("", more),
            "state": literal("signed"),
        },
    )
    place = {"index": more + size - 1, "leaf_index": more + size - 1}
    yield lambda s: _leaves(s, receipts)
    yield lambda s: _copy(
        s,
        made_by,
        ReceiptRow,
        ReceiptRow.delivery_id == "del_original",
        {"id": _name("rcp_", more), "delivery_id": _name("del_", more), "licence_id": held} | place,
    )
    yield lambda s: _copy(s, made_by, LogDocument, LogDocument.leaf_index == size - 1, place)
    yield lambda s: _copy(
        s,
        made_by,
        LedgerEntry,
        LedgerEntry.id == old,
        {"id": _name("led_", more), "licence_id": held, "receipt_id": _name("rcp_", more)},
    )
    yield lambda s: _copy(s, made_by, Posting, Posting.entry_id == old, {"entry_id": _name("led_", more)})


def _numbers(count: int) -> CTE:
    """A table of the numbers `n` from 1 to `count`."""
    numbers = select(literal(1, BigInteger).label("n")).cte(f"numbers_{count}", recursive=True)
    return numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count))


def _name(prefix: str, number: ColumnElement[int]) -> ColumnElement[str]:
    return literal(prefix).concat(cast(number + FIRST, Text))


def _sha256(number: ColumnElement[int]) -> ColumnElement[str]:
    """A hash like any other, to the eye."""
    return literal("0" * 54).concat(cast(number + FIRST, Text))


def _copy(
    session: Session,
    numbers: CTE,
    table: type[Base],
    which: ColumnElement[bool],
    other: Mapping[str, ColumnElement[Any]],
) -> None:
    """The rows that `which` finds, once more for each of `numbers`, with `other` in place of some columns."""
    columns = list(table.__table__.columns)
    rows = (
        select(*(other.get(column.name, column) for column in columns))
        .select_from(join(table, numbers, true()))
        .where(which)
    )
    session.execute(insert(table).from_select([column.name for column in columns], rows))


def _leaves(session: Session, count: int) -> None:
    head = session.scalars(select(LogHead)).one()
    now = int(time.time())
    rows = [(head.size + n, "receipt", secrets.token_bytes(32), now) for n in range(count)]
    _load(session, LogLeaf, rows)


def _grow(session: Session, count: int) -> None:
    """The inner nodes over old and new leaves, and the log's new size."""
    hashes = list(session.scalars(select(LogLeaf.hash).order_by(LogLeaf.index)))
    level, before = 0, len(hashes) - count
    while len(hashes) > 1:
        hashes = [tree.node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        level, before = level + 1, before // 2
        _load(session, LogNode, [(level, i, hashes[i]) for i in range(before, len(hashes))])
    session.execute(update(LogHead).values(size=LogHead.size + count))


def _load(session: Session, table: type[Base], rows: list[tuple[Any, ...]]) -> None:
    """Many rows at once: COPY on PostgreSQL."""
    names = [column.name for column in table.__table__.columns]
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        session.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    listed = ", ".join(f'"{name}"' for name in names)
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.__tablename__} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _unchecked(step: Callable[[Session], object]) -> Callable[[Session], None]:
    """On PostgreSQL without a look-up for each foreign key: the copies' are right by the way they are made."""

    def work(session: Session) -> None:
        if session.connection().dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        step(session)

    return work
