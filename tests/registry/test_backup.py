"""A backup of a registry at work, restored elsewhere: the same log, books, keys and files, and work goes on."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update
from tests.registry import books
from tests.registry.people import USE, code
from tests.registry.servers import fresh, running

from sosie.cli import cli
from sosie.errors import SosieError
from sosie.licence import chain
from sosie.registry import backup
from sosie.registry.database import Database
from sosie.registry.settings import Settings
from sosie.registry.tables import DeliveryRow
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig

#: Room for all that is delivered while a slow machine makes its backup.
QUOTA = {"renders": 500, "delivered": 10_000, "seats": 5, "devices_per_seat": 2, "max_px": 24_000_000}


def plain_url(world: Any) -> str | None:
    """Its database, as an operator names it."""
    return world.database_url.replace("+psycopg", "") if world.database_url else None


def test_a_restored_registry_goes_on(scene: Any, tmp_path: Path, database_url: str | None) -> None:
    world = scene.world
    settings = Settings(data=world.data, database_url=plain_url(world), clock=world.clock)
    record = scene.licence(quota=QUOTA)
    done = scene.deliver(record.id)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            scene.deliver(record.id)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        made = backup.backup(settings, tmp_path / "backup")
    finally:
        stop.set()
        thread.join(60)
    note, _ = chain.verify_status(world.registry().checkpoint(), world.registry().status(), root=world.root())
    assert 0 < int(str(made["log_size"])) <= note.size

    elsewhere = replace(settings, data=tmp_path / "new", database_url=fresh(database_url))
    found = backup.restore(tmp_path / "backup", elsewhere)
    books.check(elsewhere.url)
    with running(elsewhere) as address:
        device = Registry(HttpsTransport(RegistryConfig(url=address, token=scene.device.token)))
        device.delivered_picture(done.record.id, tmp_path / "again.jpg")
        assert (tmp_path / "again.jpg").read_bytes() == done.path.read_bytes()
        assert device.root() == world.registry().root()
        proof = device.log_consistency(int(str(found["log_size"])), int(str(found["log_size"])))
        assert proof.root == found["log_root"]
        left = device.licence(record.id).delivered_left
        picture = tmp_path / "final.jpg"
        device.deliver(picture, licence=record.id, use=USE, mime="image/jpeg", target=tmp_path / "x.jpg")
        assert device.licence(record.id).delivered_left == left - 1
    refused = replace(elsewhere, data=tmp_path / "new")
    assert code(backup.restore, tmp_path / "backup", refused) == "restore_not_empty"


def test_what_is_signed_while_files_are_copied_is_in_the_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, made = tmp_path / "r", tmp_path / "b"
    with running(Settings(data=data)):
        pass
    handed_in = data / "deliveries" / "del_1.in"
    handed_in.parent.mkdir(exist_ok=True)
    handed_in.write_bytes(b"picture")
    copy = shutil.copy2

    def sign_first(entry: str, to: str) -> object:
        if Path(entry) == handed_in and handed_in.exists():
            handed_in.rename(handed_in.with_suffix(".out"))
        return copy(entry, to)

    monkeypatch.setattr(shutil, "copy2", sign_first)
    backup.backup(Settings(data=data), made)
    assert [path.name for path in (made / "deliveries").iterdir()] == ["del_1.out"]
    backup.restore(made, Settings(data=tmp_path / "n"))


def test_a_delivery_signed_after_the_snapshot_is_finished_from_its_file(scene: Any) -> None:
    world = scene.world
    record = scene.licence()
    done = scene.deliver(record.id, key="k")
    database = Database(Settings(data=world.data, database_url=plain_url(world)).url)
    try:
        older = update(DeliveryRow).values(state="recorded", output_sha256=None)
        database.write(lambda session: session.execute(older))
    finally:
        database.close()
    again = scene.deliver(record.id, key="k")
    assert (again.record.state, again.path.read_bytes()) == ("signed", done.path.read_bytes())


def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    data, made = tmp_path / "r", tmp_path / "b"
    with running(Settings(data=data)):
        pass
    runner = CliRunner()
    said = runner.invoke(cli, ["registry", "backup", str(made), "--data", str(data), "--json"])
    assert json.loads(said.output)["log_size"] == 0
    assert code(backup.backup, Settings(data=data), made) == "backup_exists"
    said = runner.invoke(cli, ["registry", "restore", str(made), "--data", str(tmp_path / "n")])
    assert "0 leaves" in said.output
    assert (
        code(backup.restore, made, Settings(data=tmp_path / "m", database_url="postgresql://x/y"))
        == "backup_other_database"
    )
    key = next((made / "keys").rglob("*.pem"))
    key.write_bytes(key.read_bytes() + b"\n")
    assert code(backup.restore, made, Settings(data=tmp_path / "m")) == "backup_damaged"
    (made / "manifest.json").unlink()
    with pytest.raises(SosieError):
        backup.restore(made, Settings(data=tmp_path / "m"))
    assert code(backup.backup, Settings(data=tmp_path / "none"), tmp_path / "c") == "database_unreachable"
