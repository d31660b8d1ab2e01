"""`sosie doctor` on a machine where something is wrong: each finding has a name, words and a remedy."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sosie.cli import cli
from sosie.client import Session, discovery, folders
from sosie.client.discovery import Files
from sosie.errors import AgentError


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
