"""Files that are whole or not there: written beside their place, flushed, then renamed over it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sosie.errors import SetupError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def write_file(path: Path, data: bytes, *, private: bool = False) -> Path:
    """Write `data` to `path`, whole or not at all; with `private`, readable by this user only.

    Raises:
        SetupError: `storage_full` when the disk has no room; what was there before is untouched.
    """
    with beside(path, private=private) as partial, partial.open("wb") as sink:
        sink.write(data)
        sink.flush()
        os.fsync(sink.fileno())
    return path


@contextmanager
def beside(path: Path, *, private: bool = False) -> Iterator[Path]:
    """An empty file beside `path` to fill; it takes `path`'s name when the block ends well, else it goes.

    Raises:
        SetupError: `storage_full` when the disk has no room.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o644))
        yield partial
        partial.replace(path)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise SetupError(
            f"No space left to write {path}.",
            remedy=f"Free some space on the disk of {path.parent}, then try again.",
            code="storage_full",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
