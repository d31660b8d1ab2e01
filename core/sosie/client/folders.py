"""Where Sosie keeps things on this machine, and folders nobody else can read.

`SOSIE_HOME` names the home of the agent's state; without it the platform's place for user data is taken.
Sockets and pixels live in a private folder of the runtime directory or shared memory, so that they vanish
with the session. A folder that belongs to somebody else, is a link, or is open to others is refused.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from sosie.errors import SetupError

#: Pixels go where at least this much is free; a 4K float plate with three layers takes 0.5 GB.
ROOMY_BYTES = 1 << 30


def home() -> Path:
    """The folder of the agent's state: `SOSIE_HOME`, else the platform's place for user data."""
    if chosen := os.environ.get("SOSIE_HOME"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "Sosie"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Sosie"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sosie"


def runtime_folder(of: Path) -> Path:
    """A short private folder for the socket of the agent whose home is `of` (a socket path has 107 bytes)."""
    return private_folder(_runtime_parents()[0] / _name(of))


def pixel_folder(of: Path) -> Path:
    """A private folder for pixels: the first place in memory with room, else the one with the most."""
    places = _runtime_parents()
    free = {place: shutil.disk_usage(place).free for place in places}
    chosen = next((place for place in places if free[place] >= ROOMY_BYTES), None)
    return private_folder((chosen or max(places, key=free.__getitem__)) / f"{_name(of)}-pixels")


def pixel_folders(of: Path) -> list[Path]:
    """Every place where `pixel_folder` may have put pixels, for the clean-up after a crash."""
    return [place / f"{_name(of)}-pixels" for place in _runtime_parents()]


def private_folder(path: Path) -> Path:
    """`path` as a folder that only this user can enter; made when it is not there.

    Raises:
        SetupError: `folder_unsafe` when it is a link, belongs to another user or cannot be closed to others;
            `folder_unusable` when it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise SetupError(
            f"The folder {path} cannot be made: {error.strerror}.",
            remedy="Free the place or set SOSIE_HOME to a folder you can write to.",
            code="folder_unusable",
        ) from error
    if sys.platform == "win32":
        return path  # user folders on Windows are closed to others by their parent's access list
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise SetupError(
            f"{path} is not a folder of this user.",
            remedy="Somebody else made it: remove it, or ask the administrator of this machine to.",
            code="folder_unsafe",
        )
    if found.st_mode & 0o077:
        path.chmod(0o700)
    return path


def _runtime_parents() -> list[Path]:
    places = [os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm", tempfile.gettempdir()]  # noqa: S108 - tmpfs, checked by private_folder
    return [Path(place) for place in places if place and os.path.isdir(place) and os.access(place, os.W_OK)]  # noqa: PTH112 - "" and odd values


def _name(of: Path) -> str:
    user = os.getuid() if hasattr(os, "getuid") else 0
    return f"sosie-{user}-{hashlib.sha256(str(of.absolute()).encode()).hexdigest()[:12]}"
