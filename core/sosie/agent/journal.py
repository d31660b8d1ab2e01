"""The device's journal on disk: one signed, hash-chained entry for each line, synced before anything leaves.

A render is written down before its pixels are handed out. An entry that could not be written whole is taken
back; a torn last line, left by a power cut, was never acknowledged and is cut off; a whole one that a killed process
wrote and did not sync is synced before anybody hears of it. The registry gets the entries in order; where its head is
not an entry of this file, the machine or its disk was copied. What the registry has acknowledged is not verified again
at every start, nor kept in memory: `agent.journal_mark`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sosie.agent.clock import Clock
from sosie.agent.home import storage
from sosie.agent.journal_file import lines, settle, whole
from sosie.agent.journal_mark import LEASES, JournalMark, read_mark, write_mark
from sosie.errors import AgentError, SosieError, VerificationError
from sosie.licence import canonical, jws, keys
from sosie.licence.documents import JournalEntry
from sosie.licence.journal import GENESIS, verify_chain
from sosie.remote.registry import Registry
from sosie.storage import DISK, Disk

BATCH = 500
#: A start verifies at most so many acknowledged entries, and those the registry does not have.
MARK_EVERY = 500


class Journal:
    """The journal of `device`, signed with `key`.

    Raises:
        VerificationError: `journal_damaged` when the file's chain does not hold.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str,
        key: Ed25519PrivateKey,
        clock: Clock,
        disk: Disk = DISK,
        mark_every: int = MARK_EVERY,
    ) -> None:
        self._path, self._device, self._key, self._clock, self._disk = path, device, key, clock, disk
        self._mark_every = mark_every
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._closed = False
        #: Entries up to the mark; the tokens after it, and their hashes, the marked one's first.
        self._marked, self._tokens, self._hashes = 0, list[str](), [GENESIS]
        self._size = 0  # bytes up to the mark
        self._renders: Counter[str] = Counter()
        #: Entries the registry has acknowledged; learnt anew after a start.
        self.acknowledged = 0
        mark = read_mark(self._mark_path, key.public_key(), device=device)
        if mark is None or not self._begin_at(mark):
            self._begin(mark)
        self._named = settle(path, disk)  # whether the file's name has reached the disk

    def __len__(self) -> int:
        return self._marked + len(self._tokens)

    def renders(self, lease: str) -> int:
        """Renders made on `lease`."""
        return self._renders[lease]

    def require(self, n: int, sha256: str) -> None:
        """That entry `n`, which the registry has acknowledged, is the one here.

        Raises:
            VerificationError: `journal_fork`.
        """
        if self._hash(n) != sha256:
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
                n=len(self) + 1,
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
        try:
            self.require(head.n, head.sha256)
        except VerificationError:
            if head.n <= len(self):  # what contradicts the registry is evidence: it suspends this machine
                with contextlib.suppress(SosieError):
                    registry.post_journal(self._after(head.n - 1)[:1], key=f"fork-{self._hash(head.n)}")
            raise
        acknowledged, tokens = head.n, self._after(head.n)
        for start in range(0, len(tokens), BATCH):
            key = f"journal-{self._hash(acknowledged + start + 1)}"
            head = registry.post_journal(tokens[start : start + BATCH], key=key)
        self.acknowledged = head.n
        self._mark()
        return head.n - acknowledged

    def _after(self, n: int) -> list[str]:
        """The tokens after entry `n`; those up to the mark are read from the file."""
        with self._lock:
            if n >= self._marked:
                return self._tokens[n - self._marked :]
        return lines(self._path.read_bytes())[n:]

    def _hash(self, n: int) -> str:
        """The hash of entry `n`; "" where there is none."""
        with self._lock:
            if self._marked <= n <= len(self):
                return self._hashes[n - self._marked]
        if not 0 < n < self._marked:
            return GENESIS if n == 0 else ""
        token = lines(self._path.read_bytes())[n - 1]
        return canonical.sha256_hex(keys.b64decode(token.split(".")[1]))

    def _begin_at(self, mark: JournalMark) -> bool:
        """Begin with the marked entry; whether it is where the mark says."""
        data = whole(self._path, self._disk, mark.begins)
        first, *rest = lines(data) or [""]
        try:
            marked = jws.verify(first, JournalEntry, [self._key.public_key()])
        except VerificationError:
            return False
        if (marked.n, marked.sha256()) != (mark.n, mark.entry_sha256):
            return False
        self._marked, self._hashes = mark.n, [mark.entry_sha256]
        self._size = mark.begins + len(first) + 1
        self._renders.update(mark.renders)
        self._take(rest)
        return True

    def _begin(self, mark: JournalMark | None) -> None:
        """Read everything; a mark that is there all the same names an entry of it."""
        self._take(lines(whole(self._path, self._disk, 0)))
        if mark is not None and self._hash(mark.n) != mark.entry_sha256:
            raise self._damaged(f"Entry {mark.n}, which was here, is gone.")

    def _take(self, tokens: list[str]) -> None:
        """Verify the entries after those that are known."""
        key, n, head = self._key.public_key(), len(self), self._hashes[-1]
        try:
            entries = verify_chain(tokens, key, device=self._device, n=n, head=head)
        except VerificationError as error:
            raise self._damaged(error.message) from error
        self._tokens = tokens
        for entry in entries:
            self._note(entry)

    def _damaged(self, why: str) -> VerificationError:
        return VerificationError(
            f"The journal of this machine is damaged: {why}",
            remedy=f"Restore {self._path} from a backup, or tell the registry's operator.",
            code="journal_damaged",
        )

    def _mark(self) -> None:
        """Begin after what is acknowledged from now on, when that is much and everything is."""
        with self._lock:
            if len(self._tokens) < self._mark_every or self.acknowledged != len(self):
                return
            size = self._size + sum(len(token) + 1 for token in self._tokens)
            latest = list(self._renders.items())[-LEASES:]
            mark = JournalMark(
                device=self._device,
                n=len(self),
                entry_sha256=self._hashes[-1],
                begins=size - len(self._tokens[-1]) - 1,
                renders=dict(latest),
            )
            write_mark(self._mark_path, mark, self._key, disk=self._disk)
            self._marked, self._tokens, self._hashes = mark.n, [], [mark.entry_sha256]
            self._size, self._renders = size, Counter(mark.renders)

    @property
    def _mark_path(self) -> Path:
        return self._path.with_suffix(".mark")

    def _note(self, entry: JournalEntry) -> None:
        self._hashes.append(entry.sha256())
        if entry.op == "render" and entry.lease:
            self._renders[entry.lease] += 1

    def _write(self, token: str) -> None:
        try:
            descriptor = self._disk.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise storage(self._path, error) from error
        try:
            before = os.fstat(descriptor).st_size
            try:
                self._disk.write(descriptor, token.encode() + b"\n")
                self._disk.sync(descriptor)
                if not self._named:
                    self._disk.sync_folder(self._path.parent)
                    self._named = True
            except OSError as error:
                with contextlib.suppress(OSError):
                    self._disk.truncate(self._path, before)
                raise storage(self._path, error) from error
        finally:
            os.close(descriptor)


def verify_journal(path: Path, key: Ed25519PublicKey, *, device: str) -> list[JournalEntry]:
    """Every entry from the first on, verified; raises VerificationError."""
    data = path.read_bytes() if path.exists() else b""
    return verify_chain(lines(data), key, device=device)
