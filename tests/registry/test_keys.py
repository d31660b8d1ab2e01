"""The root ceremony and changes of keys: what is made, where it lies, who has to sign, what goes on meanwhile."""

from __future__ import annotations

import stat
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from sosie.errors import InputError, SetupError, SosieError, VerificationError
from sosie.licence import chain, exchange, jws, keys
from sosie.licence.documents import Licence, Receipt
from sosie.licence.root import TrustedRoot
from sosie.provenance import c2pa
from sosie.registry import ceremony, keystore
from sosie.registry.keystore import Keyring
from sosie.registry.settings import Settings


def code(call: Any, *args: Any, kind: type[SosieError] = SetupError, **kwargs: Any) -> str:
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    assert caught.value.remedy
    return caught.value.code


def signers(files: Any) -> list[Any]:
    return [keys.signing_private(Path(file).read_bytes()) for file in files]


def test_keys_are_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    ceremony.ensure(settings)
    first = Keyring(settings).keys
    ceremony.ensure(settings)
    assert Keyring(settings).keys.root.sha256 == first.root.sha256
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    (tmp_path / "keys" / "licence-1.pem").unlink()
    assert code(Keyring, settings) == "keys_incomplete"


def test_a_new_root_is_two_of_three_and_its_keys_lie_apart(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    ceremony.ensure(settings)
    root = Keyring(settings).keys.root
    assert (root.document.threshold, len(set(root.document.root_keys))) == (2, 3)
    beside = ceremony.root_keys_beside(settings)
    assert [path.name for path in beside] == ["root-1a.pem", "root-1b.pem", "root-1c.pem"]
    publics = {keys.public_text(key.public_key()) for key in signers(beside)}
    assert publics == set(root.document.root_keys)
    online = [path.read_bytes() for path in (tmp_path / "keys").rglob("*.pem")]
    assert not {path.read_bytes() for path in beside} & set(online)
    assert "Move each file" in (tmp_path / "root-keys" / "READ-ME.txt").read_text()
    for path in beside:
        path.unlink()  # the registry runs without them
    assert Keyring(settings).keys.root.sha256 == root.sha256


def test_root_keys_go_to_three_places(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "r")
    places = [tmp_path / name for name in "abc"]
    made = ceremony.begin(settings, places)
    assert [path.parent for path in made.root_keys] == places
    assert ceremony.root_keys_beside(settings) == []
    assert code(ceremony.begin, settings, places) == "keys_exist"
    assert code(ceremony.begin, Settings(data=tmp_path / "s"), places) == "keys_exist"  # never overwritten
    assert code(ceremony.begin, Settings(data=tmp_path / "t"), places[:2], kind=InputError) == "places"


def test_a_making_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    for left in ("keys.new/licence-1.pem", "root-keys/root-1a.pem"):
        (tmp_path / left).parent.mkdir()
        (tmp_path / left).write_text("half")
    ceremony.ensure(settings)
    assert Keyring(settings).keys.root.document.version == 1
    assert len(signers(ceremony.root_keys_beside(settings))) == 3


def test_claim_certificates_are_renewed_in_time(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    ceremony.ensure(settings)
    first = Keyring(settings).keys.authority
    later = Keyring(replace(settings, clock=lambda: first.claim_expires() - 86_400)).keys.authority
    assert later.claim_pem != first.claim_pem
    assert later.root_pem == first.root_pem
    assert Keyring(settings).keys.authority == later


def test_two_root_keys_change_any_other(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    made = ceremony.begin(settings)
    before, a, b = made.root, *signers(made.root_keys[:2])
    stranger = signers(ceremony.begin(Settings(data=tmp_path / "other")).root_keys)
    for too_few in ([], [a], [a, a], [a, stranger[0]], stranger):
        assert code(ceremony.rotate, settings, ["licence"], too_few) == "root_threshold"
    assert sorted(path.name for path in (tmp_path / "keys").glob("licence-*")) == ["licence-1.pem"]
    ring = Keyring(settings)
    held = ring.keys
    after = ceremony.rotate(settings, ["licence", "checkpoint", "pack"], [a, b]).root
    assert ring.keys.root.sha256 == after.sha256  # without a restart
    assert after.document.version == 2
    assert after.document.licence_keys[1:] == before.document.licence_keys
    assert after.document.checkpoint_key != before.document.checkpoint_key
    assert before.newest(ring.root_version, now=settings.clock()).data == after.data
    sealed = keys.wrap(b"secret", before.pack_key, info=b"x")
    assert ring.keys.open_pack_key(sealed, info=b"x") == b"secret"
    assert code(ring.keys.open_pack_key, sealed, info=b"y", kind=VerificationError) == "key_not_for_us"
    assert keys.public_text(ring.keys.licence.public_key()) == after.document.licence_keys[0]
    assert held.licence.private_bytes_raw() != ring.keys.licence.private_bytes_raw()
    revoked = ceremony.rotate(settings, ["licence", "c2pa"], [a, b], revoke=True).root.document
    assert len(revoked.licence_keys) == 1
    assert not set(revoked.licence_keys) & set(after.document.licence_keys)
    assert revoked.c2pa_anchors.count("BEGIN") == 1


def test_new_root_keys_take_over(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    first = ceremony.begin(settings)
    places = [tmp_path / name for name in "xyz"]
    second = ceremony.rotate(settings, ["root"], signers(first.root_keys[1:]), places=places)
    assert not set(second.root.document.root_keys) & set(first.root.document.root_keys)
    old, new = signers(first.root_keys), signers(second.root_keys)
    assert code(ceremony.rotate, settings, [], old) == "root_threshold"
    third = ceremony.rotate(settings, [], new[:2]).root
    assert third.document.version == 3
    assert first.root.newest(Keyring(settings).root_version, now=settings.clock()).data == third.data
    assert code(ceremony.rotate, Settings(data=tmp_path / "none"), [], new) == "keys_missing"


def test_a_root_that_was_tampered_with_does_not_start(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    made = ceremony.begin(settings)
    ceremony.rotate(settings, ["licence"], signers(made.root_keys[:2]))
    path = keystore.root_path(tmp_path / "keys", 2)
    path.write_bytes(path.read_bytes().replace(b'"version":2', b'"version":3'))
    assert code(Keyring, settings, kind=VerificationError) == "root_version"


def test_work_goes_on_while_keys_change(scene: Any, tmp_path: Path) -> None:
    world, device = scene.world, scene.device
    settings = Settings(data=world.data, clock=world.clock)
    record = scene.licence()
    delivered = scene.deliver(record.id)
    pinned = world.root()
    files = ceremony.root_keys_beside(settings)
    verify = partial(chain.verify, device_key=device.thumbprint)
    _, old = device.registry.lease(exchange.LeaseRequest(licence=record.id))
    ceremony.rotate(settings, ["licence", "pack", "c2pa"], signers(files[:2]))
    after = pinned.newest(world.registry().root_version, now=world.clock.now)
    assert verify(old, root=after)  # the key before is still trusted
    _, new = device.registry.lease(exchange.LeaseRequest(licence=record.id))
    with pytest.raises(VerificationError) as caught:
        verify(new, root=pinned)
    assert caught.value.code == "key_unknown"
    assert verify(new, root=after).pack_key(device.sealing) == verify(old, root=after).pack_key(
        device.sealing
    )
    second = scene.deliver(record.id)
    for done in (delivered, second):  # both anchors are in the root of today
        assert c2pa.read(done.path.read_bytes(), after.c2pa_anchors.encode()).state == "Trusted"

    ceremony.rotate(settings, ["licence", "checkpoint"], signers(files[1:]), revoke=True)
    last = TrustedRoot.since(pinned.sha256, world.registry().root(), world.registry().root_version, now=0)
    assert last.document.version == 3
    for bundle in (old, new):
        with pytest.raises(VerificationError):
            verify(bundle, root=last)
    _, fresh = device.registry.lease(exchange.LeaseRequest(licence=record.id))
    assert verify(fresh, root=last).licence.id == record.id
    token = device.registry.licence(record.id).token
    assert jws.verify(token, Licence, last.licence_keys).sha256() == verify(fresh, root=last).licence.sha256()
    receipt = device.registry.receipt(delivered.record.receipt)
    assert jws.verify(receipt.token, Receipt, last.licence_keys).id == receipt.id
    assert requests.get(f"{world.url}/v1/roots/4", timeout=60).json()["code"] == "root_unknown"
    assert world.registry().root_version(4) is None
