"""A talent takes away what is hers, and leaves: names, keys and salts go, the log and the books still hold."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select
from tests.registry import books
from tests.registry.people import code
from tests.registry.test_payouts import OPERATOR, TALENT

from sosie.licence import chain, exchange, jws, keys, tree
from sosie.licence.billing import PaymentReceived
from sosie.licence.documents import Consent
from sosie.registry.database import Database
from sosie.registry.settings import Settings
from sosie.registry.tables import LogDocument, LogLeaf


def test_she_takes_everything_with_her(scene: Any) -> None:
    record = scene.licence()
    scene.deliver(record.id)
    with zipfile.ZipFile(io.BytesIO(scene.talent.export())) as archive:
        found = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert found["account.json"]["id"] == scene.talent_id
    assert [row["id"] for row in found["licences.json"]] == [record.id]
    assert len(found["receipts.json"]) == len(found["deliveries.json"]) == 1
    assert found["statement.json"]["balance"] == scene.talent.statement().balance
    (leaf,) = found["log.json"]
    hashed = _leaf(keys.b64decode(leaf["salt"]) + keys.b64decode(leaf["document"]))
    public = scene.world.registry()
    note, _ = chain.verify_status(public.checkpoint(), public.status(), root=scene.world.root())
    assert keys.b64decode(public.log_proof(leaf["leaf_index"], note.size).leaf or "") == hashed
    secret = json.dumps(found["twins.json"]) + json.dumps(found["deliveries.json"])
    assert "pack_key" not in secret
    assert "credential" not in secret
    assert code(scene.brand.export) == "role_refused"


def test_she_leaves_and_the_log_still_verifies(scene: Any) -> None:
    world, operator = scene.world, scene.world.operator
    record = scene.licence()
    done = scene.deliver(record.id)
    scene.talent.keep_bank_account(TALENT)
    operator.keep_bank_account(OPERATOR)
    operator.record_payment(record.id, PaymentReceived(minor=60_001))
    payout = operator.pay_out()
    assert code(scene.talent.erase, scene.talent_id) == "erasure_too_early"
    scene.revoke()
    assert code(scene.talent.erase, scene.brand_id) == "talent_other"
    before, _ = chain.verify_status(
        world.registry().checkpoint(), world.registry().status(), root=world.root()
    )
    erased = scene.talent.erase(scene.talent_id)
    assert code(scene.talent.me) == "token_unknown"

    url = world.database_url or Settings(data=world.data).url
    database = Database(url)
    with database.engine.connect() as connection:
        gone = set(connection.scalars(select(LogLeaf.index))) - set(
            connection.scalars(select(LogDocument.leaf_index))
        )
        kinds = connection.scalars(select(LogLeaf.kind).where(LogLeaf.index.in_(gone))).all()
        size = connection.scalar(select(func.count()).select_from(LogLeaf))
    database.close()
    assert sorted(kinds) == ["consent", "revocation"]
    assert not list(Path(world.data / "packs").glob("*.pack"))
    public = world.registry()
    after, _ = chain.verify_status(public.checkpoint(), public.status(), root=world.root(), seen=before)
    assert after.size == size == erased.leaf_index + 1
    proof = public.log_consistency(before.size, after.size)
    path = [keys.b64decode(step) for step in proof.path]
    assert tree.verify_consistency(before.size, after.size, path, before.root, after.root)
    books.check(url, erased=len(gone))
    assert scene.brand.licence(record.id).display_name == "erased"
    assert {p.account for item in operator.payouts() for p in item.payments} == {"erased"}
    assert operator.payouts()[0].payments[0].minor == payout.payments[0].minor
    assert scene.brand.receipt(done.record.receipt).leaf_index >= 0  # what others need still stands


def test_who_does_not_live_is_declared_and_never_listed_among_people(scene: Any) -> None:
    world = scene.world
    wrong = exchange.NewParty(role="brand", name="x", likeness="synthetic")
    assert code(world.operator.create_party, wrong) == "request_invalid"
    nobody, nobody_id, key = world.party("talent", likeness="synthetic")
    consent = Consent.of(
        {
            "id": "con_of_nobody",
            "talent": nobody_id,
            "representation": "none",
            "signed_at": world.clock.now,
        }
    )
    nobody.record_consent(jws.sign(consent, key))
    path, twin, digest = world.pack(nobody_id, consent.sha256())
    assert world.upload(nobody, path, twin, digest, consent.sha256()).likeness == "synthetic"
    assert {item.likeness for item in scene.talent.twins()} == {"person"}
    listed = requests.get(f"{world.url}/.well-known/rsl-media.xml", timeout=60).text
    assert scene.talent_id in listed
    assert nobody_id not in listed


def _leaf(salted: bytes) -> bytes:
    return tree.leaf_hash(hashlib.sha256(salted).digest())
