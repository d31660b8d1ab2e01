"""`sosie doctor` on a machine where something is wrong: each finding has a name, words and a remedy."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from sosie.cli import cli, doctor_agent, doctor_machine
from sosie.client import Session, discovery, folders
from sosie.client.discovery import Files
from sosie.errors import AgentError
from sosie.messages import AgentStatus


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "home"
    monkeypatch.setenv("SOSIE_HOME", str(path))
    for name in discovery.FOREIGN_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    discovery.record_python(path)
    yield path
    with contextlib.suppress(AgentError), Session.connect("teardown", start=True, home=path) as session:
        session.stop()


def found(name: str) -> dict[str, str]:
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    for check in checks.values():
        assert check["state"] == "ok" or check["remedy"] or check["name"] == "agent", check
    return checks[name]


def test_all_is_well_but_nobody_is_signed_in(home: Path) -> None:
    with Session.connect("test", home=home):
        assert found("agent")["state"] == "ok"
        assert found("libraries")["state"] == "ok"
        assert found("engine")["state"] in {"ok", "warn"}
        assert found("pixels")["state"] in {"ok", "warn"}
        assert found("socket")["state"] == "ok"
        assert found("registry")["remedy"].startswith("Run `sosie agent sign-in`")


def test_an_agent_that_died_is_noticed(home: Path) -> None:
    with Session.connect("test", home=home) as session:
        pid = session.status().pid
        os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert str(pid) in found("socket")["message"]
    assert found("agent")["state"] == "warn"


def test_a_socket_path_that_is_too_long(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert found("socket")["state"] == "fail"


def test_secrets_that_others_can_read(home: Path) -> None:
    folders.private_folder(home)
    folders.private_folder(home / "keys")
    (home / "keys" / "signing.pem").write_text("secret")
    (home / "keys" / "signing.pem").chmod(0o644)
    check = found("keys")
    assert check["state"] == "fail"
    assert "signing.pem" in check["message"]
    assert "secret" not in check["message"]


def test_a_clock_that_went_back(home: Path) -> None:
    folders.private_folder(home)
    (home / "clock.json").write_text(json.dumps({"signed": int(time.time()) + 7200}))
    assert found("clock")["state"] == "fail"


def test_faults_in_the_log(home: Path) -> None:
    folders.private_folder(home)
    folders.private_folder(Files(home).folder)
    fault = {"at": time.time(), "event": "fault", "where": "render", "kind": "RuntimeError"}
    (Files(home).folder / "agent.log").write_text(json.dumps(fault) + "\n")
    assert "RuntimeError" in found("log")["message"]


def test_another_program_s_libraries(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/host/lib")
    assert found("environment")["state"] == "warn"


def test_how_the_agent_is_in_words(home: Path) -> None:
    with Session.connect("test", home=home) as session:
        pid = session.status().pid
        words = CliRunner().invoke(cli, ["agent", "status"]).stdout
    assert f"process {pid}, since " in words
    assert "registry  not enrolled" in words
    assert "journal   0 entries, 0 not yet at the registry" in words
    assert "warning   Nobody is signed in on this machine." in words


def test_keys_for_want_of_a_keyring(home: Path) -> None:
    folders.private_folder(home)
    folders.private_folder(home / "keys")
    (home / "account.json").touch(mode=0o600)
    assert found("keyring")["state"] == "fail"  # neither in a file nor in a keyring that answers
    (home / "keys" / "signing.pem").touch(mode=0o600)
    check = found("keyring")
    assert check["state"] == "warn"
    assert "files that only you can read" in check["message"]


def test_libraries_and_runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "LIBRARIES", ("numpy", "no_such_library"))
    monkeypatch.setattr(doctor_machine, "_version", lambda package: "1.0")
    (library,) = doctor_machine._libraries()
    (runtime,) = doctor_machine._engine()
    assert (library.state, runtime.state) == ("fail", "fail")
    assert "no_such_library" in library.message
    assert "exactly one" in runtime.message


@pytest.mark.parametrize(
    ("active", "offered", "state"),
    [
        ("numpy", [], "fail"),
        ("OpenCV", ["CUDAExecutionProvider"], "fail"),
        ("CUDAExecutionProvider", ["CUDAExecutionProvider"], "ok"),
    ],
)
def test_a_provider_that_was_promised_and_is_not_used(
    monkeypatch: pytest.MonkeyPatch, active: str, offered: list[str], state: str
) -> None:
    kernels = SimpleNamespace(kernels=lambda: [SimpleNamespace(provider=active)])
    monkeypatch.setattr("sosie.agent.work.built_in_plugins", lambda: kernels)
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: offered)
    *_, engine = doctor_machine._engine()
    assert engine.state == state


class Health(BaseHTTPRequestHandler):
    """A registry's answer, with the time of day in its head."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()


def status_at(url: str, *, reachable: bool) -> AgentStatus:
    words = dict.fromkeys(("version", "seat", "device", "provider"), "")
    numbers = ("pid", "started_at", "clients", "running", "waiting", "journal_entries", "journal_unsent")
    return AgentStatus(
        registry=url, reachable=reachable, leases=(), warnings=(), **words, **dict.fromkeys(numbers, 0)
    )


def test_a_registry_that_answers_and_a_clock_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    server = HTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = status_at(f"http://127.0.0.1:{server.server_port}", reachable=True)
    try:
        assert [check.state for check in doctor_agent._registry(at)] == ["ok", "ok"]
        monkeypatch.setattr(doctor_agent, "now", lambda: int(time.time()) + 3_600)
        _, clock = doctor_agent._registry(at)
        assert (clock.name, clock.state) == ("clock", "fail")
        assert "off the registry's" in clock.message
    finally:
        server.shutdown()
        server.server_close()


def test_a_registry_that_does_not_answer() -> None:
    (check,) = doctor_agent._registry(status_at("https://registry.example", reachable=False))
    assert check.state == "fail"
    assert "renders go on until their leases end" in check.message
