"""A device's journal: every entry names the hash of the one before and is signed by the device.

The device appends, the registry reconciles. The first entry has n = 1 and `prev` = 64 zeros. Two different
entries with the same n are a fork: somebody copied a machine or put back an old disk, and the registry keeps
both as evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sosie.errors import VerificationError
from sosie.licence import jws
from sosie.licence.documents import JournalEntry

GENESIS = "0" * 64


def verify_chain(
    tokens: Sequence[str], key: Ed25519PublicKey, *, device: str, n: int = 0, head: str = GENESIS
) -> list[JournalEntry]:
    """Entries that continue the chain after entry `n` with hash `head`.

    Raises:
        VerificationError: a signature does not hold; `journal_device`, `journal_gap` (entries are missing)
            or `journal_fork` (the chain continues from another entry).
    """
    entries = []
    for token in tokens:
        entry = jws.verify(token, JournalEntry, [key])
        require_next(entry, device=device, n=n, head=head)
        n, head = entry.n, entry.sha256()
        entries.append(entry)
    return entries


def require_next(entry: JournalEntry, *, device: str, n: int, head: str) -> None:
    """That an entry whose signature holds is the one after entry `n` with hash `head`.

    Raises:
        VerificationError: `journal_device`, `journal_gap`, `journal_fork`.
    """
    if entry.device != device:
        raise _refuse("journal_device", f"Entry {entry.n} is of another device.")
    if entry.n != n + 1:
        raise _refuse("journal_gap", f"After entry {n} came entry {entry.n}.")
    if entry.prev != head:
        raise _refuse("journal_fork", f"Entry {entry.n} does not continue the journal that is known here.")


def _refuse(code: str, message: str) -> VerificationError:
    return VerificationError(
        message, remedy="Send the journal as it is, in order; the registry says what it knows.", code=code
    )
