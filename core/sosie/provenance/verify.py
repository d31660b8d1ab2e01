"""One verdict for one file: is it a licensed picture, exactly as it was delivered?

Two independent witnesses:
- the file itself, offline: Content Credentials that are `Trusted` under the registry's root, that name a licence,
  and not one byte of which was changed (`seams`);
- the registry, when it is asked: it knows the receipt, and the file's SHA-256 is the one it delivered.

`trusted` needs the first, and the second when it was asked. That a licence has ended or was revoked since does not
make a delivered file false: it is said beside (the licence's aftermath decides whether the picture may still run).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from sosie.errors import RegistryError, RegistryUnreachableError
from sosie.licence.exchange import Verdict as Answer
from sosie.licence.root import TrustedRoot
from sosie.provenance import c2pa, seams
from sosie.provenance.findings import Finding, plain

RegistryWord = Literal["known", "revoked", "altered", "unknown", "unreachable", "not_asked"]


class ReceiptLookup(Protocol):
    """The registry's public answer about a file; `remote.registry.Registry` is one."""

    def verify(self, *, receipt: str | None = None, sha256: str | None = None) -> Answer:
        """What is known of the file with this receipt and hash."""


@dataclass(frozen=True)
class Verdict:
    """What `sosie verify` says."""

    trusted: bool
    c2pa_state: c2pa.State
    registry: RegistryWord
    #: First what speaks against the file, then what is only good to know. Never empty when not trusted.
    findings: tuple[Finding, ...]
    sha256: str
    receipt: str = ""
    licence: str = ""
    twin: str = ""
    leaf_index: int = -1
    delivered_at: int = 0
    signer: str = ""
    signed_at: str = ""


def verify_file(
    source: Path | bytes, *, root: TrustedRoot, registry: ReceiptLookup | None = None, now: int | None = None
) -> Verdict:
    """Check a delivered file against the registry's root, and against the registry when one is given.

    Args:
        source: the file, or its bytes.
        root: the registry's verified root document; its C2PA anchors are the only ones that count.
        registry: where to ask; None checks offline.
        now: Unix seconds, to say that the licence has ended; None does not say it.

    Raises:
        InputError: the file cannot be opened or is larger than 1 GiB.
    """
    data = source if isinstance(source, bytes) else c2pa.load(source)
    digest = hashlib.sha256(data).hexdigest()
    anchors = root.c2pa_anchors.encode("ascii")
    credentials = c2pa.read(data, anchors)
    against = list(credentials.reasons)
    state, mime = credentials.state, c2pa.mime_of(data)
    if state in ("Trusted", "Valid") and not (mime and seams.whole(data, mime, anchors)):
        state = "Invalid"
        against.insert(0, plain("file.unbound_changed"))
    word, objections, notes = _ask(registry, credentials.claim, digest, now)
    against += objections
    claim = credentials.claim
    return Verdict(
        trusted=not against,
        c2pa_state=state,
        registry=word,
        findings=(*against, *notes),
        sha256=digest,
        receipt=claim.receipt if claim else "",
        licence=claim.licence if claim else "",
        twin=claim.twin if claim else "",
        leaf_index=claim.leaf_index if claim else -1,
        delivered_at=claim.delivered_at if claim else 0,
        signer=credentials.signer,
        signed_at=credentials.signed_at,
    )


def _ask(
    registry: ReceiptLookup | None, claim: c2pa.DeliveryClaim | None, digest: str, now: int | None
) -> tuple[RegistryWord, list[Finding], list[Finding]]:
    """The registry's word, what in it speaks against the file, and what is good to know."""
    if registry is None:
        return "not_asked", [], []
    try:
        answer = registry.verify(receipt=claim.receipt if claim else None, sha256=digest)
    except RegistryError as error:
        word: RegistryWord = "unreachable" if isinstance(error, RegistryUnreachableError) else "unknown"
        return word, [Finding(error.code, error.message, f"{error.remedy} Or check offline.".lstrip())], []
    if answer.state in ("unknown", "altered"):
        return answer.state, [_OBJECTIONS[answer.state]], []
    told = (answer.receipt, answer.licence, answer.twin, answer.leaf_index, answer.output_sha256)
    if claim and told != (claim.receipt, claim.licence, claim.twin, claim.leaf_index, digest):
        return answer.state, [_OBJECTIONS["mismatch"]], []
    return answer.state, [], list(_notes(answer, now))


def _notes(answer: Answer, now: int | None) -> list[Finding]:
    notes = []
    if answer.state == "revoked":
        notes.append(
            Finding(
                "licence_revoked_since",
                "The talent has revoked her consent since this picture was delivered.",
                "Look in the licence (aftermath) whether and how long the picture may still run.",
            )
        )
    if now is not None and answer.not_after is not None and answer.not_after < now:
        day = datetime.fromtimestamp(answer.not_after, UTC).date().isoformat()
        notes.append(
            Finding(
                "licence_ended_since",
                f"The licence of this picture ended on {day}.",
                "Take the picture down, or ask for a new licence.",
            )
        )
    return notes


_OBJECTIONS = {
    "unknown": Finding(
        "registry_unknown",
        "The registry knows neither the receipt nor the file.",
        "Ask the registry that the file names, or treat the picture as not licensed.",
    ),
    "altered": Finding(
        "registry_altered",
        "The registry delivered this receipt with another file: this one has a different SHA-256.",
        "Use the file as the registry returned it.",
    ),
    "mismatch": Finding(
        "registry_mismatch",
        "The registry's record of this file does not say what the file says of itself.",
        "Treat the picture as not licensed and tell the registry's operator.",
    ),
}
