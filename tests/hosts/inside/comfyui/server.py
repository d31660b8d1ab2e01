"""A running ComfyUI, and graphs through it."""

from __future__ import annotations

import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

PROMPT_SECONDS = 120.0


@dataclass(frozen=True)
class Server:
    """A running ComfyUI."""

    url: str
    base: Path

    def run(self, graph: dict[str, Any]) -> dict[str, Any]:
        """Queue a graph and wait for its entry in the history, finished or failed."""
        answer = self.queue(graph)
        assert answer.status_code == 200, answer.text
        assert not answer.json()["node_errors"]
        return self.wait(answer.json()["prompt_id"])

    def wait(self, number: str) -> dict[str, Any]:
        """The history's entry of a queued graph, finished or failed."""
        end = time.monotonic() + PROMPT_SECONDS
        while time.monotonic() < end:
            # the history may lag behind the event that says "done": ask until it is there
            entry = requests.get(f"{self.url}/history/{number}", timeout=30).json().get(number)
            if entry and entry["status"]["completed"]:
                return dict(entry)
            if entry and entry["status"]["status_str"] == "error":
                return dict(entry)
            time.sleep(0.1)
        pytest.fail(f"the graph did not finish in {PROMPT_SECONDS:.0f} s")

    def queue(self, graph: dict[str, Any]) -> requests.Response:
        """Send a graph to `/prompt`; the answer, whatever it is."""
        return requests.post(
            f"{self.url}/prompt", json={"prompt": graph, "client_id": uuid.uuid4().hex}, timeout=30
        )

    def add_input(self, picture: Path) -> str:
        """Put a picture where Load Image finds it; its name there."""
        folder = self.base / "input"
        folder.mkdir(exist_ok=True)
        shutil.copyfile(picture, folder / picture.name)
        return picture.name
