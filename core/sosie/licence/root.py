"""The root of trust: one document that names every other key, signed by a threshold of root keys.

It follows the meaning of TUF's Root role: versions count up by one; a new version is signed by enough of the
old keys *and* enough of its own. A new registry has three root keys, and two of them sign.
A device pins the first root it is given (its SHA-256 stands in the enrolment) and follows the chain from there, one
version after the other, as TUF's client does (specification 1.0.33, 5.3). Versions in between may have ended, the last
may not: a registry that shows nothing newer cannot hold a device back for longer than that.

    {"signed": {...Root...}, "signatures": [{"kid": thumbprint, "sig": base64url}]}
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from pydantic import Field, model_validator

from sosie.errors import VerificationError
from sosie.licence import canonical, keys
from sosie.licence.document import Document, Instant

PublicText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
MAX_BYTES = 262_144
#: More versions than this are not followed at once.
MOST_STEPS = 1_024
#: The bytes of one version, None where the registry has none.
Fetch = Callable[[int], bytes | None]


class Root(Document):
    """Which keys speak for a registry, and for what."""

    typ: ClassVar[str] = "sosie-root"
    max_bytes: ClassVar[int] = MAX_BYTES

    version: Annotated[int, Field(ge=1)]
    #: The registry's name: a word, not a host; the origin of its checkpoints.
    registry: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,120}$")]
    issued_at: Instant
    expires_at: Instant
    threshold: Annotated[int, Field(ge=1)]
    root_keys: Annotated[tuple[PublicText, ...], Field(min_length=1, max_length=16)]
    #: Licences, leases and receipts; several while a key is being changed.
    licence_keys: Annotated[tuple[PublicText, ...], Field(min_length=1, max_length=16)]
    checkpoint_key: PublicText
    #: Where pack keys are sealed to (X25519).
    pack_key: PublicText
    #: Certificates (PEM) that Content Credentials of this registry lead to, and of its time stamps.
    c2pa_anchors: Annotated[str, Field(max_length=65_536)]
    timestamp_anchors: Annotated[str, Field(max_length=65_536)] = ""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.threshold <= len(set(self.root_keys)):
            raise ValueError("the threshold is higher than the number of root keys")
        return self


def sign(root: Root, signers: list[Ed25519PrivateKey]) -> bytes:
    """`root.json`, signed by `signers`."""
    signatures = [
        {"kid": keys.thumbprint(key.public_key()), "sig": keys.b64encode(key.sign(root.canonical()))}
        for key in signers
    ]
    return canonical.canonical({"signed": root.model_dump(mode="json"), "signatures": signatures})


class TrustedRoot:
    """A verified root, and the only way to get the keys inside it."""

    def __init__(self, root: Root, data: bytes) -> None:
        self._root = root
        self.data = data

    @classmethod
    def load(cls, data: bytes, *, now: int, pin: str | None = None) -> Self:
        """The root in `root.json`; with `pin`, only the one with this SHA-256.

        Raises:
            VerificationError: `root_malformed`, `root_pin`, `root_threshold` or `root_expired`.
        """
        trusted = cls.of_any_age(data, pin=pin)
        _require_time(trusted.document, now)
        return trusted

    @classmethod
    def of_any_age(cls, data: bytes, *, pin: str | None = None) -> Self:
        """As `load`, also when it has ended: good for `newest`, which asks for those that came after it."""
        if pin is not None and canonical.sha256_hex(data) != pin:
            raise _refuse("root_pin", "This root is not the one this machine was enrolled with.")
        root, signatures = _read(data)
        _require_threshold(root, signatures, root)
        return cls(root, data)

    @classmethod
    def since(cls, pin: str, data: bytes, fetch: Fetch, *, now: int) -> TrustedRoot:
        """The root in `data`, when the one with SHA-256 `pin` leads to it; versions in between are fetched.

        Raises:
            VerificationError: as `load` and `newest`.
        """
        later: list[bytes] = []
        while canonical.sha256_hex(data) != pin:
            later.append(data)
            version = _read(data)[0].version
            older = fetch(version - 1) if version > 1 and len(later) < MOST_STEPS else None
            if older is None:
                raise _refuse(
                    "root_pin", "The root this machine was enrolled with does not lead to this one."
                )
            data = older
        trusted: TrustedRoot = cls.of_any_age(data, pin=pin)
        for newer in reversed(later):
            trusted = trusted.next(newer)
        _require_time(trusted.document, now)
        return trusted

    def follow(self, data: bytes, *, now: int) -> TrustedRoot:
        """The next version, signed by enough of these keys and of its own; the same bytes change nothing.

        Raises:
            VerificationError: also `root_version`, when it is not the next one of this registry.
        """
        trusted = self if data == self.data else self.next(data)
        _require_time(trusted.document, now)
        return trusted

    def newest(self, fetch: Fetch, *, now: int) -> TrustedRoot:
        """The last of the versions that follow this one, fetched one after the other until there is none.

        Raises:
            VerificationError: `root_malformed`, `root_version` or `root_threshold` where a version does not follow
                the one before it; `root_expired` when the last has ended.
        """
        trusted = self
        for _ in range(MOST_STEPS):
            data = fetch(trusted.document.version + 1)
            if data is None:
                _require_time(trusted.document, now)
                return trusted
            trusted = trusted.next(data)
        raise _refuse("root_version", f"More than {MOST_STEPS} versions follow {self._root.version}.")

    def next(self, data: bytes) -> TrustedRoot:
        """The version after this one, also when it has ended; raises as `newest`."""
        root, signatures = _read(data)
        if (root.registry, root.version) != (self._root.registry, self._root.version + 1):
            raise _refuse(
                "root_version",
                f"Version {root.version} of {root.registry} does not follow version {self._root.version}"
                f" of {self._root.registry}.",
            )
        _require_threshold(root, signatures, self._root)
        _require_threshold(root, signatures, root)
        return TrustedRoot(root, data)

    @property
    def document(self) -> Root:
        """The verified document."""
        return self._root

    @property
    def sha256(self) -> str:
        """What a device pins."""
        return canonical.sha256_hex(self.data)

    @property
    def registry(self) -> str:
        """The registry's name."""
        return self._root.registry

    @cached_property
    def licence_keys(self) -> tuple[Ed25519PublicKey, ...]:
        """Keys for licences, leases and receipts."""
        return tuple(keys.signing_public(text) for text in self._root.licence_keys)

    @cached_property
    def checkpoint_key(self) -> Ed25519PublicKey:
        """The log's key."""
        return keys.signing_public(self._root.checkpoint_key)

    @property
    def pack_key(self) -> X25519PublicKey:
        """Where a pack's key is sealed to when the pack is handed in."""
        return keys.sealing_public(self._root.pack_key)

    @property
    def c2pa_anchors(self) -> str:
        """PEM for the verifier of delivered files."""
        return self._root.c2pa_anchors


