"""The real ComfyUI server, started once. These tests run beside it, in Sosie's own Python."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests
from server import Server

START_SECONDS = 120.0


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Started once; its log stays beside its base folder."""
    with running(Path(os.environ["SOSIE_TEST_COMFYUI_BASE"]), os.environ) as started:
        yield started


@contextlib.contextmanager
def running(base: Path, variables: Mapping[str, str]) -> Iterator[Server]:
    """A server with the packs below `base` and these environment variables."""
    source = Path(os.environ["SOSIE_TEST_COMFYUI_SOURCE"])
    port = _free_port()
    command = [os.environ["SOSIE_TEST_COMFYUI_PYTHON"], "main.py", "--cpu", "--base-directory", str(base)]
    command += ["--listen", "127.0.0.1", "--port", str(port), "--disable-api-nodes", "--disable-auto-launch"]
    command += ["--database-url", "sqlite:///:memory:"]
    environment = {name: value for name, value in variables.items() if name != "PYTHONPATH"}
    log = base / "comfyui.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=source, env=environment, stdout=output, stderr=output)
        try:
            _wait_until_up(f"http://127.0.0.1:{port}", process, log)
            yield Server(f"http://127.0.0.1:{port}", base)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            requests.get(f"{url}/system_stats", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.25)
        else:
            return
    pytest.fail(f"ComfyUI did not come up:\n{log.read_text(errors='replace')[-4000:]}", pytrace=False)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
