"""The keys in a real Secret Service: gnome-keyring on a message bus of its own, in a home that is empty."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon")
#: Unlocks the collection `login` (the password is the daemon's standard input), then is what it is given.
SESSION = 'echo -n secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$@"'
#: Two processes of one machine: the first makes the keys, the second has nothing but the keyring.
KEEP = """
from pathlib import Path
import sys
from sosie.agent.vault import DeviceKeys, Keyring, Vault
keyring = Keyring(patience=30)
assert keyring.name() == "SecretService Keyring", keyring.name()
vault, made = Vault(Path(sys.argv[1]), "dev_1", keyring), DeviceKeys.new()
vault.put(made)
assert not vault.in_files
print(made.public["signing_key"])
"""
FIND = """
from pathlib import Path
import sys
from sosie.agent.vault import Keyring, Vault
from sosie.errors import AgentError
vault = Vault(Path(sys.argv[1]), "dev_1", Keyring(patience=30))
print(vault.get().public["signing_key"])
vault.remove()
try:
    vault.get()
except AgentError as error:
    print(error.code)
"""


@pytest.fixture
def session(tmp_path: Path) -> list[str]:
    """The beginning of a command that runs on a bus with an open keyring, and nothing else on it."""
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        why = f"needs {' and '.join(missing)}: install the Debian packages dbus-daemon and gnome-keyring"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return ["dbus-run-session", "--", "sh", "-c", SESSION, "sh"]


def ran(session: list[str], folder: Path, script: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHON_KEYRING_BACKEND"}
    runtime = folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    there = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(runtime), "XDG_DATA_HOME": str(folder / "data")}
    asked = [*session, sys.executable, "-c", script, str(folder / "keys")]
    done = subprocess.run(
        asked, env={**kept, **there}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_keys_outlive_process_and_session_in_the_keyring_alone(session: list[str], tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    made = ran(session, tmp_path, KEEP)
    assert list((tmp_path / "keys").iterdir()) == []
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*.keyring"))
    assert stored
    assert b"PRIVATE KEY" not in stored
    assert ran(session, tmp_path, FIND) == [*made, "keys_missing"]
