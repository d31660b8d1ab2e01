"""A licence that stops while a picture is cached, and an agent that dies while it draws."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphs import failure, kept, single
from server import Server

from sosie.accounts import Accounts
from sosie.client import Session
from sosie.remote.registry import Registry

DRAWING_SECONDS = 20.0


@pytest.fixture
def graph(server: Server, world: dict[str, Any]) -> dict[str, Any]:
    """One face of one picture."""
    return single(server, world)


@pytest.fixture
def talent(world: dict[str, Any]) -> Iterator[Registry]:
    """The talent at the registry; her licence is active again afterwards."""
    people = Accounts(Path(world["people"]))
    caller = people.registry(people.get("talent"))
    yield caller
    (licence,) = caller.licences()
    if licence.state == "suspended":
        caller.change_licence(licence.id, "resume")


def test_a_suspended_licence_serves_no_cached_picture(
    server: Server, graph: dict[str, Any], talent: Registry
) -> None:
    kept(server.run(graph))
    kept(server.run(graph))  # out of ComfyUI's cache
    (licence,) = talent.licences()
    talent.change_licence(licence.id, "suspend")
    time.sleep(2.5)  # the list of twins counts as just read for two seconds
    answer = server.queue(graph)
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["node_errors"]["2"]["errors"]
    assert "suspended" in error["details"]
    talent.change_licence(licence.id, "resume")
    time.sleep(2.5)
    kept(server.run(graph))


def test_an_agent_that_dies_is_an_error_and_the_next_run_works(server: Server, graph: dict[str, Any]) -> None:
    with Session.connect("host tests", start=False) as session:
        agent = session.status().pid
        graph["6"] = {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 0], "amount": 30}}
        graph["3"]["inputs"]["image"] = ["6", 0]
        number = server.queue(graph).json()["prompt_id"]
        end = time.monotonic() + DRAWING_SECONDS
        while not session.status().running:
            assert time.monotonic() < end
            time.sleep(0.05)
        os.kill(agent, signal.SIGKILL)
    message = failure(server.wait(number))["exception_message"]
    assert "[agent_gone]" in message
    assert "Sosie panel" in message
    graph["3"]["inputs"]["image"] = ["1", 0]
    kept(server.run(graph))
    with Session.connect("host tests", start=False) as session:
        assert session.status().pid != agent
