"""Pixels of results on the disk, not in memory: five layers of a large picture take hundreds of megabytes.

A file without a name: it goes with the object that holds it, and with Krita, whatever happens.
"""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path

from .._sosie.errors import SetupError
from .texts import tr


class Kept:
    """One file; written once by one thread, then read by any."""

    def __init__(self, folder: Path) -> None:
        """In `folder`, which is made.

        Raises:
            SetupError: `storage_full`.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as this object
        except OSError as error:
            raise _full(error) from error
        self._lock = threading.Lock()
        self.size = 0
        weakref.finalize(self, self._file.close)

    def add(self, row_bytes: int, bands: Iterable[bytes]) -> Callable[[int, int], bytes]:
        """Keep `bands`, whole rows of `row_bytes` each; the function that reads rows again (first, count).

        Raises:
            SetupError: `storage_full`.
        """
        start = self.size
        try:
            for band in bands:
                self._file.write(band)
                self.size += len(band)
            self._file.flush()
        except OSError as error:
            raise _full(error) from error

        def rows(first: int, count: int) -> bytes:
            with self._lock:
                self._file.seek(start + first * row_bytes)
                return self._file.read(count * row_bytes)

        return rows


def _full(error: OSError) -> SetupError:
    return SetupError(
        tr("The result cannot be kept: {why}.").format(why=error.strerror or error),
        remedy=tr("Free disk space, or discard older results, then render again."),
        code="storage_full",
    )
