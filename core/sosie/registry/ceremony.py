"""The root ceremony: the three keys above all others, and every change that two of them sign.

A new registry gets three root keys; two of them sign each `root.json`. They are needed for nothing else, so they are
written apart from the online keys and are to be moved to three places, offline. A change makes the new keys first and
the new root last: what is cut off in between has changed nothing. Old roots stay, because machines follow them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sosie.errors import InputError, SetupError, VerificationError
from sosie.licence import keys
from sosie.licence import root as trust
from sosie.licence.documents import DAY
from sosie.provenance.certificates import make_authority
from sosie.registry import keystore
from sosie.registry.settings import Settings
from sosie.storage import write_file

Part = Literal["root", "licence", "checkpoint", "pack", "c2pa"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
ROOT_LIFE_DAYS = 1095
THRESHOLD, ROOT_KEYS = 2, 3
#: What stands beside root keys that have not been moved yet.
NOTE = """\
These are the root keys of a Sosie registry. Two of the three together replace any other key it has, and each other.

1. Move each file to a place of its own: a drive in a safe, a second person, a bank. Keep no copy on this machine.
2. The registry runs without them. Bring two together only to change a key:
   sosie registry keys rotate licence --root-key FILE --root-key FILE
3. Whoever holds two of them is the registry. Who has lost two cannot change a key any more.
"""


@dataclass(frozen=True)
class Changed:
    """The root that holds now, and the files of root keys that were made for it."""

    root: trust.TrustedRoot
    root_keys: tuple[Path, ...] = ()


def ensure(settings: Settings) -> None:
    """Keys for a registry that has none, its root keys in `root_folder`."""
    if not keystore.folder_of(settings).exists():
        begin(settings)


def root_folder(settings: Settings) -> Path:
    """Where root keys lie that nobody has moved yet."""
    return settings.data / "root-keys"


def root_keys_beside(settings: Settings) -> list[Path]:
    """Files of root keys that lie with the registry."""
    return sorted(root_folder(settings).glob("*.pem"))


def begin(settings: Settings, places: Sequence[Path] = ()) -> Changed:
    """The first keys.

    Args:
        settings: whose.
        places: folders for the three root keys: none (`root_folder`), one, or three.

    Raises:
        SetupError: `keys_exist`, also when root keys lie there already; `storage_full`.
    """
    target = keystore.folder_of(settings)
    folder = target.with_name("keys.new")
    cut_off = folder.exists()
    if target.exists():
        raise _exists(target)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    signers, files = _new_root_keys(settings, 1, places, replace=cut_off)
    fields = {"version": 1, "registry": settings.name, **_life(settings), **_root_keys(signers)}
    for make in _MAKE.values():
        fields |= make(folder, settings, 1)
    data = trust.sign(trust.Root.of(fields), signers)
    write_file(keystore.root_path(folder, 1), data, private=True)
    folder.rename(target)
    return Changed(trust.TrustedRoot.load(data, now=settings.clock()), files)


def rotate(
    settings: Settings,
    parts: Sequence[Part],
    signers: Sequence[Ed25519PrivateKey],
    *,
    revoke: bool = False,
    places: Sequence[Path] = (),
) -> Changed:
    """New keys for `parts`, in a new root signed by `signers` (and by the new root keys). None: a longer life only.

    Args:
        settings: whose.
        parts: what is replaced.
        signers: enough of the root keys that hold now.
        revoke: old licence keys and C2PA anchors are trusted no longer; else they stay beside the new ones. Licences
            and receipts in the database are signed anew when they are asked for; delivered files are not.
        places: for `root`, as in `begin`.

    Raises:
        SetupError: `root_threshold`, too few of the signers are root keys; `keys_missing`, `keys_exist`,
            `storage_full`.
    """
    folder = keystore.existing(settings)
    before = keystore.newest_root(folder)
    version, old = before.document.version + 1, before.document
    changes: dict[str, Any] = {"version": version, **_life(settings)}
    # Asked before any key is made: a change that nobody allowed leaves no file.
    try:
        before.next(trust.sign(_changed(old, changes), list(signers)))
    except VerificationError as error:
        raise SetupError(
            error.message,
            remedy=f"Name {old.threshold} of the root keys that hold now with --root-key.",
            code=error.code,
        ) from error
    files: tuple[Path, ...] = ()
    everybody = list(signers)
    if "root" in parts:
        made, files = _new_root_keys(settings, version, places)
        changes |= _root_keys(made)
        everybody += made
    for part in dict.fromkeys(parts):
        if part != "root":
            changes |= _MAKE[part](folder, settings, version)
    if not revoke:
        changes = _beside(old, changes)
    data = trust.sign(_changed(old, changes), everybody)
    root = before.next(data)
    write_file(keystore.root_path(folder, version), data, private=True)
    return Changed(root, files)


def _changed(old: trust.Root, changes: dict[str, Any]) -> trust.Root:
    return trust.Root.of({**old.model_dump(mode="json"), **changes})


def _beside(old: trust.Root, changes: dict[str, Any]) -> dict[str, Any]:
    """New licence keys and anchors first, and the ones before them after."""
    kept = dict(changes)
    if "licence_keys" in kept:
        kept["licence_keys"] = [*kept["licence_keys"], old.licence_keys[0]]
    if "c2pa_anchors" in kept:
        kept["c2pa_anchors"] += old.c2pa_anchors
    return kept


def _life(settings: Settings) -> dict[str, int]:
    now = settings.clock()
    return {"issued_at": now, "expires_at": now + ROOT_LIFE_DAYS * DAY}


def _root_keys(signers: Sequence[Ed25519PrivateKey]) -> dict[str, Any]:
    return {"threshold": THRESHOLD, "root_keys": [keys.public_text(key.public_key()) for key in signers]}


def _new_root_keys(
    settings: Settings, version: int, places: Sequence[Path], *, replace: bool = False
) -> tuple[list[Ed25519PrivateKey], tuple[Path, ...]]:
    if len(places) not in {0, 1, ROOT_KEYS}:
        raise InputError(
            f"{len(places)} places for three root keys.", remedy="Name one folder, or three.", code="places"
        )
    folders = list(places) or [root_folder(settings)]
    folders *= ROOT_KEYS // len(folders)
    files = tuple(
        folder / f"root-{version}{letter}.pem" for folder, letter in zip(folders, "abc", strict=True)
    )
    for file in files:
        if file.exists() and not replace:
            raise _exists(file)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    signers = [Ed25519PrivateKey.generate() for _ in files]
    for file, key in zip(files, signers, strict=True):
        write_file(file, keys.private_pem(key), private=True)
        write_file(file.with_name("READ-ME.txt"), NOTE.encode(), private=True)
    return signers, files


def _signing(name: str, field: str) -> Callable[[Path, Settings, int], dict[str, Any]]:
    def make(folder: Path, _: Settings, version: int) -> dict[str, Any]:
        key = Ed25519PrivateKey.generate()
        write_file(folder / f"{name}-{version}.pem", keys.private_pem(key), private=True)
        public = keys.public_text(key.public_key())
        return {field: [public] if field.endswith("keys") else public}

    return make


def _pack(folder: Path, _: Settings, version: int) -> dict[str, Any]:
    key = X25519PrivateKey.generate()
    write_file(folder / f"pack-{version}.pem", keys.private_pem(key), private=True)
    return {"pack_key": keys.public_text(key.public_key())}


def _c2pa(folder: Path, settings: Settings, version: int) -> dict[str, Any]:
    authority = make_authority(settings.clock(), organisation=settings.name[:64])
    keystore.write_authority(folder / f"c2pa-{version}", authority)
    return {"c2pa_anchors": authority.anchors_pem.decode("ascii")}


#: What makes each part's key files in a folder, and the fields of the root that name them.
_MAKE: Final[dict[str, Callable[[Path, Settings, int], dict[str, Any]]]] = {
    "licence": _signing("licence", "licence_keys"),
    "checkpoint": _signing("checkpoint", "checkpoint_key"),
    "pack": _pack,
    "c2pa": _c2pa,
}


def _exists(path: Path) -> SetupError:
    return SetupError(
        f"{path} is there already.",
        remedy="Nothing is overwritten. To replace keys use `sosie registry keys rotate`; else move it away.",
        code="keys_exist",
    )
