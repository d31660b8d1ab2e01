"""docs/tutorial.md works as it is written: each of its commands, in order, in a shell of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The lines of the tutorial's shell blocks, continued lines joined, without the one that blocks."""
    text = "".join(BLOCK.findall(TUTORIAL.read_text(encoding="utf-8"))).replace("\\\n", " ")
    lines = [line.split(" #")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "sosie registry serve"))]


class Shell:
    """Runs lines one after the other with `sosie` on PATH; `$name` is what `name=$(...)` printed."""

    def __init__(self, folder: Path, url: str) -> None:
        programs = Path(sys.executable).parent
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "SOSIE_HOME": str(folder / "home"),
            "URL": url,
            "PEOPLE": str(ROOT / "tests" / "people"),
        }

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def assign(self, name: str, command: str) -> subprocess.CompletedProcess[str]:
        done = self.run(command)
        self.environment[name] = done.stdout.strip()
        return done


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    serve = [
        sys.executable,
        "-m",
        "sosie",
        "registry",
        "serve",
        "--data",
        "registry",
        "--port",
        "0",
        "--json",
    ]
    with subprocess.Popen(serve, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as registry:
        assert registry.stdout is not None
        opened = Shell(tmp_path, json.loads(registry.stdout.readline())["url"])
        try:
            yield opened
        finally:
            opened.run("sosie agent stop")
            registry.send_signal(signal.SIGTERM)


def test_the_tutorial_works_as_written(shell: Shell) -> None:
    for line in commands():
        if assignment := re.fullmatch(r"(\w+)=\$\((.*)\)", line):
            done = shell.assign(assignment[1], assignment[2])
        else:
            done = shell.run(line)
        if line.endswith("|| true"):
            assert "consent_revoked" in done.stdout
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    delivered = shell.folder / "delivered.jpg"
    altered = bytearray(delivered.read_bytes())
    altered[len(altered) // 2] ^= 1
    delivered.write_bytes(altered)
    done = shell.run("sosie verify delivered.jpg")
    assert done.returncode != 0
    assert "changed after delivery" in done.stdout
