"""Nobody asks without end: each caller has so many requests a minute, strangers by their address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.registry.people import Clock, World, code
from tests.registry.servers import running

from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig

MOST = 20


@pytest.fixture
def busy(tmp_path: Path, clock: Clock) -> Any:
    settings = Settings(data=tmp_path / "registry", clock=clock, requests_per_minute=MOST)
    with running(settings) as url:
        token = (tmp_path / "registry" / "operator.token").read_text()
        operator = Registry(HttpsTransport(RegistryConfig(url=url, token=token)))
        yield World(url, settings.data, clock, tmp_path, operator)


def test_a_caller_waits_and_others_do_not(busy: Any) -> None:
    brand, _, _ = busy.party("brand")
    for _ in range(MOST - 1):
        busy.operator.me()
    assert code(busy.operator.me) == "too_many_tries"
    assert brand.me().role == "brand"
    busy.clock.now += 60
    assert busy.operator.me().role == "operator"


def test_strangers_are_counted_by_their_address(busy: Any) -> None:
    stranger = busy.registry()
    for _ in range(MOST):
        stranger.health()
    assert code(stranger.checkpoint) == "too_many_tries"
    assert busy.operator.me().role == "operator"
