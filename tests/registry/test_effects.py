"""What is written, and only once: approval, idempotency, journal, quota under load, ledger, log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from tests.registry.people import code

from sosie.errors import RefusedError, RegistryError
from sosie.licence import chain, exchange, journal, keys, tree
from sosie.licence.people import Delegated
from sosie.registry.database import Database
from sosie.registry.settings import Settings
from sosie.registry.tables import APPEND_ONLY, LedgerEntry, LogLeaf, Posting, ReceiptRow

QUOTA = {"renders": 500, "delivered": 20, "seats": 5, "devices_per_seat": 2, "max_px": 24_000_000}


def test_each_picture_is_approved_by_the_talent(make_cast: Any, tmp_path: Path) -> None:
    scene = make_cast(approval="per_image")
    record = scene.licence()
    done = scene.deliver(record.id, key="a")
    assert (done.record.state, done.path) == ("pending", None)
    assert scene.deliver(record.id, key="a").record.id == done.record.id
    device = scene.device.registry
    with pytest.raises(RefusedError, match="not decided") as caught:
        device.complete_delivery(done.record.id, tmp_path / "x.jpg")
    assert caught.value.code == "approval_pending"
    scene.talent.delivered_picture(done.record.id, tmp_path / "preview.jpg")
    assert (tmp_path / "preview.jpg").read_bytes() == (tmp_path / "final.jpg").read_bytes()
    with pytest.raises(RegistryError, match="not signed"):
        device.delivered_picture(done.record.id, tmp_path / "x.jpg")
    scene.talent.decide_delivery(done.record.id, approve=True)
    final = device.complete_delivery(done.record.id, tmp_path / "x.jpg")
    assert final.record.state == "signed"
    assert device.complete_delivery(done.record.id, tmp_path / "x.jpg").record == final.record
    declined = scene.deliver(record.id, key="b").record
    scene.talent.decide_delivery(declined.id, approve=False, reason="the skin is too smooth")
    with pytest.raises(RefusedError, match="too smooth") as caught:
        device.complete_delivery(declined.id, tmp_path / "x.jpg")
    assert caught.value.code == "approval_declined"
    assert device.licence(record.id).delivered_left == 19


def test_an_agency_decides_on_pictures_only_where_the_talent_lets_it(make_cast: Any, tmp_path: Path) -> None:
    scene = make_cast(approval="per_image")
    record = scene.licence()
    waits = scene.deliver(record.id, key="a").record.id
    decide = partial(scene.agency.decide_delivery, waits, approve=True)
    assert scene.talent.delegation() == Delegated(agency=scene.agency_id, pictures=False)
    assert code(decide) == "pictures_not_delegated"
    size = scene.world.registry().health()["log_size"]
    assert scene.talent.delegate(pictures=True).pictures
    scene.talent.delegate(pictures=True)
    assert scene.world.registry().health()["log_size"] == size + 1, "a change is a leaf, a repetition none"
    stranger, _, _ = scene.world.party("agency")
    assert code(stranger.decide_delivery, waits, approve=True) == "delivery_unknown"
    assert code(scene.brand.decide_delivery, waits, approve=True) == "role_refused"
    scene.agency.delivered_picture(waits, tmp_path / "preview.jpg")
    assert decide().state == "approved"
    assert code(scene.talent.decide_delivery, waits, approve=False) == "delivery_state"
    assert scene.device.registry.complete_delivery(waits, tmp_path / "x.jpg").record.state == "signed"
    assert not scene.talent.delegate(pictures=False).pictures
    next_one = scene.deliver(record.id, key="b").record.id
    assert code(scene.agency.decide_delivery, next_one, approve=True) == "pictures_not_delegated"
    assert code(scene.agency.delegate, pictures=True) == "role_refused"
    alone, _, _ = scene.world.party("talent")
    assert code(alone.delegate, pictures=True) == "agency_missing"


def test_an_approved_picture_is_not_delivered_after_revocation(make_cast: Any, tmp_path: Path) -> None:
    scene = make_cast(approval="per_image")
    done = scene.deliver(scene.licence().id)
    scene.talent.decide_delivery(done.record.id, approve=True)
    scene.revoke()
    with pytest.raises(RefusedError) as caught:
        scene.device.registry.complete_delivery(done.record.id, tmp_path / "x.jpg")
    assert caught.value.code == "consent_revoked"


def test_one_effect_for_each_key(scene: Any, tmp_path: Path) -> None:
    record = scene.licence()
    ask = exchange.LeaseRequest(licence=record.id)
    first, _ = scene.device.registry.lease(ask, key="k")
    again, _ = scene.device.registry.lease(ask, key="k")
    assert first == again
    assert scene.device.registry.licence(record.id).renders_left == 475
    with pytest.raises(RegistryError) as caught:
        scene.device.registry.lease(exchange.LeaseRequest(licence=record.id, renders=3), key="k")
    assert (caught.value.code, caught.value.status) == ("idempotency_conflict", 409)
    one = scene.deliver(record.id, key="d").record
    assert scene.deliver(record.id, key="d").record == one
    assert scene.device.registry.licence(record.id).delivered_left == 19
    other = tmp_path / "other.jpg"
    other.write_bytes((tmp_path / "final.jpg").read_bytes() + b"\0")
    with pytest.raises(RegistryError) as caught:
        scene.deliver(record.id, key="d", picture=other)
    assert caught.value.code == "idempotency_conflict"


def test_what_is_shown_once_is_answered_again_with_its_key_and_never_kept_in_clear(world: Any) -> None:
    ask = exchange.NewParty(role="brand", name="a brand")
    asked = [world.operator.create_party(ask, key="an invitation") for _ in range(2)]
    assert asked[0] == asked[1]
    assert world.operator.create_party(ask).id != asked[0].id
    assert code(world.operator.create_party, ask.model_copy(update={"name": "x"}), key="an invitation") == (
        "idempotency_conflict"
    )
    redeem = exchange.Enrolment(code=asked[0].code)
    enrolled = [world.registry().enrol(redeem, key="an enrolment") for _ in range(2)]
    assert enrolled[0] == enrolled[1]
    assert world.registry(enrolled[0].token).me().id == asked[0].id
    assert code(world.registry().enrol, redeem, key="a guess") == "code_refused"
    database = Database(world.database_url or Settings(data=world.data).url)
    with database.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT key, answer FROM idempotency")).all())
    database.close()
    assert not any(secret in kept for secret in (asked[0].code, enrolled[0].token, "an enrolment"))


def test_quota_is_exact_when_everybody_delivers_at_once(scene: Any) -> None:
    record = scene.licence(quota=QUOTA | {"delivered": 7})

    def attempt(number: int) -> str:
        try:
            return scene.deliver(record.id, key=f"n{number}").record.state
        except RefusedError as error:
            return error.code

    scene.deliver(record.id)
    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(attempt, range(16)))
    assert outcomes == ["quota_exhausted"] * 10 + ["signed"] * 6
    assert scene.device.registry.licence(record.id).delivered_left == 0
    lines = scene.world.operator.statement().lines
    assert sum(line.minor for line in lines) == 0
    assert len({line.transaction for line in lines}) == 8  # the usage fee and seven pictures


def test_the_books_and_the_log_agree(scene: Any) -> None:
    record = scene.licence()
    for _ in range(3):
        scene.deliver(record.id)
    database = _database(scene)
    with database.engine.connect() as connection:
        unbalanced = connection.execute(
            select(Posting.entry_id).group_by(Posting.entry_id).having(func.sum(Posting.minor) != 0)
        ).all()
        assert unbalanced == []
        kinds = dict(connection.execute(select(LogLeaf.kind, func.count()).group_by(LogLeaf.kind)).all())
        receipts = connection.scalar(select(func.count()).select_from(ReceiptRow))
        entries = connection.scalar(
            select(func.count()).select_from(LedgerEntry).where(LedgerEntry.kind == "delivery")
        )
        assert kinds["receipt"] == receipts == entries == 3
        indices = connection.scalars(select(LogLeaf.index).order_by(LogLeaf.index)).all()
        assert indices == list(range(len(indices)))
        leaves = connection.scalars(select(LogLeaf.hash).order_by(LogLeaf.index)).all()
    database.close()
    note = scene.world.registry().checkpoint()
    root = scene.world.root()
    checked, _ = chain.verify_status(note, scene.world.registry().status(), root=root)
    nodes = {}
    for leaf in leaves:
        grown = tree.appended(lambda level, index: nodes[level, index], sum(k[0] == 0 for k in nodes), leaf)
        nodes.update({(level, index): value for level, index, value in grown})
    assert tree.root(lambda level, index: nodes[level, index], len(leaves)) == checked.root


def test_nothing_is_changed_or_removed(scene: Any) -> None:
    scene.deliver(scene.licence().id)
    database = _database(scene)
    for table in APPEND_ONLY:
        column = {"postings": "minor", "log_nodes": "hash"}.get(table, "created_at")
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
            with pytest.raises(DBAPIError, match="append only"), database.engine.begin() as connection:
                connection.execute(text(statement))
    database.close()


def test_the_log_only_grows(scene: Any) -> None:
    public, root = scene.world.registry(), scene.world.root()
    old, _ = chain.verify_status(public.checkpoint(), public.status(), root=root)
    scene.deliver(scene.licence().id)
    new, _ = chain.verify_status(public.checkpoint(), public.status(), root=root, seen=old)
    proof = public.log_consistency(old.size, new.size)
    path = [keys.b64decode(step) for step in proof.path]
    assert tree.verify_consistency(old.size, new.size, path, old.root, new.root)


def test_revocation_reaches_the_status_list(scene: Any) -> None:
    record = scene.licence()
    _, bundle = scene.device.registry.lease(exchange.LeaseRequest(licence=record.id))
    verify = partial(chain.verify, root=scene.world.root(), device_key=scene.device.thumbprint)
    assert not verify(bundle).revoked
    scene.revoke()
    public = scene.world.registry()
    assert verify(replace(bundle, checkpoint=public.checkpoint(), status=public.status())).revoked


def test_a_journal_returns_what_was_not_used(scene: Any, make_entry: Any) -> None:
    record = scene.licence()
    device = scene.device
    answer, _ = device.registry.lease(exchange.LeaseRequest(licence=record.id, renders=10))
    one, first = make_entry(device, 1, journal.GENESIS, answer, "render")
    two, second = make_entry(device, 2, one.sha256(), answer, "render")
    three, third = make_entry(device, 3, two.sha256(), answer, "returned")
    assert device.registry.post_journal([first, second]).n == 2
    assert device.registry.licence(record.id).renders_left == 490  # reserved until it is returned
    assert (
        device.registry.post_journal([second, third]).sha256 == three.sha256()
    )  # a repeated entry is skipped
    assert device.registry.licence(record.id).renders_left == 498
    assert device.registry.journal_head().n == 3


def test_a_gap_is_not_taken(scene: Any, make_entry: Any) -> None:
    record = scene.licence()
    answer, _ = scene.device.registry.lease(exchange.LeaseRequest(licence=record.id))
    _, token = make_entry(scene.device, 2, journal.GENESIS, answer, "render")
    with pytest.raises(RegistryError) as caught:
        scene.device.registry.post_journal([token])
    assert (caught.value.code, caught.value.status) == ("journal_gap", 409)
    assert scene.device.registry.journal_head().n == 0


@pytest.mark.parametrize(
    ("where", "number"), [("known number", 1), ("next number", 2), ("behind a good entry", 3)]
)
def test_a_fork_is_evidence_and_suspends_the_machine(
    scene: Any, make_entry: Any, where: str, number: int
) -> None:
    record = scene.licence()
    device = scene.device
    answer, _ = device.registry.lease(exchange.LeaseRequest(licence=record.id))
    one, first = make_entry(device, 1, journal.GENESIS, answer, "render")
    device.registry.post_journal([first])
    _, good = make_entry(device, 2, one.sha256(), answer, "render")
    sent = [good] if where == "behind a good entry" else []
    before = journal.GENESIS if where == "known number" else "0" * 64
    _, forked = make_entry(device, number, before, answer, "render", mono_ms=99)
    with pytest.raises(RegistryError) as caught:
        device.registry.post_journal([*sent, forked])
    assert (caught.value.code, caught.value.status) == ("journal_fork", 409)
    with pytest.raises(RegistryError) as caught:
        scene.deliver(record.id)
    assert caught.value.code == "device_suspended"
    database = _database(scene)
    with database.engine.connect() as connection:
        kept = connection.execute(text("SELECT fork, n, token FROM journal ORDER BY fork")).all()
        assert [tuple(row) for row in kept] == [(0, 1, first), (1, number, forked)]
    database.close()


def _database(scene: Any) -> Database:
    return Database(scene.world.database_url or Settings(data=scene.world.data).url)
