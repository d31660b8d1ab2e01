"""Find the agent of this user, or start it.

The agent writes its address beside its key (`agent/address.json`, `agent/key`, both 0600) and the Python it
runs in (`agent/python.json`), because a host's own `sys.executable` is the host. Nothing is searched on the
network and no port is opened.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sosie.client import folders
from sosie.client.transport import Channel, Message, connect
from sosie.errors import AgentError

#: Set by application images for their own libraries; they break another Python.
FOREIGN_ENVIRONMENT = ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "QT_PLUGIN_PATH", "DYLD_LIBRARY_PATH")
START_SECONDS = 30.0
#: Windows only: DETACHED_PROCESS | CREATE_NO_WINDOW. Elsewhere the agent leaves its parent by itself.
DETACHED = 0x08000008 if sys.platform == "win32" else 0


@dataclass(frozen=True)
class Files:
    """The agent's files that clients read."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where the agent keeps what belongs to a run of it."""
        return self.home / "agent"

    @property
    def key(self) -> Path:
        """32 random bytes that prove to the agent that the caller is this user, and the other way round."""
        return self.folder / "key"

    @property
    def address(self) -> Path:
        """JSON: the socket's address, the agent's process and version."""
        return self.folder / "address.json"

    @property
    def python(self) -> Path:
        """JSON: the command that starts the agent."""
        return self.folder / "python.json"

    @property
    def output(self) -> Path:
        """What the agent printed when it could not even start."""
        return self.folder / "output.log"


def find(client: str, home: Path | None = None) -> tuple[Channel, Message]:
    """Connect to the running agent.

    Raises:
        AgentError: `agent_not_running`, `agent_key`, `agent_version`.
    """
    files = Files(home or folders.home())
    address, key = _address_and_key(files)
    try:
        return connect(address, key, client)
    except AgentError as error:
        # An agent writes its key before it listens: one that began since this was read has another.
        if error.code != "agent_key" or _address_and_key(files)[1] == key:
            raise
    return find(client, home)


def find_or_start(client: str, home: Path | None = None) -> tuple[Channel, Message]:
    """Connect to the agent, and start it first when it is not there.

    Raises:
        AgentError: as `find`, and `agent_failed` with the agent's last words when it does not come up.
    """
    try:
        return find(client, home)
    except AgentError as error:
        if error.code != "agent_not_running":
            raise
    return start(client, home)


def start(client: str, home: Path | None = None) -> tuple[Channel, Message]:
    """Start the agent as a process of its own that outlives this one, and connect to it.

    Two clients may do this at once: the second agent finds the lock taken and leaves; both clients connect
    to the first.
    """
    files = Files(home or folders.home())
    folders.private_folder(files.home)
    folders.private_folder(files.folder)
    with files.output.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command comes from this user's private folder
            [*_command(files), "--detach", "--home", str(files.home)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=files.home,
            env={name: value for name, value in os.environ.items() if name not in FOREIGN_ENVIRONMENT},
            start_new_session=True,
            creationflags=DETACHED,
        )
    try:
        if (found := _await(files, process, client)) is not None:
            return found
    except BaseException:
        process.terminate()  # an agent that nobody waits for leaves
        process.wait()
        raise
    raise AgentError(
        f"The agent did not start. It said: {_last_words(files)}",
        remedy="Run `sosie doctor`.",
        code="agent_failed",
    )


def _address_and_key(files: Files) -> tuple[str, bytes]:
    """Of the agent that runs."""
    try:
        address = str(json.loads(files.address.read_text(encoding="utf-8"))["address"])
        return address, files.key.read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AgentError(
            "The Sosie agent is not running.", remedy="Run `sosie agent start`.", code="agent_not_running"
        ) from error


def _await(files: Files, process: subprocess.Popen[bytes], client: str) -> tuple[Channel, Message] | None:
    """Connect as soon as the agent listens; None when it will not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() in {None, 0}:
        try:
            found = find(client, files.home)
        except AgentError as error:
            if error.code != "agent_not_running":
                raise
            time.sleep(0.05)
        else:
            if sys.platform != "win32":
                process.wait()  # the starter leaves as soon as the agent listens; no zombie stays
            return found
    return None


def record_python(home: Path) -> None:
    """Remember this Python as the one that runs the agent; called by the command line and by the agent, never by a host."""
    files = Files(home)
    folders.private_folder(files.home)
    folders.private_folder(files.folder)
    written = files.python.with_suffix(".new")
    written.write_text(json.dumps({"command": [sys.executable, "-m", "sosie.agent"]}), encoding="utf-8")
    written.replace(files.python)


def _command(files: Files) -> list[str]:
    """The recorded command; else the installed `sosie`; else this Python where it has the agent."""
    try:
        command = json.loads(files.python.read_text(encoding="utf-8"))["command"]
        if Path(command[0]).exists():
            return [str(part) for part in command]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        pass  # no record, or one of a removed environment: look further
    if program := shutil.which("sosie"):
        return [program, "agent", "run"]
    if "python" in Path(sys.executable or "").name.lower() and _agent_is_here():
        return [sys.executable, "-m", "sosie.agent"]
    raise AgentError(
        "The Sosie agent is not installed on this machine, or never ran here.",
        remedy="Install it with `pip install sosie[cpu]`, then run `sosie agent start` once.",
        code="agent_not_installed",
    )


def _agent_is_here() -> bool:
    try:
        return importlib.util.find_spec("sosie.agent") is not None
    except ModuleNotFoundError:
        return False


def _last_words(files: Files) -> str:
    try:
        lines = files.output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "nothing"
