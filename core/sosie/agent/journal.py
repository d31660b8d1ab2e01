"""The device's journal on disk: one signed, hash-chained entry for each line, synced before anything leaves.

A render is written down before its pixels are handed out. An entry that could not be written whole is taken
back; a torn last line, left by a power cut, was never acknowledged and is cut off. The registry gets the
entries in order; where its head is not an entry of this file, the machine or its disk was copied.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sosie.agent.clock import Clock
from sosie.agent.home import storage
from sosie.errors import AgentError, SosieError, VerificationError
from sosie.licence import jws
from sosie.licence.documents import JournalEntry
from sosie.licence.journal import GENESIS, verify_chain
from sosie.remote.registry import Registry
from sosie.storage import DISK, Disk

BATCH = 500


class Journal:
    """The journal of `device`, signed with `key`.

    Raises:
        VerificationError: `journal_damaged` when the file's chain does not hold.
    """

    def __init__(
        self, path: Path, *, device: str, key: Ed25519PrivateKey, clock: Clock, disk: Disk = DISK
    ) -> None:
        self._path, self._device, self._key, self._clock, self._disk = path, device, key, clock, disk
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._closed = False
        self._tokens = _read(path, disk)
        self._hashes = [GENESIS]
        self._renders: Counter[str] = Counter()
        self._returned: set[str] = set()
        #: Entries the registry has acknowledged; learnt anew after a start.
        self.acknowledged = 0
        try:
            entries = verify_chain(self._tokens, key.public_key(), device=device)
        except VerificationError as error:
            raise VerificationError(
                f"The journal of this machine is damaged: {error.message}",
                remedy=f"Restore {path} from a backup, or tell the registry's operator.",
                code="journal_damaged",
            ) from error
        for entry in entries:
            self._note(entry)

    def __len__(self) -> int:
        return len(self._tokens)

    def renders(self, lease: str) -> int:
        """Renders made on `lease`."""
        return self._renders[lease]

    def returned(self, lease: str) -> bool:
        """Whether the rest of `lease` was given back: nothing is rendered on it any more."""
        return lease in self._returned

    def require(self, n: int, sha256: str) -> None:
        """That entry `n`, which the registry has acknowledged, is the one here.

        Raises:
            VerificationError: `journal_fork`.
        """
        if n >= len(self._hashes) or self._hashes[n] != sha256:
            raise VerificationError(
                f"The registry knows {n} entries of this machine's journal that are not the ones here.",
                remedy="A disk or a machine was copied back. Tell your brand's administrator; nothing new is leased until then.",
                code="journal_fork",
            )

    def append(  # one argument for each field of the entry
        self,
        op: Literal["render", "refused", "delivered", "returned"],
        *,
        licence: str,
        twin: str,
        lease: str | None = None,
        use_sha256: str | None = None,
        input_sha256: str | None = None,
        output_sha256: str | None = None,
        detail: str = "",
    ) -> JournalEntry:
        """Write one entry and sync it.

        Raises:
            SetupError: `storage_full`; the journal is as it was.
        """
        with self._lock:
            if self._closed:
                raise AgentError(
                    "This machine has been signed out.",
                    remedy="Sign in, then try again.",
                    code="not_enrolled",
                )
            wall, mono = self._clock.stamp()
            entry = JournalEntry(
                n=len(self._tokens) + 1,
                prev=self._hashes[-1],
                device=self._device,
                op=op,
                licence=licence,
                lease=lease,
                twin=twin,
                use_sha256=use_sha256,
                input_sha256=input_sha256,
                output_sha256=output_sha256,
                detail=detail,
                wall=wall,
                mono_ms=mono,
            )
            token = jws.sign(entry, self._key)
            self._write(token)
            self._tokens.append(token)
            self._note(entry)
            return entry

    def close(self) -> None:
        """Take no entry any more: the account has been signed out, and the file is evidence."""
        with self._lock:
            self._closed = True

    def reconcile(self, registry: Registry) -> int:
        """Send what the registry does not have; the number of entries sent.

        Raises:
            VerificationError: `journal_fork`: the registry knows another history of this device.
            RegistryError: it cannot be reached, or refuses the entries.
        """
        with self._sending:
            return self._send(registry)

    def _send(self, registry: Registry) -> int:
        head = registry.journal_head()
        with self._lock:
            tokens, known = list(self._tokens), list(self._hashes)
        acknowledged = head.n
        try:
            self.require(head.n, head.sha256)
        except VerificationError:
            if head.n < len(known):  # what contradicts the registry is evidence: it suspends this machine
                with contextlib.suppress(SosieError):
                    registry.post_journal(tokens[head.n - 1 : head.n], key=f"fork-{known[head.n]}")
            raise
        for start in range(acknowledged, len(tokens), BATCH):
            head = registry.post_journal(tokens[start : start + BATCH], key=f"journal-{known[start + 1]}")
        self.acknowledged = head.n
        return head.n - acknowledged

    def _note(self, entry: JournalEntry) -> None:
        self._hashes.append(entry.sha256())
        if entry.op == "render" and entry.lease:
            self._renders[entry.lease] += 1
        if entry.op == "returned" and entry.lease:
            self._returned.add(entry.lease)

    def _write(self, token: str) -> None:
        first = not self._tokens
        try:
            descriptor = self._disk.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise storage(self._path, error) from error
        try:
            before = os.fstat(descriptor).st_size
            try:
                self._disk.write(descriptor, token.encode() + b"\n")
                self._disk.sync(descriptor)
                if first:
                    self._disk.sync_folder(self._path.parent)
            except OSError as error:
                with contextlib.suppress(OSError):
                    self._disk.truncate(self._path, before)
                raise storage(self._path, error) from error
        finally:
            os.close(descriptor)


def _read(path: Path, disk: Disk) -> list[str]:
    """The whole lines; what follows the last line end is cut off the file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        disk.truncate(path, len(whole))
    return whole.decode("ascii", "replace").splitlines()
