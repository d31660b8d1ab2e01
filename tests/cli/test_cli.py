"""The command line as a person and a machine meet it: help, exit status, JSON, errors without tracebacks."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sosie.cli import cli


def sosie(*arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own, with a home of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sosie", *map(str, arguments)],
        env={**os.environ, "SOSIE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize(("path", "command"), list(commands(cli)), ids=str)
def test_every_command_explains_itself(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help, path
    if not isinstance(command, click.Group) and path != (
        "agent",
        "run",
    ):  # it becomes the agent, and prints nothing
        names = {name for parameter in command.params for name in parameter.opts}
        assert "--json" in names, f"{' '.join(path)} has no --json"


def test_the_fixed_words_are_there() -> None:
    known = {" ".join(path) for path, _ in commands(cli)}
    assert known >= {
        *("registry serve", "capture", "agent start", "agent status", "agent stop", "render", "deliver"),
        *("verify", "models build", "models list", "doctor", "demo", "bench quality"),
        *("bench kernel", "bench gate", "bench registry", "twin inspect"),
    }


def test_help_is_fast_to_reach_and_ends_well(tmp_path: Path) -> None:
    done = sosie("--help", home=tmp_path)
    assert done.returncode == 0
    assert "consent, licence, render, delivery, proof" in done.stdout


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, sosie.cli; print([m for m in ('cv2', 'onnxruntime', 'fastapi', 'c2pa') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty.jpg"), (b"\xff\xd8\xff\xe0not a picture", "broken.jpg"), (b"text", "text.png")],
)
def test_verify_refuses_what_is_no_delivered_file(tmp_path: Path, content: bytes, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    done = sosie("verify", file, "--json", home=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "What to do:" in done.stderr


def test_an_unknown_machine_says_what_to_trust(tmp_path: Path) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0")
    done = sosie("verify", file, "--json", home=tmp_path)
    assert json.loads(done.stdout)["error"]["code"] == "root_missing"
    assert "--root" in done.stderr


def test_status_without_an_agent(tmp_path: Path) -> None:
    done = sosie("agent", "status", "--json", home=tmp_path)
    assert json.loads(done.stdout)["error"]["code"] == "agent_not_running"
    assert done.returncode == 7
    assert "sosie agent start" in done.stderr


def test_stopping_an_agent_that_does_not_run_is_no_error(tmp_path: Path) -> None:
    done = sosie("agent", "stop", "--json", home=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"stopped": False}


def test_a_broken_plate_is_said_before_anything_starts(tmp_path: Path) -> None:
    plate = tmp_path / "plate.png"
    plate.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    done = sosie(
        "render", plate, "--twin", "twn_nobody", "-t", "FR", "--out", tmp_path / "out.png", home=tmp_path
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_a_broken_pack_is_said(tmp_path: Path) -> None:
    pack = tmp_path / "twin.sosie"
    pack.write_bytes(b"PK\x03\x04 not a pack")
    done = sosie("twin", "inspect", pack, "--json", home=tmp_path)
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"].startswith("pack_")


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = sosie("--debug", "agent", "status", home=tmp_path)
    assert "Traceback" in done.stderr


def test_the_doctor_names_each_check(tmp_path: Path) -> None:
    done = sosie("doctor", "--json", home=tmp_path)
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert checks.keys() >= {"python", "onnxruntime", "models", "disk", "agent"}
    assert checks["python"]["state"] == "ok"
    assert checks["agent"]["remedy"]


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = sosie(
            "registry", "serve", "--data", tmp_path / "data", "--port", str(port), "--json", home=tmp_path
        )
    assert done.returncode == 9
    assert json.loads(done.stdout)["error"]["code"] == "port_taken"


def test_a_registry_asked_to_end_ends_well(tmp_path: Path) -> None:
    serve = [
        sys.executable,
        "-m",
        "sosie",
        "registry",
        "serve",
        "--data",
        str(tmp_path / "data"),
        "--port",
        "0",
    ]
    with subprocess.Popen([*serve, "--json"], stdout=subprocess.PIPE, text=True) as registry:
        assert registry.stdout is not None
        assert json.loads(registry.stdout.readline())["url"].startswith("http://127.0.0.1:")
        registry.send_signal(signal.SIGTERM)
        assert registry.wait(30) == 0
