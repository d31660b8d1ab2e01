"""The registry's keys, made at its first start: one file each, mode 0600, in a folder of mode 0700.

`root` signs root.json and nothing else: it can be moved away from the machine afterwards. `licence` signs
licences, leases and receipts, `checkpoint` the log, `pack` opens pack keys (X25519), and the C2PA authority
signs delivered files. The folder is made beside and put in its place whole: it is complete or not there.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, fields
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sosie.errors import SetupError
from sosie.licence import keys
from sosie.licence import root as trust
from sosie.licence.documents import DAY
from sosie.provenance.certificates import Authority, make_authority
from sosie.registry.settings import Settings
from sosie.storage import write_file

ROOT_LIFE_DAYS = 3650
LEAF_RESERVE_DAYS = 30


@dataclass(frozen=True)
class RegistryKeys:
    """What a running registry signs and opens with; the root's private key is not among it."""

    licence: Ed25519PrivateKey
    checkpoint: Ed25519PrivateKey
    pack: X25519PrivateKey
    authority: Authority
    root: trust.TrustedRoot


def load_or_create(settings: Settings) -> RegistryKeys:
    """The keys in `settings.data / "keys"`, made when there are none.

    Raises:
        SetupError: `keys_incomplete`, when some of them are not there.
    """
    folder = settings.data / "keys"
    if not folder.exists():
        _create(folder, settings)
    try:
        return _load(folder, settings.clock())
    except OSError as error:
        raise SetupError(
            f"The registry's keys cannot be read: {error}",
            remedy="Restore the whole folder of keys from a backup.",
            code="keys_incomplete",
        ) from error


def _create(target: Path, settings: Settings) -> None:
    folder = target.with_name("keys.new")
    shutil.rmtree(folder, ignore_errors=True)  # a making that was cut off
    folder.mkdir(mode=0o700, parents=True)
    now = settings.clock()
    root, licence, log = (Ed25519PrivateKey.generate() for _ in range(3))
    pack = X25519PrivateKey.generate()
    authority = make_authority(now, organisation=settings.name[:64])
    document = trust.Root(
        version=1,
        registry=settings.name,
        issued_at=now,
        expires_at=now + ROOT_LIFE_DAYS * DAY,
        threshold=1,
        root_keys=(keys.public_text(root.public_key()),),
        licence_keys=(keys.public_text(licence.public_key()),),
        checkpoint_key=keys.public_text(log.public_key()),
        pack_key=keys.public_text(pack.public_key()),
        c2pa_anchors=authority.anchors_pem.decode("ascii"),
    )
    for name, key in (("root", root), ("licence", licence), ("checkpoint", log), ("pack", pack)):
        write_file(folder / f"{name}.pem", keys.private_pem(key), private=True)
    _write_authority(folder, authority)
    write_file(folder / "root.json", trust.sign(document, [root]), private=True)
    folder.rename(target)


def _load(folder: Path, now: int) -> RegistryKeys:
    authority = _fresh_leaves(folder, now)
    return RegistryKeys(
        licence=keys.signing_private((folder / "licence.pem").read_bytes()),
        checkpoint=keys.signing_private((folder / "checkpoint.pem").read_bytes()),
        pack=keys.sealing_private((folder / "pack.pem").read_bytes()),
        authority=authority,
        root=trust.TrustedRoot.load((folder / "root.json").read_bytes(), now=now),
    )


def _fresh_leaves(folder: Path, now: int) -> Authority:
    """The authority; leaves that end within 30 days are replaced, which verifiers do not notice."""
    authority = Authority(
        **{part.name: (folder / f"c2pa_{part.name}.pem").read_bytes() for part in fields(Authority)}
    )
    if now < authority.claim_expires() - LEAF_RESERVE_DAYS * DAY:
        return authority
    authority = authority.renew(now)
    _write_authority(folder, authority)
    return authority


def _write_authority(folder: Path, authority: Authority) -> None:
    for part in fields(Authority):
        write_file(folder / f"c2pa_{part.name}.pem", getattr(authority, part.name), private=True)
