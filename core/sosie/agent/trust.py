"""The registry's root as this machine follows it: the one it was enrolled with, and every version since.

The first is pinned by its hash; each later one is signed by enough keys of the one before and is kept, so that a
start without the registry forgets no key that was revoked. Asked for whenever the checkpoint is.
"""

from __future__ import annotations

import json
import threading

from sosie.agent.home import Home
from sosie.errors import VerificationError
from sosie.licence.root import TrustedRoot
from sosie.remote.registry import Registry
from sosie.storage import write_file


class Trust:
    """The newest root this machine knows of."""

    def __init__(self, home: Home, pin: str, registry: Registry) -> None:
        """Raises VerificationError: what lies on the disk does not lead from the pinned root to the newest."""
        self._file, self._registry = home.newer_roots, registry
        self._lock = threading.Lock()
        self._newer = read_roots(self._file.read_bytes()) if self._file.exists() else []
        self._root = TrustedRoot.of_any_age(home.root.read_bytes(), pin=pin)
        for text in self._newer:
            self._root = self._root.next(text.encode())

    @property
    def root(self) -> TrustedRoot:
        """The newest root that is known."""
        return self._root

    def renew(self, now: int) -> bool:
        """Ask for newer roots, and keep them; whether there was one.

        Raises:
            RegistryUnreachableError: nobody answers.
            VerificationError: what was shown does not follow, or has ended.
        """
        fetched: list[str] = []

        def fetch(version: int) -> bytes | None:
            data = self._registry.root_version(version)
            if data is not None:
                fetched.append(data.decode("utf-8", "replace"))
            return data

        with self._lock:
            root = self._root.newest(fetch, now=now)
            if fetched:
                self._newer = [*self._newer, *fetched]
                write_file(self._file, json.dumps(self._newer).encode(), private=True)
                self._root = root
        return bool(fetched)


def read_roots(data: bytes) -> list[str]:
    """The roots as they lie on the disk, unverified; raises VerificationError (`account_damaged`)."""
    try:
        texts = json.loads(data)
        if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
            return texts
    except (ValueError, RecursionError):
        pass
    raise VerificationError(
        "The roots this machine has followed cannot be read.",
        remedy="Sign this machine out and in again.",
        code="account_damaged",
    )
