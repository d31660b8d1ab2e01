"""Files that are whole or not there: written beside their place, flushed, then renamed over it.

What was written when `write_file` returns survives a power cut: the bytes are synced, and so is the folder
that holds the name.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sosie.errors import SetupError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Disk:
    """The system calls that change a disk; a simulation passes a disk of its own, which fails and forgets."""

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        """A descriptor; close it with `os.close`."""
        return os.open(path, flags, mode)

    def write(self, descriptor: int, data: bytes) -> None:
        """All of `data`: a full disk takes a part first, and says so at the next write."""
        while data:
            data = data[os.write(descriptor, data) :]

    def sync(self, descriptor: int) -> None:
        """Bring a file's bytes to the platter."""
        os.fsync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Bring a folder's names to the platter; Windows does that by itself."""
        if os.name == "nt":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def truncate(self, path: Path, size: int) -> None:
        """Cut a file to `size` bytes."""
        os.truncate(path, size)

    def replace(self, source: Path, target: Path) -> None:
        """Let `source` take `target`'s name."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file that may be gone already."""
        path.unlink(missing_ok=True)


DISK: Final = Disk()


def write_file(path: Path, data: bytes, *, private: bool = False, disk: Disk = DISK) -> Path:
    """Write `data` to `path`, whole or not at all; with `private`, readable by this user only.

    Raises:
        SetupError: `storage_full` when the disk has no room; what was there before is untouched.
    """
    with beside(path, private=private, disk=disk) as partial:
        descriptor = disk.open(partial, os.O_WRONLY | os.O_TRUNC)
        try:
            disk.write(descriptor, data)
            disk.sync(descriptor)
        finally:
            os.close(descriptor)
    return path


@contextmanager
def beside(path: Path, *, private: bool = False, disk: Disk = DISK) -> Iterator[Path]:
    """An empty file beside `path` to fill; it takes `path`'s name when the block ends well, else it goes.

    Raises:
        SetupError: `storage_full` when the disk has no room.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(disk.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o644))
        yield partial
        disk.replace(partial, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise SetupError(
            f"No space left to write {path}.",
            remedy=f"Free some space on the disk of {path.parent}, then try again.",
            code="storage_full",
        ) from error
    finally:
        disk.remove(partial)
