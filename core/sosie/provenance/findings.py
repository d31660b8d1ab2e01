"""What a check found, in words a person can act on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (or could not be checked)."""

    code: str  # stable; C2PA's own code where there is one
    message: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """What `--json` prints."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


_ASK_SENDER = "Ask the sender for the delivered file, and do not use this one."
_CHANGED = (
    "The picture was changed after delivery: its bytes do not have the signed SHA-256 any more.",
    _ASK_SENDER,
)
_CREDENTIALS = ("The Content Credentials were changed after delivery.", _ASK_SENDER)

#: C2PA's validation codes (C2PA 2.2, section 15.2) that a delivered file can meet; the rest go through `plain`.
_WORDS: dict[str, tuple[str, str]] = {
    "assertion.dataHash.mismatch": _CHANGED,
    "assertion.boxesHash.mismatch": _CHANGED,
    "assertion.hashedURI.mismatch": _CREDENTIALS,
    "assertion.missing": ("A part of the Content Credentials is missing.", _ASK_SENDER),
    "claimSignature.mismatch": ("The signature does not fit the Content Credentials.", _ASK_SENDER),
    "claimSignature.missing": ("The Content Credentials are not signed.", _ASK_SENDER),
    "claimSignature.outsideValidity": (
        "The Content Credentials were signed while the certificate was not valid.",
        "Ask the registry to deliver the file again.",
    ),
    "signingCredential.untrusted": (
        "The Content Credentials were signed by somebody else than this registry.",
        "Check that the file comes from the registry whose root you use, or give that registry's root.",
    ),
    "signingCredential.expired": (
        "The signing certificate has expired and the signature carries no timestamp that proves it is older.",
        "Ask the registry to deliver the file again.",
    ),
    "signingCredential.invalid": ("The signing certificate may not sign Content Credentials.", _ASK_SENDER),
    "timeStamp.mismatch": ("The timestamp belongs to another signature.", _ASK_SENDER),
    "timeStamp.malformed": ("The timestamp was changed or cannot be read.", _ASK_SENDER),
    "timeStamp.untrusted": ("The timestamp comes from somebody else than this registry.", _ASK_SENDER),
    "timeStamp.outsideValidity": ("The timestamp was made while its certificate was not valid.", _ASK_SENDER),
    "manifest.unreadable": (
        "The Content Credentials cannot be read: they were damaged or changed.",
        _ASK_SENDER,
    ),
    "manifest.absent": (
        "The file carries no Content Credentials. Saving a delivered file again with another program removes them.",
        "Check the file exactly as the registry returned it.",
    ),
    "file.unbound_changed": (
        "Bytes that the signature leaves open (padding, box names) were changed after delivery.",
        _ASK_SENDER,
    ),
    "file.unsupported": (
        "The file is no JPEG, PNG, TIFF or WebP picture.",
        "Check the delivered file, not a copy in another format.",
    ),
    "licence.missing": (
        "The Content Credentials name no likeness licence.",
        "This registry signed the file, but not as a delivered likeness. Ask it for the receipt.",
    ),
}


def plain(code: str, explanation: str = "") -> Finding:
    """The finding for a code; C2PA's own explanation where we have no better words."""
    message, remedy = _WORDS.get(code, (f"Content Credentials: {explanation or code}.", _ASK_SENDER))
    return Finding(code, message, remedy)
