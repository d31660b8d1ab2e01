"""The registry's online keys: one file each, mode 0600, in a folder of mode 0700.

`licence` signs licences, leases and receipts, `checkpoint` the log, `pack` opens pack keys (X25519), and the C2PA
authority signs delivered files. The newest `root-N.json` says which of them are in use; a file's name is for people,
its number is the root's version that brought it. Root keys are not among them (`registry.ceremony`). Writing a new
root is the one step that changes keys, and every running replica sees it at its next request.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sosie.errors import SetupError, VerificationError
from sosie.licence import jws, keys
from sosie.licence import root as trust
from sosie.licence.document import Document
from sosie.licence.documents import DAY
from sosie.provenance.certificates import Authority
from sosie.registry.settings import Settings
from sosie.storage import write_file

LEAF_RESERVE_DAYS = 30
_AUTHORITY = tuple(part.name for part in fields(Authority) if part.name != "root_key_pem")


@dataclass(frozen=True)
class RegistryKeys:
    """What a running registry signs and opens with; a root's private key is not among it."""

    licence: Ed25519PrivateKey
    checkpoint: Ed25519PrivateKey
    #: The one in use first; the others open what was sealed to them.
    packs: tuple[X25519PrivateKey, ...]
    authority: Authority
    root: trust.TrustedRoot

    def open_pack_key(self, sealed: str, *, info: bytes) -> bytes:
        """A pack's key; raises VerificationError (`key_not_for_us`)."""
        for older in self.packs[1:]:
            try:
                return keys.unwrap(sealed, older, info=info)
            except VerificationError:
                continue
        return keys.unwrap(sealed, self.packs[0], info=info)

    def resigned(self, token: str, kind: type[Document]) -> str:
        """A document of our own from the database, under a key the root of today names."""
        if jws.read_header(token, kind)["kid"] in self._kids:
            return token
        return jws.sign(kind.parse(keys.b64decode(token.split(".")[1])), self.licence)

    @cached_property
    def _kids(self) -> frozenset[str]:
        """The licence keys' names; lists of licences ask for them row by row."""
        return frozenset(map(keys.thumbprint, self.root.licence_keys))


class Keyring:
    """The keys in a registry's folder, as they are now."""

    def __init__(self, settings: Settings) -> None:
        self._folder, self._clock = folder_of(settings), settings.clock
        self._lock = threading.Lock()
        self._keys = self._load()

    @property
    def keys(self) -> RegistryKeys:
        """The keys of the newest root."""
        with self._lock:
            if root_path(self._folder, self._keys.root.document.version + 1).exists():
                self._keys = self._load()
            return self._keys

    def root_version(self, version: int) -> bytes | None:
        """`root.json` in one of its versions; None where there is none."""
        path = root_path(self._folder, version)
        return path.read_bytes() if path.exists() else None

    def _load(self) -> RegistryKeys:
        try:
            return _load(self._folder, self._clock())
        except (OSError, KeyError) as error:
            raise SetupError(
                f"The registry's keys cannot be read: {error}",
                remedy="Restore the whole folder of keys from a backup.",
                code="keys_incomplete",
            ) from error


def folder_of(settings: Settings) -> Path:
    """Where a registry keeps its online keys."""
    return settings.data / "keys"


def existing(settings: Settings) -> Path:
    """As `folder_of`; raises SetupError (`keys_missing`) where there is none."""
    folder = folder_of(settings)
    if not root_path(folder, 1).exists():
        raise SetupError(
            f"There are no keys of a registry in {settings.data}.",
            remedy="Name its folder with --data, or run `sosie registry keys init`.",
            code="keys_missing",
        )
    return folder


def root_path(folder: Path, version: int) -> Path:
    """A version of the root in a folder of keys."""
    return folder / f"root-{version}.json"


def newest_root(folder: Path) -> trust.TrustedRoot:
    """The last root of a folder of keys, each one checked to follow the one before, however old they are.

    Raises:
        OSError: there is none.
        VerificationError: they do not follow each other.
    """

    def fetch(version: int) -> bytes | None:
        path = root_path(folder, version)
        return path.read_bytes() if path.exists() else None

    first = trust.TrustedRoot.of_any_age(root_path(folder, 1).read_bytes())
    return first.newest(fetch, now=0)


def write_authority(folder: Path, authority: Authority) -> None:
    """The C2PA authority's files. Its root key has signed all it ever will: it is written nowhere."""
    for part in _AUTHORITY:
        write_file(folder / f"{part}.pem", getattr(authority, part), private=True)


def read_authority(folder: Path) -> Authority:
    """The C2PA authority in `folder`."""
    return Authority(root_key_pem=b"", **{part: (folder / f"{part}.pem").read_bytes() for part in _AUTHORITY})


def _load(folder: Path, now: int) -> RegistryKeys:
    root = newest_root(folder)
    document = trust.TrustedRoot.load(root.data, now=now).document
    private = {keys.public_text(key.public_key()): key for key in _private_keys(folder)}
    pack = private.pop(document.pack_key)
    others = tuple(key for key in private.values() if isinstance(key, X25519PrivateKey))
    licence, checkpoint = private[document.licence_keys[0]], private[document.checkpoint_key]
    assert isinstance(pack, X25519PrivateKey)  # public keys of two kinds are never equal
    assert isinstance(licence, Ed25519PrivateKey)
    assert isinstance(checkpoint, Ed25519PrivateKey)
    return RegistryKeys(licence, checkpoint, (pack, *others), _authority(folder, document, now), root)


def _private_keys(folder: Path) -> Iterator[Ed25519PrivateKey | X25519PrivateKey]:
    for path in sorted(folder.glob("*.pem")):
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, Ed25519PrivateKey | X25519PrivateKey)
        yield key


def _authority(folder: Path, document: trust.Root, now: int) -> Authority:
    """The first of the root's anchors; leaves that end within 30 days are replaced, which verifiers do not notice."""
    for place in sorted(folder.glob("c2pa-*")):
        authority = read_authority(place)
        if document.c2pa_anchors.startswith(authority.anchors_pem.decode("ascii")):
            break
    else:
        raise KeyError("the C2PA authority that the root names")
    if now < authority.claim_expires() - LEAF_RESERVE_DAYS * DAY:
        return authority
    authority = authority.renew(now)
    write_authority(place, authority)
    return authority
