"""The whole life of a licence over real HTTP, on both databases."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sosie.licence import canonical, chain, jws, keys, tree
from sosie.licence.documents import Licence, Receipt
from sosie.licence.exchange import LeaseRequest
from sosie.licence.gate import Gate
from sosie.messages import Use
from sosie.provenance import c2pa

USE = Use(territory=("FR",))
PACK_KEY = b"k" * 32


def test_from_consent_to_a_verified_file(scene: Any, tmp_path: Path) -> None:
    world, device = scene.world, scene.device
    record = scene.licence()
    assert record.state == "active"

    # the lease: everything holds together offline, and only this device opens the pack
    _, bundle = device.registry.lease(exchange_lease(record.id))
    root = world.root()
    verified = chain.verify(bundle, root=root, device_key=device.thumbprint)
    assert verified.pack_key(device.sealing) == PACK_KEY
    assert not verified.revoked
    grant = Gate(verified.lease, device=device.thumbprint).check(USE, world.clock.now)
    assert (grant.licence, grant.renders_left) == (record.id, 24)
    target = tmp_path / "fetched.pack"
    device.registry.download_pack(scene.twin, 1, target)
    assert canonical.sha256_hex(target.read_bytes()) == scene.pack_sha256

    # the delivery: signed, on record, provable
    done = scene.deliver(record.id, key="one")
    assert done.record.state == "signed"
    data = done.path.read_bytes()
    credentials = c2pa.read(data, root.c2pa_anchors.encode())
    assert credentials.state == "Trusted", credentials.reasons
    assert credentials.claim.licence == record.id
    assert credentials.claim.receipt == done.record.receipt
    receipt = device.registry.receipt(done.record.receipt)
    document = jws.verify(receipt.token, Receipt, root.licence_keys)
    note, _ = chain.verify_status(device.registry.checkpoint(), device.registry.status(), root=root)
    proof = world.registry().log_proof(document.leaf_index, note.size)
    salted = hashlib.sha256(keys.b64decode(receipt.salt) + document.canonical()).digest()
    leaf = tree.leaf_hash(salted)
    path = [keys.b64decode(step) for step in proof.path]
    assert tree.verify_inclusion(leaf, document.leaf_index, note.size, path, note.root)

    # anybody may ask
    public = world.registry()
    digest = hashlib.sha256(data).hexdigest()
    assert public.verify(receipt=receipt.id, sha256=digest).state == "known"
    assert public.verify(sha256=digest).receipt == receipt.id
    assert public.verify(receipt=receipt.id, sha256="0" * 64).state == "altered"
    assert public.verify(sha256="0" * 64).state == "unknown"

    # everybody's money: usage fee 500.00 and one picture 100.01, nothing lost
    balances = {
        name: who.statement().balance["EUR"]
        for name, who in (("talent", scene.talent), ("agency", scene.agency), ("brand", scene.brand))
    }
    assert balances == {"talent": 40_000 + 8_001, "agency": 5_000 + 1_000, "brand": -60_001}
    lines = world.operator.statement().lines
    assert sum(line.minor for line in lines) == 0
    licence = jws.verify(device.registry.licence(record.id).token, Licence, root.licence_keys)
    assert licence.terms.rate.per_asset == 10_001


def exchange_lease(licence: str) -> LeaseRequest:
    return LeaseRequest(licence=licence)
