"""What one program may take of the agent, and who comes when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sosie.agent.guest import Limits
from sosie.agent.jobs import Answer, Job
from sosie.client import Session
from sosie.errors import AgentError, CancelledError

Serve = Callable[..., Any]


class Stage:
    """Renders that last until they are let go."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.go = threading.Event()

    def render(self, job: Job) -> Answer:
        self.order.append(job.client)
        while not self.go.wait(0.01):
            job.progress(0.5, "Turning")
        return {}


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def send(session: Session, number: int, **params: Any) -> None:
    session._channel.send({"id": number, "method": "render", "params": params})


def answer(session: Session, number: int) -> dict[str, Any]:
    while True:
        message = session._channel.receive()
        if message["id"] == number and "progress" not in message:
            return message


def test_a_job_that_waits_is_cancelled_at_once(serve: Serve, home: Path) -> None:
    stage = Stage()
    service = serve({"render": stage.render})
    with (
        Session.connect("first", start=False, home=home) as first,
        Session.connect("second", start=False, home=home) as second,
    ):
        send(first, 1)
        wait_until(lambda: service.jobs.counts() == (1, 0))
        stages: list[str] = []
        threading.Timer(0.3, second.cancel).start()
        with pytest.raises(CancelledError):
            second._call("render", {}, lambda fraction, stage: stages.append(stage))
        assert stages == ["Waiting for another"]
        assert service.jobs.counts() == (1, 0)
        stage.go.set()
        assert "result" in answer(first, 1)
        assert stage.order == ["first"]


def test_interactive_work_passes_a_batch(serve: Serve, home: Path) -> None:
    stage = Stage()
    service = serve({"render": stage.render})
    with (
        Session.connect("farm", start=False, home=home) as farm,
        Session.connect("krita", start=False, home=home) as krita,
    ):
        for number in (1, 2, 3):
            send(farm, number, priority="batch")
        wait_until(lambda: service.jobs.counts() == (1, 2))
        send(krita, 1)
        wait_until(lambda: service.jobs.counts() == (1, 3))
        stage.go.set()
        answer(krita, 1)
        for number in (1, 2, 3):
            answer(farm, number)
    assert stage.order == ["farm", "krita", "farm", "farm"]


def test_a_crashed_host_s_waiting_jobs_go(serve: Serve, home: Path) -> None:
    stage = Stage()
    service = serve({"render": stage.render})
    session = Session.connect("crashing", start=False, home=home)
    for number in range(1, 6):
        send(session, number)
    wait_until(lambda: service.jobs.counts() == (1, 4))
    session.close()
    wait_until(lambda: not service.jobs.busy())
    assert len(stage.order) == 1


@pytest.fixture
def limited(home: Path) -> Any:
    return Limits(clients=2, waiting=2, pixel_bytes=1 << 20)


def test_too_many_waiting_jobs_are_refused(serve: Serve, home: Path, limited: Limits) -> None:
    stage = Stage()
    service = serve({"render": stage.render}, limits=limited)
    with Session.connect("eager", start=False, home=home) as session:
        send(session, 1)
        wait_until(lambda: service.jobs.counts() == (1, 0))
        for number in (2, 3, 4):
            send(session, number)
        refused = answer(session, 4)
        assert refused["error"]["code"] == "agent_busy"
        assert "2 jobs" in refused["error"]["message"]
        stage.go.set()
        assert "result" in answer(session, 3)


def test_too_many_pixels_are_refused_until_they_are_released(
    serve: Serve, home: Path, limited: Limits
) -> None:
    serve({"twins": lambda job: {"twins": []}}, limits=limited)
    with Session.connect("hoarder", start=False, home=home) as session:
        kept = [
            session.pixels.put(bytes(1 << 20), width=1024, height=1024, depth="u8", channels="L")
            for _ in "ab"
        ]
        with pytest.raises(AgentError) as caught:
            session.twins()
        assert caught.value.code == "pixels_too_many"
        session.pixels.release(kept[0])
        assert session.twins() == []


def test_too_many_clients_are_turned_away(serve: Serve, home: Path, limited: Limits) -> None:
    serve({"twins": lambda job: {"twins": []}}, limits=limited)
    with Session.connect("one", start=False, home=home), Session.connect("two", start=False, home=home):
        with pytest.raises(AgentError) as caught:
            Session.connect("three", start=False, home=home)
        assert caught.value.code == "agent_busy"
        assert caught.value.remedy
    with Session.connect("later", start=False, home=home) as session:
        assert session.twins() == []
