"""The socket service: progress, cancel, clean-up, and everybody it refuses."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import pytest

from sosie.agent.jobs import Answer, Job
from sosie.client import Session, discovery, transport
from sosie.client.discovery import Files
from sosie.errors import AgentError, CancelledError, RefusedError
from sosie.messages import PROTOCOL, RenderRequest, Use

Serve = Callable[..., Any]


def request(session: Session) -> RenderRequest:
    plate = session.pixels.put(bytes(12), width=2, height=2, depth="u8", channels="RGB")
    return RenderRequest(plate=plate, twin="twn_none", use=Use())


def endless(job: Job) -> Answer:
    while True:
        job.progress(0.5, "Turning")
        time.sleep(0.005)


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def test_progress_comes_in_order_before_the_result(serve: Serve, home: Path) -> None:
    def work(job: Job) -> Answer:
        for step in range(5):
            job.progress(step / 4, f"step {step}")
        return {"twins": []}

    serve({"twins": work})
    seen: list[tuple[float, str]] = []
    with Session.connect("test", start=False, home=home) as session:
        session._call("twins", {}, lambda fraction, stage: seen.append((fraction, stage)))
    assert seen == [(step / 4, f"step {step}") for step in range(5)]


def test_cancel_from_another_thread(serve: Serve, home: Path) -> None:
    serve({"render": endless})
    with Session.connect("test", start=False, home=home) as session:
        threading.Timer(0.2, session.cancel).start()
        with pytest.raises(CancelledError):
            session.render(request(session))
        assert session._current is None


def test_a_progress_callback_may_stop_the_job(serve: Serve, home: Path) -> None:
    serve({"render": endless})

    def no_more(fraction: float, stage: str) -> None:
        raise CancelledError("The window was closed.")

    with Session.connect("test", start=False, home=home) as session:
        asked = request(session)
        with pytest.raises(CancelledError, match="window"):
            session.render(asked, no_more)


def test_a_host_s_own_error_in_the_callback_stops_the_job_too(serve: Serve, home: Path) -> None:
    service = serve({"render": endless, "twins": lambda job: {"twins": []}})

    def broken(fraction: float, stage: str) -> None:
        raise ReferenceError("The window is gone.")

    with Session.connect("test", start=False, home=home) as session:
        asked = request(session)
        with pytest.raises(ReferenceError):
            session.render(asked, broken)
        wait_until(lambda: not service.jobs.busy())
        assert session.twins() == []


def test_a_session_goes_on_after_a_refusal(serve: Serve, home: Path) -> None:
    def refuse(job: Job) -> Answer:
        raise RefusedError("Not in JP.", remedy="Ask.", code="territory_not_licensed")

    serve({"render": refuse, "twins": lambda job: {"twins": []}})
    with Session.connect("test", start=False, home=home) as session:
        with pytest.raises(RefusedError) as caught:
            session.render(request(session))
        assert caught.value.as_dict() == {
            "code": "territory_not_licensed",
            "message": "Not in JP.",
            "remedy": "Ask.",
        }
        assert session.twins() == []


def test_a_fault_is_an_answer_and_the_log_says_where(serve: Serve, home: Path) -> None:
    serve({"render": lambda job: {"broken": 1 / 0}, "twins": lambda job: {"twins": []}})
    with Session.connect("test", start=False, home=home) as session:
        with pytest.raises(AgentError) as caught:
            session.render(request(session))
        assert caught.value.code == "agent_failed"
        assert session.twins() == []
    events = [json.loads(line) for line in (home / "agent" / "agent.log").read_text().splitlines()]
    assert any(event["event"] == "fault" and "test_service.py" in event["frames"] for event in events)


def test_the_log_has_no_names_paths_or_values(serve: Serve, home: Path) -> None:
    private = ("Anna", "portrait", str(home), "secret-token")

    def refuse(job: Job) -> Answer:
        raise RefusedError(
            "Anna forbids /home/Anna/portrait.png.", remedy="Ask Anna.", code="category_prohibited"
        )

    def fail(job: Job) -> Answer:
        raise ValueError(f"secret-token of Anna in {home}/portrait.png")

    serve({"render": refuse, "twins": fail})
    with Session.connect("krita", start=False, home=home) as session:
        with pytest.raises(RefusedError):
            session.render(request(session))
        with pytest.raises(AgentError):
            session.twins()
    text = (home / "agent" / "agent.log").read_text()
    events = [json.loads(line) for line in text.splitlines()]
    assert {(event.get("method"), event.get("code")) for event in events} >= {
        ("render", "category_prohibited"),
        ("twins", "internal"),
    }
    assert [word for word in private if word in text] == []


def test_renders_run_one_at_a_time_and_lists_beside_them(serve: Serve, home: Path) -> None:
    inside, listed = threading.Semaphore(1), threading.Event()

    def render(job: Job) -> Answer:
        assert inside.acquire(blocking=False), "two renders at once"
        listed.wait(10)
        inside.release()
        raise CancelledError("done")

    service = serve({"render": render, "twins": lambda job: {"twins": []}})

    def host() -> None:
        with Session.connect("host", start=False, home=home) as session, pytest.raises(CancelledError):
            session.render(request(session))

    hosts = [threading.Thread(target=host) for _ in range(3)]
    for thread in hosts:
        thread.start()
    wait_until(lambda: sum(service.jobs.counts()) >= 2)
    with Session.connect("list", start=False, home=home) as session:
        assert session.twins() == []
    assert not inside.acquire(blocking=False), "the list waited for the renders"
    listed.set()
    for thread in hosts:
        thread.join()


def test_a_host_that_hangs_up_loses_its_job_and_its_pixels(serve: Serve, home: Path) -> None:
    service = serve({"render": endless})
    session = Session.connect("crashing", start=False, home=home)
    folder = session.pixels.folder
    pixels = request(session)
    session._channel.send({"id": 7, "method": "render", "params": transport_params(pixels)})
    wait_until(service.jobs.busy)
    session.close()
    wait_until(lambda: not service.jobs.busy() and not folder.exists())


def transport_params(message: RenderRequest) -> dict[str, Any]:
    from sosie.codec import encode

    return encode(message)


def test_the_wrong_key_is_refused(serve: Serve, home: Path) -> None:
    serve({})
    Files(home).key.write_bytes(b"x" * 32)
    with pytest.raises(AgentError) as caught:
        Session.connect("thief", start=False, home=home)
    assert caught.value.code == "agent_key"


def test_a_key_read_just_before_another_agent_began_is_read_again(
    serve: Serve, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve({})
    right = Files(home).key.read_bytes()
    Files(home).key.write_bytes(b"x" * 32)  # of the agent before this one

    def connect(address: str, key: bytes, client: str) -> Any:
        Files(home).key.write_bytes(right)
        return transport.connect(address, key, client)

    monkeypatch.setattr(discovery, "connect", connect)
    with Session.connect("late", start=False, home=home) as session:
        assert session.pixels.folder.is_dir()


def test_another_protocol_is_refused_with_both_numbers(
    serve: Serve, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve({})
    monkeypatch.setattr(transport, "PROTOCOL", 99)
    with pytest.raises(AgentError, match=rf"99.*{PROTOCOL}|{PROTOCOL}.*99") as caught:
        Session.connect("newer", start=False, home=home)
    assert caught.value.code == "agent_version"


def test_a_caller_who_says_nothing_does_not_keep_others_out(serve: Serve, home: Path) -> None:
    serve({"twins": lambda job: {"twins": []}})
    address = json.loads(Files(home).address.read_text())["address"]
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(address)
        with Session.connect("test", start=False, home=home) as session:
            assert session.twins() == []


@pytest.mark.parametrize(
    "message", [b"nonsense", b"[]", b'{"id": "1"}', b'{"id":1,"method":"twins"}', b"{" * 2_000_000]
)
def test_nonsense_ends_that_connection_only(serve: Serve, home: Path, message: bytes) -> None:
    service = serve({"twins": lambda job: {"twins": []}})
    files = Files(home)
    channel, _ = transport.connect(
        json.loads(files.address.read_text())["address"], files.key.read_bytes(), "odd"
    )
    with contextlib.suppress(BrokenPipeError):  # the agent hangs up before the end of a long one
        channel._connection.send_bytes(message)
    with pytest.raises(AgentError):
        channel.receive()
    channel.close()
    wait_until(lambda: service.clients == 0)
    with Session.connect("test", start=False, home=home) as session:
        assert session.twins() == []


def test_an_unknown_method_is_an_error(serve: Serve, home: Path) -> None:
    serve({})
    with Session.connect("test", start=False, home=home) as session:
        with pytest.raises(AgentError) as caught:
            session._call("launch", {})
        assert caught.value.code == "method_unknown"


def test_one_session_is_for_one_thread(serve: Serve, home: Path) -> None:
    started = threading.Event()

    def slow(job: Job) -> Answer:
        started.set()
        time.sleep(0.3)
        return {"twins": []}

    serve({"twins": slow})
    with Session.connect("test", start=False, home=home) as session:
        thread = threading.Thread(target=session.twins)
        thread.start()
        assert started.wait(5)
        with pytest.raises(AgentError) as caught:
            session.twins()
        assert caught.value.code == "session_busy"
        thread.join()


def test_it_stops_when_idle_and_leaves_nothing(serve: Serve, home: Path) -> None:
    service = serve({}, idle_seconds=0.0)
    assert service._stopping.wait(10)
    wait_until(lambda: not Files(home).address.exists())
    with pytest.raises(AgentError) as caught:
        Session.connect("late", start=False, home=home)
    assert caught.value.code == "agent_not_running"


def test_key_and_socket_are_this_users_only(serve: Serve, home: Path) -> None:
    serve({})
    files = Files(home)
    address = Path(json.loads(files.address.read_text())["address"])
    for path in (files.key, files.address, address.parent, home, files.folder):
        assert path.stat().st_mode & 0o077 == 0, path
    with Client(str(address), family="AF_UNIX") as stranger:  # no key: the answer to the challenge is a guess
        stranger.recv_bytes()
        stranger.send_bytes(bytes(16))
        assert b"FAILURE" in stranger.recv_bytes()
