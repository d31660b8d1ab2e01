"""The vendored client, in whatever Python runs this: it needs nothing, and what fails says what to do."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

PACKAGE = os.environ["SOSIE_TEST_CLIENT"]


def test_the_client_brings_nothing_with_it() -> None:
    before = set(sys.modules)
    client = importlib.import_module(f"{PACKAGE}.client")
    brought = {name.split(".")[0] for name in set(sys.modules) - before} - {PACKAGE.split(".")[0]}
    assert brought <= {*sys.stdlib_module_names, "__mp_main__"}  # multiprocessing's own name for __main__
    assert "sosie" not in sys.modules
    assert "_sosie" in Path(client.__file__).parts


def test_no_agent_is_an_error_with_a_remedy(sosie: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(sosie.errors.AgentError) as raised:
        sosie.client.Session.connect("test", start=False, home=tmp_path)
    assert raised.value.code == "agent_not_running"
    assert "sosie agent start" in raised.value.remedy


def test_no_installation_is_an_error_with_a_remedy(
    sosie: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(sosie.errors.AgentError) as raised:
        sosie.client.Session.connect("test", home=tmp_path / "home")
    assert raised.value.code == "agent_not_installed"
    assert "pip install" in raised.value.remedy


def test_the_agent_tells_its_state(session: Any, world: dict[str, Any]) -> None:
    status = session.status()
    assert status.version == session.agent_version == world["version"]


def test_the_twins_of_this_seat_are_listed(session: Any, world: dict[str, Any]) -> None:
    (twin,) = [twin for twin in session.twins() if twin.twin == world["twin"] and twin.state == "active"]
    assert set(world["use"]["territory"]) <= set(twin.territory)
    assert twin.renders_left > 0


def test_a_refusal_says_why_and_what_to_do(
    sosie: SimpleNamespace, session: Any, world: dict[str, Any]
) -> None:
    use = sosie.codec.decode(
        sosie.messages.Use, {**world["use"], "territory": [world["forbidden_territory"]]}
    )
    plate = session.pixels.put(bytes(64 * 64 * 4), width=64, height=64, depth="u8", channels="RGBA")
    request = sosie.messages.RenderRequest(plate=plate, twin=world["twin"], use=use)
    with pytest.raises(sosie.errors.RefusedError) as raised:
        session.render(request)
    assert raised.value.code == "territory_not_licensed"
    assert world["forbidden_territory"] in raised.value.message
    assert raised.value.remedy
