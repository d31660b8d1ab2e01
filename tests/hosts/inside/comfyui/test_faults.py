"""A licence that stops while a picture is cached, and an agent that dies while it draws."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from graphs import failure, kept, single
from server import Server

from sosie.accounts import Accounts
from sosie.client import Session
from sosie.remote.registry import Registry

DRAWING_SECONDS = 20.0
WORD_SECONDS = 30.0


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
    (error,) = _answered(server, graph, 400).json()["node_errors"]["2"]["errors"]
    assert "suspended" in error["details"]
    talent.change_licence(licence.id, "resume")
    kept(server.wait(_answered(server, graph, 200).json()["prompt_id"]))


def _answered(server: Server, graph: dict[str, Any], status: int) -> requests.Response:
    """The first answer of that status: a list that was just read, or a registry that is slow to answer, keeps the last one."""
    end = time.monotonic() + WORD_SECONDS
    while (answer := server.queue(graph)).status_code != status:
        assert time.monotonic() < end, answer.text
        time.sleep(0.5)
    return answer


def test_a_refusal_is_told_in_the_language_of_the_page(
    server: Server, graph: dict[str, Any], world: dict[str, Any]
) -> None:
    """Before queueing and in the node: the agent's sentence, and the nodes' own."""
    graph["2"]["inputs"]["territory"] = world["forbidden_territory"]
    strange = {**graph["2"], "inputs": {**graph["2"]["inputs"], "twin": "Nobody [twn_nobody]"}}
    _speak(server, "fr-FR,fr;q=0.9")
    try:
        message = failure(server.run(graph))["exception_message"]
        assert message.startswith("Territoire hors licence : JP ; sous licence : ")
        (error,) = server.queue({**graph, "2": strange}).json()["node_errors"]["2"]["errors"]
        assert "Il n'y a pas de licence pour Nobody" in error["details"]
    finally:
        _speak(server, "en")
    assert "is not licensed" in failure(server.run(graph))["exception_message"]


def _speak(server: Server, language: str) -> None:
    """What the page does when it is opened, or its language is changed."""
    headers = {"X-Sosie": "panel", "Accept-Language": language}
    requests.post(f"{server.url}/sosie/language", headers=headers, timeout=30).raise_for_status()


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
