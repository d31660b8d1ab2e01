"""Schemathesis against a real registry: data it should take, data it should refuse, chains of calls; no failure.

Each role asks with its own token, for a few seconds each; `SOSIE_SCHEMATHESIS=300 pytest tests/registry/test_openapi.py`
asks for five minutes each. One check is left out, `positive_data_acceptance`: a licence's rules are more than an OpenAPI
schema can say, and what breaks one of them is rightly refused with 422.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.registry.people import World, cast
from tests.registry.servers import running

from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig

SECONDS = os.environ.get("SOSIE_SCHEMATHESIS", "8")


@pytest.mark.parametrize("role", ["operator", "talent", "brand", "device"])
def test_the_api_does_what_it_declares(role: str, tmp_path: Path, clock: Any) -> None:
    settings = Settings(data=tmp_path / "registry", clock=clock, requests_per_minute=10**9)
    with running(settings) as url:
        token = (settings.data / "operator.token").read_text()
        operator = Registry(HttpsTransport(RegistryConfig(url=url, token=token)))
        scene = cast(World(url, settings.data, clock, tmp_path, operator))
        scene.licence()
        people = {
            "operator": operator,
            "talent": scene.talent,
            "brand": scene.brand,
            "device": scene.device.registry,
        }
        program = Path(sys.executable).with_name("schemathesis")
        options = ["--max-time", SECONDS, "--seed", "7", "--continue-on-failure", "--no-color"]
        done = subprocess.run(
            [
                *(program, "run", f"{url}/openapi.json", *options),
                *("--exclude-checks", "positive_data_acceptance", "--warnings", "off"),
                *("--header", f"Authorization: Bearer {people[role]._transport._config.token}"),
            ],
            cwd=tmp_path,
            env=os.environ | {"PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        assert "Tested: " in done.stdout, done.stdout[-2000:] + done.stderr
        assert done.returncode == 0, done.stdout[-6000:]
        assert operator.health()["status"] == "ok"
