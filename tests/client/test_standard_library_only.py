"""Host packages carry the client: it must import, and refuse politely, with nothing but the standard library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CORE = Path(__file__).parents[2] / "core"
ALLOWED = ("sosie", "sosie.client", "sosie.codec", "sosie.errors", "sosie.messages", "sosie.words")

PROGRAM = """
import sys

class OnlyStandardLibrary:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.stdlib_module_names or name in {allowed!r} or name.startswith("sosie.client."):
            return None
        raise ModuleNotFoundError("blocked: " + name)

sys.meta_path.insert(0, OnlyStandardLibrary())
sys.path.insert(0, {core!r})
import sosie.client, sosie.client.discovery, sosie.words
from sosie.errors import AgentError
try:
    sosie.client.Session.connect("a host", start=False)
except AgentError as error:
    print(error.code, sorted(name for name in sys.modules if name.startswith("sosie")))
"""


def run(tmp_path: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"SOSIE_HOME": str(tmp_path), "PATH": "/nowhere"},
    )
    return done.stdout


def test_the_client_imports_with_every_other_import_blocked(tmp_path: Path) -> None:
    said = run(tmp_path, PROGRAM.format(allowed=ALLOWED, core=str(CORE)))
    assert said.startswith("agent_not_running")
    assert "sosie.agent" not in said


def test_the_block_really_blocks(tmp_path: Path) -> None:
    program = PROGRAM.format(allowed=ALLOWED, core=str(CORE)) + (
        "\ntry:\n    import sosie.plugins\nexcept ImportError as error:\n    print(error)"
    )
    assert "blocked: sosie.plugins" in run(tmp_path, program)


def test_a_host_without_an_agent_installed_says_what_to_do(tmp_path: Path) -> None:
    program = PROGRAM.format(allowed=ALLOWED, core=str(CORE)).replace("start=False", "start=True")
    assert run(tmp_path, program).startswith("agent_not_installed")
