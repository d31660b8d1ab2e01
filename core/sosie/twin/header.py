"""What a pack says about itself in the open: which twin, whose, under which consent.

The header is plaintext, so that a registry can file a pack it cannot open; it is bound to the pack's
ciphertext, so that whoever has the key notices a header that was exchanged. No field holds a personal name.

There is no header without the hash of a signed consent: `TwinHeader` refuses to exist without one.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from sosie.errors import PackError

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REMEDY = "Build the pack again with `sosie capture`."


@dataclass(frozen=True)
class TwinHeader:
    """The open part of a pack.

    Raises:
        PackError: `pack_unbound` without a consent's hash, `pack_corrupt` for any other field out of range.
    """

    twin: str  # opaque id: letters, digits, `._:-`, at most 128
    talent: str  # opaque id, the same rule
    revision: int  # from 1, one more with each capture
    consent_sha256: str  # of the signed consent document: 64 hexadecimal digits, lower case
    created_at: int  # Unix seconds, UTC
    texture_px: int  # side of the square UV texture
    views: tuple[str, ...] = ()  # names of the capture views that went into the twin

    def __post_init__(self) -> None:
        if not _matches(_SHA256, self.consent_sha256):
            raise PackError(
                f"Twin {self.twin!r} is not bound to a signed consent: {self.consent_sha256!r} is no SHA-256.",
                remedy="Capture with the talent's signed consent: `sosie capture PHOTOS --consent FILE`.",
                code="pack_unbound",
            )
        for name in ("twin", "talent"):
            _require(_matches(_IDENTIFIER, getattr(self, name)), name, getattr(self, name))
        for name, low, high in (("revision", 1, 2**31), ("created_at", 0, 2**53), ("texture_px", 1, 65_536)):
            value = getattr(self, name)
            _require(type(value) is int and low <= value <= high, name, value)
        names = all(_matches(_IDENTIFIER, view) for view in self.views)
        _require(names and len(self.views) <= 256, "views", self.views)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values, one for each field."""
        return dataclasses.asdict(self) | {"views": list(self.views)}

    @classmethod
    def from_json(cls, value: object) -> TwinHeader:
        """The header in `value`, each field checked.

        Raises:
            PackError: a field is missing, unknown, of the wrong type or out of range.
        """
        fields = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(value, dict) or value.keys() != fields or not isinstance(value["views"], list):
            raise PackError("The pack's header does not have the fields of a twin.", remedy=_REMEDY)
        return cls(**{**value, "views": tuple(value["views"])})

    def require(self, *, twin: str, revision: int, consent_sha256: str) -> None:
        """Hold the pack against the lease (or the licence) that is about to use it.

        Raises:
            PackError: `pack_unbound`; the pack is another twin, another revision, or under another consent.
        """
        asked = {"twin": twin, "revision": revision, "consent_sha256": consent_sha256}
        for name, value in asked.items():
            if getattr(self, name) != value:
                raise PackError(
                    f"The pack's {name} is {getattr(self, name)!r}, the licence names {value!r}.",
                    remedy="Fetch the licensed pack from the registry again.",
                    code="pack_unbound",
                )


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _require(holds: bool, name: str, value: object) -> None:
    if not holds:
        raise PackError(f"The pack's {name} cannot be {str(value)[:80]!r}.", remedy=_REMEDY)
