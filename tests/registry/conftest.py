"""Fixtures: a registry on each database, and the usual cast."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.registry.people import Cast, Clock, World, cast, entry
from tests.registry.servers import fresh, postgres, running

from sosie.faces import Faces
from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig
from sosie.studio import photographs_in
from sosie.twin.capture import capture
from sosie.twin.twin import Twin

_LOOSE = re.compile(r"\bFROM\s+\w+(\s+AS\s+\w+)?\s*,", re.IGNORECASE)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str | None]:
    """Both databases; PostgreSQL is a server of our own, started here."""
    if request.param == "sqlite":
        yield None
        return
    # Not below pytest's own folder: that one is closed to the user the server runs as.
    with tempfile.TemporaryDirectory(prefix="sosie-pg-") as folder, postgres(Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def anouk(people: Path, faces: Faces) -> Twin:
    """p01, captured; her texture made small, for nothing in these tests looks at it."""
    made = capture(photographs_in(people / "captures" / "p01"), faces=faces).twin
    return replace(made, albedo=made.albedo[::64, ::64].copy(), valid=made.valid[::64, ::64].copy())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(tmp_path: Path, clock: Clock, database_url: str | None) -> Iterator[World]:
    """A fresh registry on both databases (its own schema on PostgreSQL)."""
    url = fresh(database_url)
    settings = Settings(
        data=tmp_path / "registry", database_url=url, clock=clock, requests_per_minute=10**6
    )  # the clock stands still, and its minute with it
    with running(settings) as address:
        token = (tmp_path / "registry" / "operator.token").read_text()
        operator = Registry(HttpsTransport(RegistryConfig(url=address, token=token)))
        sqlalchemy_url = Settings(data=tmp_path, database_url=url).url if url else None
        yield World(address, tmp_path / "registry", clock, tmp_path, operator, sqlalchemy_url)


@pytest.fixture(autouse=True)
def tied() -> Iterator[None]:
    """No query names two tables with a comma: so stands a table that slipped into a nested select, tied to no row outside."""

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        assert not _LOOSE.search(statement), statement

    event.listen(Engine, "before_cursor_execute", look)
    yield
    event.remove(Engine, "before_cursor_execute", look)


@pytest.fixture
def make_cast(world: World) -> Callable[..., Cast]:
    return lambda **changes: cast(world, **changes)


@pytest.fixture
def scene(world: World) -> Cast:
    """The usual cast: approval for the campaign, an agency, a brand with credit."""
    return cast(world)


@pytest.fixture
def make_entry() -> Callable[..., Any]:
    return entry
