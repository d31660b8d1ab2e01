"""The journal's file at a start: whole lines, and all of them on the disk before anybody hears of one."""

from __future__ import annotations

import os
from pathlib import Path

from sosie.agent.home import storage
from sosie.storage import Disk


def whole(path: Path, disk: Disk, begins: int) -> bytes:
    """The whole lines from byte `begins` on; what follows the last line end is cut off the file."""
    try:
        with path.open("rb") as file:
            file.seek(begins)
            data = file.read()
    except FileNotFoundError:
        return b""
    kept = data[: data.rfind(b"\n") + 1]
    if len(kept) < len(data) and (kept or not begins):
        disk.truncate(path, begins + len(kept))
    return kept


def lines(data: bytes) -> list[str]:
    """Its tokens."""
    return data.decode("ascii", "replace").splitlines()


def settle(path: Path, disk: Disk) -> bool:
    """Sync the file and its name, which a killed process may have left in memory alone; whether there is one.

    Raises:
        SetupError: `storage_full`.
    """
    if not path.exists():
        return False
    try:
        descriptor = disk.open(path, os.O_WRONLY)
        try:
            disk.sync(descriptor)
        finally:
            os.close(descriptor)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise storage(path, error) from error
    return True
