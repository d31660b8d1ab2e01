"""A disk that fills up and loses power: what was not synced may be gone, torn, or there.

The files are real ones (on a memory file system, where there is one), so that everything reads them as ever;
this class keeps beside them what has reached the platter. A *kill* ends the process at one system call: what was
written stays. A *power cut* also takes back what was never synced: of the names that changed only the first few
have happened, and an appended file ends anywhere after its synced part. These are the promises of POSIX, no more.
"""

from __future__ import annotations

import errno
import os
import random
from dataclasses import dataclass
from pathlib import Path

from sosie.storage import Disk

Image = dict[str, bytes]


class ProcessEnd(BaseException):
    """The process is gone in the middle of a system call; nothing catches this but the simulation."""


@dataclass(eq=False)
class _File:
    """A file's bytes, whatever its names are: as they are read now, and as they are on the platter."""

    data: bytes = b""
    synced: bytes = b""


class FaultyDisk(Disk):
    """Everything below `folder` that goes through this disk."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self._folder, self._rng = folder, rng
        self._now: dict[Path, _File] = {}
        self._platter: dict[Path, _File] = {}
        #: Changes of names since the last sync of their folder, in order; each happens whole or not at all.
        self._names: list[dict[Path, _File | None]] = []
        self._open: dict[int, _File] = {}
        self._calls_left: int | None = None
        self.dead = False
        self.full = False

    def end_after(self, calls: int) -> None:
        """Let the process end within the system call after `calls` more."""
        self._calls_left = calls

    @property
    def ending(self) -> bool:
        """Whether the process is about to end."""
        return self._calls_left is not None

    def adopt(self) -> None:
        """What lies in the folder now is on the platter."""
        self._load({str(path.relative_to(self._folder)): path.read_bytes() for path in self._files()})

    def image(self) -> Image:
        """A copy of everything, as a snapshot of the whole machine takes it."""
        return {str(path.relative_to(self._folder)): file.data for path, file in self._now.items()}

    def restore(self, image: Image) -> None:
        """Put a copy back."""
        self._load(image)
        self._write_out()

    def restart(self, *, power_cut: bool) -> None:
        """After the process has ended: what is left on the disk."""
        if power_cut:
            for change in self._names[: self._rng.randint(0, len(self._names))]:
                _apply(self._platter, change)
            self._load(
                {
                    str(path.relative_to(self._folder)): self._survivor(file)
                    for path, file in self._platter.items()
                }
            )
            self._write_out()
        self.dead, self._calls_left = False, None

    # -- the system calls -------------------------------------------------------------------------------

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        self._count()
        if path not in self._now:
            self._rename({path: _File()})
        file = self._now[path]
        if flags & os.O_TRUNC:
            file.data = b""
        descriptor = super().open(path, flags, mode)
        self._open[descriptor] = file
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        part = data[: self._rng.randrange(len(data))]
        try:
            self._count()
        except ProcessEnd:
            self._put(descriptor, part)
            raise
        if self.full:
            self._put(descriptor, part)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._put(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._count()
        file = self._open[descriptor]
        file.synced = file.data

    def sync_folder(self, folder: Path) -> None:
        self._count()
        for change in self._names:
            _apply(self._platter, {path: file for path, file in change.items() if path.parent == folder})
        kept = [{path: file for path, file in c.items() if path.parent != folder} for c in self._names]
        self._names = [change for change in kept if change]

    def truncate(self, path: Path, size: int) -> None:
        self._count()
        super().truncate(path, size)
        self._now[path].data = self._now[path].data[:size]

    def replace(self, source: Path, target: Path) -> None:
        self._count()
        super().replace(source, target)
        self._rename({target: self._now[source], source: None})

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)
        if path in self._now:
            self._rename({path: None})

    # -- within -----------------------------------------------------------------------------------------

    def _count(self) -> None:
        if self._calls_left is not None and not self.dead:
            self._calls_left -= 1
            self.dead = self._calls_left < 0
        if self.dead:
            raise ProcessEnd

    def _put(self, descriptor: int, data: bytes) -> None:
        super().write(descriptor, data)
        self._open[descriptor].data += data

    def _rename(self, change: dict[Path, _File | None]) -> None:
        _apply(self._now, change)
        self._names.append(change)

    def _survivor(self, file: _File) -> bytes:
        if file.data.startswith(file.synced):
            return file.data[: self._rng.randint(len(file.synced), len(file.data))]
        return self._rng.choice((file.synced, file.data))

    def _load(self, image: Image) -> None:
        self._now = {self._folder / name: _File(data, data) for name, data in image.items()}
        self._platter, self._names = dict(self._now), []

    def _write_out(self) -> None:
        for path in self._files():
            path.unlink()
        for path, file in self._now.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)

    def _files(self) -> list[Path]:
        """The files the agent keeps; those of a running process and packs are no state."""
        left_out = {self._folder / "agent", self._folder / "packs"}
        found = [path for path in sorted(self._folder.rglob("*")) if path.is_file()]
        return [path for path in found if left_out.isdisjoint(path.parents)]


class ForgetfulDisk(FaultyDisk):
    """A disk that says it has synced and has not: what a journal without fsync would live on."""

    def sync(self, descriptor: int) -> None:
        self._count()


def _apply(names: dict[Path, _File], change: dict[Path, _File | None]) -> None:
    for path, file in change.items():
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file
