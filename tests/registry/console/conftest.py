"""A registry with a console, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registry.people import Clock, World
from tests.registry.servers import running

from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig


@pytest.fixture
def house(tmp_path: Path) -> Iterator[World]:
    clock = Clock()
    with running(Settings(data=tmp_path / "registry", clock=clock)) as url:
        token = (tmp_path / "registry" / "operator.token").read_text()
        operator = Registry(HttpsTransport(RegistryConfig(url=url, token=token)))
        yield World(url, tmp_path / "registry", clock, tmp_path, operator)
