"""What the agent keeps: secrets, packs, leases, the journal; restarts, tampering, no registry, no room."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from sosie.errors import (
    AgentError,
    PackError,
    RefusedError,
    RegistryError,
    RegistryUnreachableError,
    SetupError,
    VerificationError,
)
from sosie.messages import Use

FRANCE = Use(territory=("FR",))


def test_enrolling_keeps_secrets_to_this_user(office: Any, scene: Any, code_of: Any) -> None:
    for path in (office.home.account, office.home.keys / "signing.pem", office.home.keys / "sealing.pem"):
        assert path.stat().st_mode & 0o077 == 0
    assert code_of(lambda: office.ask("enrol", {"url": "x", "token": "y"})) == "enrolled_already"
    status = office.ask("status", {})
    assert status["reachable"]
    assert status["device"].startswith("dev_")


def test_a_wrong_code_enrols_nobody(tmp_path: Path, scene: Any, reopen: Any, code_of: Any) -> None:
    office = reopen(tmp_path / "other")
    asked = {"url": scene.world.url, "token": "not-a-code-at-all"}
    assert code_of(lambda: office.ask("enrol", asked), RegistryError)
    assert not office.home.account.exists()
    assert code_of(lambda: office.ask("twins", {}), AgentError) == "not_enrolled"


def test_the_pack_on_the_disk_stays_locked(office: Any, scene: Any) -> None:
    office.render(scene.twin)
    (pack,) = office.home.packs.iterdir()
    assert scene.twin.encode() in pack.read_bytes()  # the open header
    assert pack.stat().st_mode & 0o077 == 0
    everything = b"".join(path.read_bytes() for path in office.home.path.rglob("*") if path.is_file())
    held = office.work._ready().leases.scope_of(scene.licence.id)
    assert held is not None
    assert held.pack_key(office.work._ready().member.sealing) not in everything


def test_without_the_registry_a_lease_lasts_and_then_the_words_are_clear(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, reopen: Any, code_of: Any
) -> None:
    office.render(scene.twin)
    again = reopen(office.home.path)  # as after a restart
    transport = again.work._ready().member.registry._transport
    monkeypatch.setattr(transport, "_base", "http://127.0.0.1:9")
    monkeypatch.setattr("sosie.agent.freshness.REFRESH_SECONDS", 0)
    again.render(scene.twin)
    assert again.journal == ["render", "render"]
    assert [twin["twin"] for twin in again.ask("twins", {})["twins"]] == [scene.twin]
    assert not again.ask("status", {})["reachable"]
    assert code_of(lambda: again.deliver(scene.twin), RegistryError) == "registry_unreachable"
    monkeypatch.setattr("sosie.agent.clock.trusted_now", lambda **_: int(time.time()) + 3600)
    assert code_of(lambda: again.render(scene.twin), RefusedError) == "lease_expired"


def test_a_used_budget_is_renewed_and_the_rest_returned(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.render(scene.twin)
    before = scene.world.people.registry(scene.world.people.get("brand")).licence(scene.licence.id)
    leases = office.work._ready().leases
    first = leases.info()[0].lease
    monkeypatch.setattr(leases._journal, "renders", lambda lease: 25 if lease == first else 0)
    office.render(scene.twin)
    assert office.journal == ["render", "returned", "render"]
    after = scene.world.people.registry(scene.world.people.get("brand")).licence(scene.licence.id)
    assert before.renders_left - after.renders_left == 1  # 25 more reserved, 24 unused ones given back


def test_a_damaged_pack_is_fetched_again_and_a_foreign_one_refused(
    office: Any, scene: Any, reopen: Any, code_of: Any
) -> None:
    office.render(scene.twin)
    (pack,) = office.home.packs.iterdir()
    pack.write_bytes(pack.read_bytes()[:-1] + b"x")
    reopen(office.home.path).render(scene.twin)
    fresh = reopen(office.home.path)
    registry = fresh.work._ready().member.registry
    pack.unlink()
    registry.download_pack = lambda twin, revision, target: target.write_bytes(b"other") and None  # type: ignore[method-assign]  # the server's lie
    assert code_of(lambda: fresh.render(scene.twin), PackError) == "pack_corrupt"
    assert list(office.home.packs.iterdir()) == []


def test_a_tampered_lease_on_the_disk_is_thrown_away(office: Any, scene: Any, reopen: Any) -> None:
    office.render(scene.twin)
    (cached,) = office.home.leases.iterdir()
    text = cached.read_text()
    cached.write_text(text.replace('"lease": "ey', '"lease": "ez'))
    again = reopen(office.home.path)
    assert again.ask("status", {})["leases"] == ()
    assert not cached.exists()
    again.render(scene.twin)


def test_a_lease_given_back_is_not_found_again_when_the_clock_is_put_right(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, reopen: Any, code_of: Any
) -> None:
    office.render(scene.twin)
    given = office.ask("status", {})["leases"][0]["lease"]

    def lost(*_: object) -> None:
        raise RegistryUnreachableError("The line is down.", remedy="Try again.")

    with monkeypatch.context() as wrong:
        wrong.setattr(office.work._ready().member.registry, "lease", lost)
        wrong.setattr("sosie.agent.clock.trusted_now", lambda **_: int(time.time()) + 3600)
        assert code_of(lambda: office.render(scene.twin)) == "registry_unreachable"
    assert office.journal == ["render", "returned"]
    again = reopen(office.home.path)
    assert again.ask("status", {})["leases"] == ()
    again.render(scene.twin)
    assert again.ask("status", {})["leases"][0]["lease"] != given


def test_another_root_is_not_trusted(office: Any, reopen: Any, code_of: Any) -> None:
    office.home.root.write_bytes(office.home.root.read_bytes().replace(b"}", b"} ", 1))
    again = reopen(office.home.path)
    assert code_of(lambda: again.ask("twins", {}), VerificationError) == "root_pin"


def test_no_room_for_the_journal_means_no_pixels(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, code_of: Any
) -> None:
    office.render(scene.twin)
    before = set(office.pixels.folder.iterdir())

    def full(*_: object) -> None:
        raise SetupError("No room.", remedy="Free some.", code="storage_full")

    monkeypatch.setattr(office.work._ready().journal, "_write", full)
    assert code_of(lambda: office.render(scene.twin), SetupError) == "storage_full"
    assert len(set(office.pixels.folder.iterdir()) - before) == 1  # the plate of the second try
    monkeypatch.undo()
    assert office.journal == ["render"]
