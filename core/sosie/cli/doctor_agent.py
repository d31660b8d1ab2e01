"""What `sosie doctor` looks at in the agent: its socket and address, keys, log, the registry, the clocks."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from sosie.agent.clock import read_mark
from sosie.agent.home import Home
from sosie.agent.vault import Keyring
from sosie.cli.doctor import Check, Look, State
from sosie.cli.options import now
from sosie.client import folders
from sosie.client.session import Session
from sosie.errors import SosieError
from sosie.messages import AgentStatus

CLOCK_TOLERANCE_S = 300
#: The longest path a socket can have (sockaddr_un on Linux, with its end).
SOCKET_PATH = 107
#: Faults older than this are history.
RECENT_S = 86_400


def _socket() -> Iterator[Check]:
    """The place of the socket, and an address that nobody answers at."""
    home = Home(folders.home())
    try:
        folder = folders.runtime_folder(home.path)
    except SosieError as error:
        yield Check("socket", "fail", error.message, error.remedy)
        return
    path = folder / "agent.sock"
    if not path.exists():
        with contextlib.suppress(OSError):  # made by looking; no trace stays
            folder.rmdir()
    if os.name != "nt" and len(os.fsencode(path)) > SOCKET_PATH:
        yield Check(
            "socket",
            "fail",
            f"{path} has {len(os.fsencode(path))} bytes; a socket may have {SOCKET_PATH}.",
            "Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder.",
        )
        return
    if (dead := _dead_agent(home)) is not None:
        yield Check(
            "socket",
            "warn",
            f"The last agent (process {dead}) ended without a word.",
            f"The next use starts a new one; {home.log} and {home.run.output} say more.",
        )
        return
    yield Check("socket", "ok", f"a local socket in {folder.parent}, no port")


def _dead_agent(home: Home) -> int | None:
    try:
        pid = int(json.loads(home.run.address.read_text(encoding="utf-8"))["pid"])
        os.kill(pid, 0)
    except ProcessLookupError:
        return pid
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def _keys() -> Iterator[Check]:
    home = Home(folders.home())
    secret = [*sorted(home.keys.glob("*")), home.account, home.run.key]
    there = [path for path in secret if path.exists()]
    wide = [path.name for path in there if os.name != "nt" and path.stat().st_mode & 0o077]
    if wide:
        yield Check(
            "keys",
            "fail",
            f"Others can read {', '.join(wide)}.",
            f"Run `chmod -R go= {home.path}`, then sign in anew.",
        )
    elif home.account.exists():
        yield Check("keys", "ok", f"{len(there)} secrets that only this user can read")
    if home.account.exists():
        yield _keyring(home)


def _keyring(home: Home) -> Check:
    in_files, name = (home.keys / "signing.pem").exists(), Keyring().name()
    if not in_files and name:
        return Check("keyring", "ok", f"The device's keys lie in {name}.")
    if not in_files:
        return Check(
            "keyring",
            "fail",
            "The device's keys lie in a keyring that does not answer.",
            "Unlock it (it opens when you sign in to the desktop).",
        )
    return Check(
        "keyring",
        "warn",
        f"The device's keys lie in files that only you can read, {'beside ' + name if name else 'for want of a keyring'}.",
        "Run `sosie agent stop`: the agent moves them when it starts again."
        if name
        else "Start a keyring (GNOME Keyring, KWallet, KeePassXC), then run `sosie agent stop`.",
    )


def _log() -> Iterator[Check]:
    home = Home(folders.home())
    faults = [event for event in _events(home.log) if event.get("event") == "fault"]
    recent = [fault for fault in faults if float(fault.get("at", 0)) > time.time() - RECENT_S]
    if recent:
        last = recent[-1]
        yield Check(
            "log",
            "warn",
            f"{len(recent)} faults in a day, the last in {last.get('where')}: {last.get('kind')}.",
            f"Report it with {home.log}: no picture and no name is in it.",
        )
    elif home.log.exists():
        yield Check("log", "ok", f"no fault in a day ({home.log})")


def _events(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [event for line in lines if isinstance(event := json.loads(line), dict)]
    except (OSError, ValueError):
        return []


def _agent() -> Iterator[Check]:
    try:
        with Session.connect("sosie doctor", start=False) as session:
            found = session.status()
    except SosieError as error:
        state: State = "warn" if error.code == "agent_not_running" else "fail"
        yield Check("agent", state, error.message, error.remedy)
        return
    yield Check("agent", "ok", f"process {found.pid}, {found.provider or 'no render yet'}")
    yield from _registry(found)
    for warning in found.warnings if found.registry else ():
        yield Check("agent", "warn", warning)


def _registry(found: AgentStatus) -> Iterator[Check]:
    if not found.registry:
        yield Check("registry", "warn", "Nobody is signed in here.", "Run `sosie agent sign-in`.")
    elif found.reachable:
        yield Check("registry", "ok", f"{found.registry} answers")
        yield from _clock(found.registry)
    else:
        yield Check(
            "registry",
            "fail",
            f"{found.registry} does not answer; renders go on until their leases end.",
            "Check the network, a proxy and the address.",
        )


def _clock(url: str) -> Iterator[Check]:
    import requests

    try:
        date = requests.head(f"{url}/v1/health", timeout=5).headers["date"]
    except (requests.RequestException, KeyError):
        return
    off = now() - int(parsedate_to_datetime(date).timestamp())
    if abs(off) > CLOCK_TOLERANCE_S:
        yield Check(
            "clock", "fail", f"This clock is {off} s off the registry's.", "Set this machine's clock."
        )
    else:
        yield Check("clock", "ok", f"{off} s off the registry's")


def _past() -> Iterator[Check]:
    """Signed time never goes back, with a registry or without."""
    signed = read_mark(Home(folders.home()).clock).signed
    if (behind := signed - now()) > CLOCK_TOLERANCE_S:
        yield Check(
            "clock",
            "fail",
            f"This clock is {behind} s behind a time the registry has signed: leases are refused.",
            "Set this machine's clock.",
        )


AGENT: tuple[Look, ...] = (_socket, _keys, _log, _past, _agent)