def _read(data: bytes) -> tuple[Root, dict[str, str]]:
    envelope = canonical.parse(data, max_bytes=MAX_BYTES)
    if not isinstance(envelope, dict) or envelope.keys() != {"signed", "signatures"}:
        raise _refuse("root_malformed", "A root holds what is signed, and signatures.")
    listed = envelope["signatures"]
    if not isinstance(listed, list) or not all(
        isinstance(item, dict)
        and item.keys() == {"kid", "sig"}
        and all(isinstance(value, str) for value in item.values())
        for item in listed
    ):
        raise _refuse("root_malformed", "A root's signatures are pairs of kid and sig.")
    return Root.of(envelope["signed"]), {item["kid"]: item["sig"] for item in listed}


def _require_threshold(root: Root, signatures: dict[str, str], by: Root) -> None:
    """Distinct keys only: a key that signs twice counts once."""
    good = 0
    for text in set(by.root_keys):
        key = keys.signing_public(text)
        signature = signatures.get(keys.thumbprint(key))
        if signature is None:
            continue
        try:
            key.verify(keys.b64decode(signature), root.canonical())
        except InvalidSignature:
            continue
        good += 1
    if good < by.threshold:
        raise _refuse(
            "root_threshold",
            f"{good} of {by.threshold} needed root signatures hold on version {root.version}.",
        )


def _require_time(root: Root, now: int) -> None:
    if now >= root.expires_at:
        raise _refuse("root_expired", f"This root ended {now - root.expires_at} seconds ago.")


def _refuse(code: str, message: str) -> VerificationError:
    return VerificationError(
        message,
        remedy="Get the registry's current root.json from its operator, by a way you trust.",
        code=code,
    )
