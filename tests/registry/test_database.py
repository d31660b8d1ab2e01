"""The ways into a database, on both kinds: who reads does not write, a snapshot is one moment, all of a write or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from tests.registry.servers import fresh

from sosie.registry import log, writing
from sosie.registry.database import Database
from sosie.registry.settings import Settings
from sosie.registry.tables import LogHead, Party
from sosie.registry.writing import Rows, Write

PARTY = {
    "id": "bra_one",
    "role": "brand",
    "name": "One",
    "credit": 0,
    "likeness": "person",
    "delegates_pictures": 0,
    "created_at": 1,
}


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None) -> Settings:
    return Settings(data=tmp_path, database_url=fresh(database_url))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings.url)
    opened.migrate()
    yield opened
    opened.close()


def parties(session: Session) -> list[str]:
    return list(session.scalars(select(Party.id)))


def test_who_reads_does_not_write(database: Database, settings: Settings) -> None:
    def by_mapper(session: Session) -> None:
        session.add(Party(**PARTY))
        session.flush()

    attempts = (
        by_mapper,
        lambda session: session.execute(insert(Party).values(PARTY)),
        lambda session: session.execute(update(LogHead).values(size=7)),
        lambda session: log.append(session, settings, "consent", b"{}"),
    )
    for reader in (database.read, database.snapshot):
        for attempt in attempts:
            with pytest.raises(AssertionError, match="write"):
                reader(attempt)
    assert database.read(parties) == []
    assert database.read(log.size) == 0


def test_a_snapshot_is_one_moment(database: Database) -> None:
    def work(session: Session) -> tuple[list[str], list[str]]:
        before = parties(session)
        database.write(lambda other: other.execute(insert(Party).values(PARTY)))
        return before, parties(session)

    assert database.snapshot(work) == ([], [])
    assert database.read(parties) == ["bra_one"]


def test_what_is_decided_is_written_whole(database: Database, settings: Settings) -> None:
    def join(rows: list[Rows]) -> tuple[int, list[Write]]:
        place = log.edge_of(rows[0])
        leaf = log.leaf(settings, place, "consent", b"{}")
        return place.size, [writing.new(Party, **PARTY), *leaf, *([] if good else leaf[:1])]

    good = False
    with pytest.raises(IntegrityError):
        database.transact([(log.EDGE, {})], join)
    assert (database.read(parties), database.read(log.size)) == ([], 0)
    good = True
    assert database.transact([(log.EDGE, {})], join) == 0
    assert (database.read(parties), database.read(log.size)) == (["bra_one"], 1)
    assert database.transact([(log.EDGE, {})], lambda rows: (log.edge_of(rows[0]).size, [])) == 1


def test_who_decides_sees_all_that_was_written_before(database: Database, settings: Settings) -> None:
    def append(rows: list[Rows]) -> tuple[int, list[Write]]:
        place = log.edge_of(rows[0])
        return place.size, log.leaf(settings, place, "consent", b"{}")

    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(lambda _: database.transact([(log.EDGE, {})], append), range(24)))
    assert sorted(places) == list(range(24))
    assert database.read(log.size) == 24


def test_the_edge_grows_the_tree(database: Database, settings: Settings) -> None:
    for size in range(1, 20):
        database.write(lambda session: log.append(session, settings, "consent", b"{}"))
        root = database.read(lambda session, size=size: log.checkpoint(session, "here", 0)[0].root)  # type: ignore[misc]
        old = (size + 1) // 2
        assert database.read(lambda s, old=old, size=size: log.consistency(s, old, size))[1] == root  # type: ignore[misc]
