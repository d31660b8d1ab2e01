"""What every host's tests share: the world outside, the vendored client, a session. Standard library only."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(scope="session")
def world() -> dict[str, Any]:
    """The registry, agent, twin and reference renders made by `tests/hosts/world.py`."""
    return dict(json.loads(Path(os.environ["SOSIE_TEST_WORLD"]).read_text("utf-8")))


@pytest.fixture(scope="session")
def sosie() -> SimpleNamespace:
    """The vendored modules under the names they have at home."""
    package = os.environ["SOSIE_TEST_CLIENT"]
    return SimpleNamespace(
        **{
            name: importlib.import_module(f"{package}.{name}")
            for name in ("client", "codec", "errors", "messages")
        }
    )


@pytest.fixture
def session(sosie: SimpleNamespace) -> Iterator[Any]:
    """A connection to the world's agent; the tests never start one."""
    with sosie.client.Session.connect("host tests", start=False) as session:
        yield session
