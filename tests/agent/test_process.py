"""The agent as a process: started once, found by all, killed without harm."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sosie.client import Session, folders
from sosie.client.discovery import Files
from sosie.errors import AgentError


def kill(session: Session) -> int:
    """The power cut."""
    pid = session.status().pid
    os.kill(pid, signal.SIGKILL)
    return pid


def gone(pid: int) -> None:
    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()


def test_it_starts_on_demand_and_is_found_again(home: Path) -> None:
    with Session.connect("krita", home=home) as first, Session.connect("blender", home=home) as second:
        assert first.status().pid == second.status().pid
        assert second.status().clients == 2
        assert first.pixels.folder != second.pixels.folder


def test_without_an_account_it_says_how_to_get_one(home: Path) -> None:
    with Session.connect("test", home=home) as session:
        assert "sign-in" in session.status().warnings[0]
        with pytest.raises(AgentError) as caught:
            session.twins()
        assert caught.value.code == "not_enrolled"


def test_five_clients_at_once_get_one_agent(home: Path) -> None:
    pids: list[int] = []

    def host() -> None:
        with Session.connect("host", home=home) as session:
            pids.append(session.status().pid)

    threads = [threading.Thread(target=host) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 5
    assert len(set(pids)) == 1


def test_a_second_agent_leaves_the_first_alone(home: Path) -> None:
    with Session.connect("test", home=home) as session:
        done = subprocess.run(
            [sys.executable, "-m", "sosie.agent", "--home", str(home)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "running for this home already" in done.stderr
        assert session.status().pid


def test_killed_and_started_again_nothing_of_it_is_left(home: Path) -> None:
    session = Session.connect("test", home=home)
    session.pixels.put(bytes(1 << 20), width=1 << 10, height=1 << 10, depth="u8", channels="L")
    orphans = session.pixels.folder
    dead = kill(session)
    with pytest.raises(AgentError) as caught:
        session.status()
    assert caught.value.code == "agent_gone"
    session.close()
    gone(dead)
    assert orphans.exists()
    with Session.connect("test", home=home) as again:
        assert again.status().pid != dead
        assert not list(orphans.glob("*.px"))


def test_stop_then_start_at_once(home: Path) -> None:
    for _ in range(3):
        with Session.connect("test", home=home) as session:
            session.stop()
    assert not Files(home).address.exists()
    assert not any(folder.exists() for folder in folders.pixel_folders(home))


def test_sigterm_is_a_clean_end(home: Path) -> None:
    with Session.connect("test", home=home) as session:
        pid = session.status().pid
        subprocess.run(["kill", "-TERM", str(pid)], check=True)
        gone(pid)
    assert not Files(home).address.exists()


def test_an_agent_that_cannot_start_says_why(home: Path) -> None:
    (home / "keys").write_text("in the way")
    with pytest.raises(AgentError, match="keys") as caught:
        Session.connect("test", home=home)
    assert caught.value.code == "agent_failed"
    (home / "keys").unlink()


def test_ctrl_c_while_it_starts_leaves_no_agent_or_a_whole_one(home: Path) -> None:
    """At any moment of the start: an agent that nobody could reach would keep the lock and answer nobody."""
    for milliseconds in (5, 50, 150, 300, 450):
        program = f"from pathlib import Path; from sosie.client import Session; Session.connect(home=Path({str(home)!r}))"
        with subprocess.Popen(
            [sys.executable, "-c", program], stderr=subprocess.DEVNULL, start_new_session=True
        ) as host:
            time.sleep(0.1 + milliseconds / 1000)
            host.send_signal(signal.SIGINT)
        until = time.monotonic() + 10
        while running(home) and time.monotonic() < until:
            with contextlib.suppress(AgentError), Session.connect("test", start=False, home=home) as session:
                session.stop()  # it was up before the interruption came
            time.sleep(0.05)
        assert not running(home), milliseconds


def running(home: Path) -> list[str]:
    found = subprocess.run(
        ["pgrep", "-f", f"sosie.agent.*{home}"], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def test_a_host_s_own_library_paths_do_not_reach_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    with Session.connect("appimage", home=home) as session:
        assert session.status().pid


def test_a_stale_address_is_no_agent(home: Path) -> None:
    files = Files(home)
    files.folder.mkdir(parents=True, exist_ok=True)
    files.address.write_text(json.dumps({"address": "/nowhere/agent.sock"}))
    files.key.write_bytes(b"k" * 32)
    started = time.monotonic()
    with Session.connect("test", home=home) as session:
        assert session.status().pid
    assert time.monotonic() - started < 20
