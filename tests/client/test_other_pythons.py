"""The client in the Pythons hosts bundle, 3.10 to 3.14, against an agent in ours.

The handshake differs between versions of `multiprocessing`; warnings are errors there too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sosie.client import Session, discovery

CORE = Path(__file__).parents[2] / "core"
PROGRAM = f"""
import sys
sys.path.insert(0, {str(CORE)!r})
from sosie.client import Session
from sosie.errors import AgentError
with Session.connect("another python", start=False) as session:
    pixels = session.pixels.put(bytes(16), width=4, height=1, depth="u8", channels="BGRA")
    assert session.pixels.read(pixels) == bytes(16)
    try:
        session.twins()
    except AgentError as error:
        print(error.code)
"""


def interpreter(version: str) -> str | None:
    """A Python of that version: on the path, or one of pyenv's."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", "/nowhere")) / "versions"
    for found in [*map(str, pyenv.glob(f"{version}.*/bin/{name}")), shutil.which(name)]:
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return found
    return None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("home")
    discovery.record_python(path)
    with Session.connect("test", home=path) as session:
        yield path
        session.stop()


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_it_speaks_with_the_agent(version: str, home: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"NOT TESTED: no Python {version} on this machine")
    done = subprocess.run(
        [python, "-I", "-W", "error", "-c", PROGRAM],
        capture_output=True,
        text=True,
        env={"SOSIE_HOME": str(home)},
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("not_enrolled", "")
