"""The log's checkpoint: a C2SP signed note that fixes the log and the revocations at one time.

    <origin>
    <size>
    <root hash, base64>
    sosie-status <SHA-256 of the status list, base64>
    sosie-time <Unix seconds>

    — <origin> <base64 of key hash and Ed25519 signature>

Whoever keeps one can prove later that the log was not rewritten; a smaller or an older one than the last
seen is a rollback, and one that stays the same while time passes is a freeze.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sosie.errors import VerificationError

MAX_CHARS = 4_096
#: How old the newest checkpoint may be when it is shown: the log signs one whenever it is asked.
MAX_AGE_S = 300
_ED25519 = b"\x01"  # C2SP signed-note signature type
_BODY = re.compile(
    r"(?P<origin>[A-Za-z0-9._/-]{1,120})\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"sosie-status (?P<status>[A-Za-z0-9+/]{43}=)\nsosie-time (?P<time>0|[1-9][0-9]{0,12})\n"
)


@dataclass(frozen=True)
class Checkpoint:
    """The log at one time: number of leaves, root hash, hash of the status list, Unix seconds."""

    origin: str
    size: int
    root: bytes
    status_sha256: bytes
    time: int

    def body(self) -> str:
        """The signed text."""
        lines = (
            self.origin,
            str(self.size),
            base64.b64encode(self.root).decode(),
            f"sosie-status {base64.b64encode(self.status_sha256).decode()}",
            f"sosie-time {self.time}",
        )
        return "".join(line + "\n" for line in lines)


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The signed note."""
    body = checkpoint.body()
    blob = _key_hash(checkpoint.origin, key.public_key()) + key.sign(body.encode())
    return f"{body}\n\u2014 {checkpoint.origin} {base64.b64encode(blob).decode()}\n"


def verify(note: str, *, origin: str, key: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint in `note`, signed by `key` for the log `origin`.

    Raises:
        VerificationError: `checkpoint_malformed`, `checkpoint_origin` or `signature_invalid`.
    """
    if len(note) > MAX_CHARS:
        raise _refuse("checkpoint_malformed", f"The checkpoint has {len(note)} characters.")
    body, _, signatures = note.partition("\n\n")
    body += "\n"
    match = _BODY.fullmatch(body)
    if match is None:
        raise _refuse("checkpoint_malformed", "The checkpoint's lines are not those of a checkpoint.")
    if match["origin"] != origin:
        raise _refuse("checkpoint_origin", f"This checkpoint is of {match['origin']}, not of {origin}.")
    if not any(_holds(line, body, origin, key) for line in signatures.splitlines()):
        raise _refuse("signature_invalid", "The checkpoint is not signed by this registry's log.")
    return Checkpoint(
        origin=origin,
        size=int(match["size"]),
        root=base64.b64decode(match["root"]),
        status_sha256=base64.b64decode(match["status"]),
        time=int(match["time"]),
    )


def require_progress(seen: Checkpoint | None, new: Checkpoint) -> None:
    """That `new` is not older than what was seen before.

    Raises:
        VerificationError: `checkpoint_rollback`, or `checkpoint_fork` for two logs of one size.
    """
    if seen is None:
        return
    if new.size < seen.size or new.time < seen.time:
        raise _refuse(
            "checkpoint_rollback",
            f"The registry shows {new.size} leaves at {new.time}; {seen.size} at {seen.time} were seen before.",
        )
    if new.size == seen.size and new.root != seen.root:
        raise _refuse("checkpoint_fork", f"The registry shows two different logs of {new.size} leaves.")


def require_recent(new: Checkpoint, passed: int) -> None:
    """That `new`, shown as the newest, is not an old one shown again to hide what came after it.

    Args:
        new: a verified checkpoint.
        passed: Unix seconds that have certainly been reached, whatever the wall clock says.

    Raises:
        VerificationError: `checkpoint_frozen`.
    """
    if new.time < passed - MAX_AGE_S:
        raise _refuse(
            "checkpoint_frozen",
            f"The registry shows a log that has stood still for {passed - new.time} seconds.",
        )


def _holds(line: str, body: str, origin: str, key: Ed25519PublicKey) -> bool:
    prefix = f"\u2014 {origin} "
    if not line.startswith(prefix):
        return False
    try:
        blob = base64.b64decode(line.removeprefix(prefix), validate=True)
        key.verify(blob[4:], body.encode())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return blob[:4] == _key_hash(origin, key)


def _key_hash(origin: str, key: Ed25519PublicKey) -> bytes:
    """C2SP signed-note: the first four bytes of SHA-256(name, newline, type, public key)."""
    return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]


def _refuse(code: str, message: str) -> VerificationError:
    return VerificationError(
        message, remedy="Keep both checkpoints and show them to the talent or an auditor.", code=code
    )
