"""Starting and stopping: keys, tables up and down, ports, a registry that stops half-way."""

from __future__ import annotations

import re
import socket
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from sosie.errors import RegistryError, SetupError
from sosie.licence import exchange
from sosie.provenance import c2pa
from sosie.registry import serve
from sosie.registry.app import create_app
from sosie.registry.database import Database
from sosie.registry.settings import Settings
from sosie.registry.tables import APPEND_ONLY, Base


def test_migrations_up_and_down(world: Any) -> None:
    database = Database(world.database_url or Settings(data=world.data).url)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    database.migrate("base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    database.migrate()
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT size FROM log_head")).scalar_one() == 0
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    database.close()


def test_migrations_keep_what_there_is(scene: Any) -> None:
    record = scene.licence()
    scene.deliver(record.id)
    scene.talent.delegate(pictures=False)
    scene.device.registry.lease(exchange.LeaseRequest(licence=record.id))
    database = Database(scene.world.database_url or Settings(data=scene.world.data).url)

    def rows() -> dict[str, list[str]]:
        with database.engine.connect() as connection:
            return {
                name: sorted(str(row) for row in connection.execute(select(table)))
                for name, table in Base.metadata.tables.items()
            }

    before = rows()
    database.migrate("0001")
    kept = set(inspect(database.engine).get_table_names()) & set(before)
    database.migrate()
    after = rows()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert {"licences", "deliveries", "receipts", "postings", "log_nodes", "documents", "leases"} <= kept
    for table in APPEND_ONLY:
        with pytest.raises(DBAPIError, match="append only"), database.engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {table}"))
    database.close()
    assert scene.deliver(record.id).record.state == "signed"


def test_the_operators_token_is_written_once(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    create_app(settings).state.context.database.close()
    token = tmp_path / "operator.token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    before = token.read_bytes()
    create_app(settings).state.context.database.close()
    assert token.read_bytes() == before
    assert before not in (tmp_path / "registry.sqlite").read_bytes()


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(SetupError) as caught:
        serve(tmp_path / "r", port=other.getsockname()[1])
    assert caught.value.code == "port_taken"
    assert not (tmp_path / "r").exists()


def test_a_database_that_does_not_open(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        create_app(Settings(data=tmp_path, database_url=f"sqlite:///{tmp_path}/none/such.sqlite"))
    assert caught.value.code == "database_unreachable"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    with pytest.raises(SetupError) as caught:
        create_app(Settings(data=tmp_path, database_url=f"postgresql://x@127.0.0.1:{port}/x"))
    assert caught.value.code == "database_unreachable"


def test_a_delivery_that_stopped_before_the_signature(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record = scene.licence()

    def stop(*_: object, **__: object) -> bytes:
        raise SetupError("The power went.", remedy="Try again.", code="signing_failed")

    monkeypatch.setattr(c2pa, "sign", stop)
    with pytest.raises(RegistryError) as caught:
        scene.deliver(record.id, key="k")
    assert caught.value.code == "signing_failed"
    assert [item.state for item in scene.device.registry.deliveries()] == ["recorded"]
    monkeypatch.undo()
    done = scene.deliver(record.id, key="k")
    assert done.record.state == "signed"
    assert scene.device.registry.licence(record.id).delivered_left == 19
    assert len({line.receipt for line in scene.brand.statement().lines if line.receipt}) == 1


def test_no_room(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record = scene.licence()
    almost_full = SimpleNamespace(free=1000)
    monkeypatch.setattr("sosie.registry.incoming.shutil.disk_usage", lambda _: almost_full)
    with pytest.raises(RegistryError) as caught:
        scene.deliver(record.id)
    assert (caught.value.code, caught.value.status) == ("storage_full", 507)
    assert scene.device.registry.deliveries() == []


PUBLIC = {
    ("get", "/v1/health"),
    ("get", "/v1/root"),
    ("get", "/v1/roots/{version}"),
    ("post", "/v1/enrol"),
    ("get", "/.well-known/rsl-media.xml"),
    ("get", "/v1/checkpoint"),
    ("get", "/v1/status"),
    ("get", "/v1/log/proof"),
    ("get", "/v1/log/consistency"),
    ("get", "/v1/verify"),
    # a device that is not enrolled yet asks for a code, and asks whether somebody approved it (RFC 8628)
    ("post", "/v1/sign-ins"),
    ("post", "/v1/sign-ins/poll"),
}


def test_every_other_door_is_closed_to_strangers(world: Any) -> None:
    paths = requests.get(f"{world.url}/openapi.json", timeout=60).json()["paths"]
    doors = {(method, path) for path, methods in paths.items() for method in methods}
    assert doors >= PUBLIC
    for method, path in sorted(doors - PUBLIC):
        url = world.url + re.sub(r"\{\w+\}", "approve", path)
        body = (
            {"data": {"licence": "x", "use": "{}"}, "files": {"picture": b"x"}}
            if "deliveries" in path
            else {"json": {}}
        )
        for token in ({}, {"Authorization": "Bearer none"}, {"Authorization": "Basic x"}):
            answer = requests.request(method, url, headers=token, timeout=60, **body)
            assert answer.status_code == 401, (method, path, answer.text)
