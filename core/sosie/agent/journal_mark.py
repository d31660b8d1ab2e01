"""Where a journal was last seen whole: a start verifies what came after it, and not every entry of years.

The mark is signed with the device's key, like the entries, and names one that the registry has acknowledged: number,
hash, and where in the file it begins. It stands for the entries before that one; `sosie doctor` verifies them all. A
mark that is damaged, or does not fit the file, is as none: the whole journal is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field

from sosie.errors import VerificationError
from sosie.licence import jws
from sosie.licence.document import Document, Id, Sha256
from sosie.storage import DISK, Disk, write_file

#: Leases whose renders are remembered, the latest; one that is older ended long ago.
LEASES = 1_000


class JournalMark(Document):
    """Entry `n` of a device's journal: its hash, where its line begins, and what the entries up to it add up to."""

    typ: ClassVar[str] = "sosie-journal-mark+jws"
    max_bytes: ClassVar[int] = 262_144

    device: Id
    n: Annotated[int, Field(ge=1)]
    entry_sha256: Sha256
    begins: Annotated[int, Field(ge=0)]
    renders: dict[Id, Annotated[int, Field(ge=1)]]


def read_mark(path: Path, key: Ed25519PublicKey, *, device: str) -> JournalMark | None:
    """The mark of `device`'s journal; None where there is none that holds."""
    try:
        mark = jws.verify(path.read_text(encoding="ascii"), JournalMark, [key])
    except (OSError, ValueError, VerificationError):
        return None
    return mark if mark.device == device else None


def write_mark(path: Path, mark: JournalMark, key: Ed25519PrivateKey, *, disk: Disk = DISK) -> None:
    """Keep the mark; raises SetupError (`storage_full`)."""
    write_file(path, jws.sign(mark, key).encode("ascii"), private=True, disk=disk)
