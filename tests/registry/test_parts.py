"""What the console reads a part at a time adds up to the whole, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TypeVar

import pytest
from sqlalchemy import not_, select
from sqlalchemy.orm import Session
from tests.registry.people import Cast

from sosie.licence import exchange, states
from sosie.licence.billing import PaymentReceived
from sosie.registry import deliveries, directory, ledger, licences, proof_files
from sosie.registry.access import Principal
from sosie.registry.database import Database
from sosie.registry.paging import Page
from sosie.registry.settings import Settings
from sosie.registry.tables import LicenceRow

T = TypeVar("T")


@pytest.fixture
def database(scene: Cast) -> Iterator[Database]:
    with closing(Database(scene.world.database_url or Settings(data=scene.world.data).url)) as opened:
        yield opened


def test_postings_add_up(scene: Cast, database: Database) -> None:
    record = scene.licence()
    scene.deliver(record.id)
    for _ in range(3):
        scene.world.operator.record_payment(record.id, PaymentReceived(minor=7))
    for who in (party(scene, "talent"), party(scene, "agency"), party(scene, "brand")):
        statement = database.read(lambda session, who=who: ledger.statement(session, who.party, who.role))
        total = database.read(lambda session, who=who: ledger.count(session, who.party, who.role))
        assert total == len({line.transaction for line in statement.lines})

        def entries(session: Session, page: Page, who: Principal = who) -> list[list[object]]:
            return [list(lines) for lines in ledger.entries(session, who.party, who.role, page)]

        found = whole(database, entries, total)
        assert [line for lines in reversed(found) for line in lines] == list(statement.lines)
        own = [line for line in statement.lines if line.account == account(who)]
        come, gone = (sum(abs(line.minor) for line in own if (line.minor > 0) is up) for up in (True, False))
        assert database.read(lambda session, who=who: ledger.sums(session, who.party)) == {
            "EUR": (come, gone)
        }
        assert statement.balance == {"EUR": come - gone}


def test_leaves_add_up_and_are_nobody_elses(scene: Cast, database: Database) -> None:
    record = scene.licence()
    for _ in range(3):
        scene.deliver(record.id)
    scene.revoke(licence=record.id)
    talent, brand = party(scene, "talent"), party(scene, "brand")
    stranger = Principal("", "brd_none", "brand", "brd_none", "")
    for who, kinds in (
        (talent, ["revocation", "receipt", "receipt", "receipt", "consent"]),
        (brand, ["receipt"] * 3),
        (stranger, []),
    ):
        total = database.read(lambda session, who=who: proof_files.count(session, who))

        def leaves(session: Session, page: Page, who: Principal = who) -> list[proof_files.Leaf]:
            return proof_files.listed(session, who, page)

        found = whole(database, leaves, total)
        assert [leaf.kind for leaf in found] == kinds
        assert [leaf.index for leaf in found] == sorted((leaf.index for leaf in found), reverse=True)
        assert all(bool(leaf.picture) == (leaf.kind == "receipt") for leaf in found)


def test_people_licences_and_pictures_add_up(scene: Cast, database: Database) -> None:
    asked = [scene.request() for _ in range(3)]
    scene.deliver(scene.licence().id)
    operator = Principal("", "op", "operator", "op", "")
    everybody = database.read(lambda session: directory.everybody(session, operator)).items
    assert database.read(lambda session: directory.count(session, operator)) == len(everybody) == 4
    people = whole(database, lambda session, page: directory.everybody(session, operator, page).items, 4)
    assert people == list(everybody)
    agency = party(scene, "agency")
    assert database.read(lambda session: directory.count(session, agency)) == 1
    agencies = database.read(lambda session: directory.agencies(session, operator))
    assert agencies == [(scene.agency_id, "the agency")]
    requested = licences.now_in(scene.world.clock.now, "requested")
    assert database.read(lambda session: licences.count(session, agency, requested)) == len(asked)
    assert database.read(lambda session: deliveries.count(session, agency, state="signed")) == 1
    assert database.read(lambda session: deliveries.count(session, agency, state="declined")) == 0


def test_a_list_by_state_tells_what_each_licence_tells(scene: Cast, database: Database) -> None:
    _, declined, passed_on, active, short, ended, leaving, held = (
        scene.request(not_after=scene.world.clock.now + days * 86_400)
        for days in (90, 90, 90, 90, 2, 90, 90, 90)
    )
    scene.agency.decline_licence(declined.id, "no")
    scene.agency.approve_licence(passed_on.id)
    for record in (active, short, ended, leaving, held):
        scene.agency.approve_licence(record.id)
        scene.talent.approve_licence(record.id, scene.countersign(record))
        scene.brand.pay_licence(record.id, exchange.Payment(method="credit"))
    scene.brand.change_licence(held.id, "suspend")
    scene.revoke(licence=ended.id)
    scene.revoke(licence=leaving.id, reason="notice")  # in force after three days
    seen = []
    for days in (0, 2, 3):
        scene.world.clock.now += days * 86_400
        require_told(scene, database)
        seen.append({record.id: record.state for record in scene.brand.licences()})
    assert [at[ended.id] for at in seen] == ["revoked"] * 3
    assert [at[short.id] for at in seen] == ["active", "expired", "expired"]
    assert [at[leaving.id] for at in seen] == ["active", "active", "revoked"]
    scene.revoke()  # all that is left
    require_told(scene, database)
    assert {record.state for record in scene.brand.licences()} == {"declined", "revoked"}


def require_told(scene: Cast, database: Database) -> None:
    """`now_in` finds the licences whose own state it is, and no others."""
    brand, all_of_it = party(scene, "brand"), scene.brand.licences()
    for state in sorted(states.STATES - states.FINAL):
        found = database.read(
            lambda session, state=state: session.scalars(
                select(LicenceRow.id).where(licences.now_in(scene.world.clock.now, state))
            ).all()
        )
        assert set(found) == {record.id for record in all_of_it if record.state == state}, state
        number = database.read(
            lambda session, state=state: licences.count(
                session, brand, not_(licences.now_in(scene.world.clock.now, state))
            )
        )
        assert number == len(all_of_it) - len(found)


def whole(database: Database, read: Callable[[Session, Page], Sequence[T]], total: int) -> list[T]:
    """All of a list, two rows a page; nothing is behind its end."""
    pages = [Page(limit=2, offset=offset) for offset in range(0, total + 2, 2)]
    parts = database.read(lambda session: [read(session, page) for page in pages])
    found = [row for rows in parts for row in rows]
    assert len(found) == total
    assert all(len(rows) <= 2 for rows in parts)
    return found


def party(scene: Cast, role: exchange.Role) -> Principal:
    name = {"talent": scene.talent_id, "agency": scene.agency_id, "brand": scene.brand_id}[role]
    return Principal("", name, role, name, role)


def account(who: Principal) -> str:
    return {"talent": "talent_payable", "agency": "agency_payable", "brand": "brand_receivable"}[who.role]
