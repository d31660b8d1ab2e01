"""Who this machine is: the registry it is enrolled with, its token, its two keys, and the pinned root.

The keys are made here and never leave (`agent.vault`); the registry only sees their public halves. The root's SHA-256 comes
with the enrolment and is pinned: another root is refused unless the pinned one leads to it (`agent.trust`).
"""

from __future__ import annotations

import contextlib
import json
import platform
import time
from dataclasses import asdict, dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sosie.agent.home import Home
from sosie.agent.trust import Trust
from sosie.agent.vault import DeviceKeys, Keyring, Vault
from sosie.client.folders import private_folder
from sosie.errors import AgentError, SosieError, VerificationError
from sosie.licence import exchange, keys, sign_in
from sosie.licence.root import TrustedRoot
from sosie.plugins import Plugins
from sosie.remote.registry import Registry
from sosie.remote.transport import RegistryConfig
from sosie.storage import write_file


@dataclass(frozen=True)
class Account:
    """A device's account at one registry."""

    url: str
    device: str
    brand: str
    seat: str
    root_sha256: str
    token: str = field(repr=False)
    #: The words people know seat and brand by, where the sign-in told them.
    seat_name: str = ""
    brand_name: str = ""


@dataclass(frozen=True)
class Member:
    """An enrolled machine: account, keys, trusted root, and the way to the registry."""

    account: Account
    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey
    trust: Trust
    registry: Registry
    #: Whether the keys lie in files, for want of a keyring.
    keys_in_files: bool

    @property
    def root(self) -> TrustedRoot:
        """The newest root this machine knows of."""
        return self.trust.root

    @property
    def device_key(self) -> str:
        """The thumbprint by which leases name this machine."""
        return keys.thumbprint(self.signing.public_key())


def enrol(home: Home, plugins: Plugins, *, url: str, code: str, keyring: Keyring) -> Member:
    """Redeem a seat's one-time code.

    Raises:
        AgentError: `enrolled_already`, `enrolment_role`.
        RegistryError: the code is unknown, used or expired; the registry cannot be reached.
        VerificationError: the registry's root is not the one its enrolment names.
    """
    require_none(home)
    made = DeviceKeys.new()
    stranger = Registry(plugins.registry(RegistryConfig(url)))
    enrolled = stranger.enrol(exchange.Enrolment(code=code, name=platform.system(), **made.public))
    return keep(home, plugins, url=url, enrolled=enrolled, made=made, keyring=keyring)


def require_none(home: Home) -> None:
    """That nobody is signed in; AgentError (`enrolled_already`) otherwise."""
    if home.account.exists():
        raise AgentError(
            "This machine is signed in already.",
            remedy="Run `sosie agent sign-out` first, or use another SOSIE_HOME.",
            code="enrolled_already",
        )


def keep(
    home: Home,
    plugins: Plugins,
    *,
    url: str,
    enrolled: exchange.Enrolled,
    made: DeviceKeys,
    keyring: Keyring,
) -> Member:
    """Pin the root and keep the account the registry has given to this machine's new keys."""
    if enrolled.role != "device" or enrolled.seat is None:
        raise AgentError(
            f"This code is for a {enrolled.role}, not for a machine.",
            remedy="Ask the brand's administrator for a seat's code.",
            code="enrolment_role",
        )
    stranger = Registry(plugins.registry(RegistryConfig(url)))
    # The newest one, in case it was replaced since the enrolment.
    root = TrustedRoot.since(
        enrolled.root_sha256, stranger.root(), stranger.root_version, now=int(time.time())
    )
    names = enrolled if isinstance(enrolled, sign_in.SignedIn) else None
    account = Account(
        url,
        enrolled.id,
        enrolled.party,
        enrolled.seat,
        root.sha256,
        enrolled.token,
        seat_name=names.seat_name if names else "",
        brand_name=names.party_name if names else "",
    )
    _clear(home)  # what a sign-out that was cut off has left
    Vault(home.keys, account.device, keyring).put(made)
    write_file(home.root, root.data, private=True)
    # Last: its presence says that everything above is there.
    write_file(home.account, json.dumps(asdict(account)).encode(), private=True)
    return load(home, plugins, keyring)


def forget(home: Home, keyring: Keyring) -> None:
    """Nobody is signed in afterwards: no token, key, lease or pack stays. The journal is put aside, as evidence."""
    with contextlib.suppress(SosieError):
        Vault(home.keys, _account(home).device, keyring).remove()
    home.account.unlink(missing_ok=True)
    _clear(home)


def _clear(home: Home) -> None:
    for folder in (home.keys, home.leases, home.packs, home.thumbnails):
        for path in folder.iterdir():
            path.unlink()
    for path in (home.root, home.newer_roots, home.checkpoint, home.catalogue, home.journal_mark):
        path.unlink(missing_ok=True)
    if home.journal.exists():
        private_folder(home.past)
        home.journal.rename(home.past / f"journal-{len(list(home.past.iterdir())) + 1}.jws")


def load(home: Home, plugins: Plugins, keyring: Keyring | None = None, *, move: bool = False) -> Member:
    """The enrolled machine.

    Args:
        home: where its files are.
        plugins: who bring the way to the registry.
        keyring: where its keys are; the system's, if not given.
        move: put keys that lie in files into the keyring, when it takes them.

    Raises:
        AgentError: `not_enrolled`; `keyring_silent` or `keys_missing`.
        RegistryUnreachableError: the root has ended, and nobody shows the one after it.
        VerificationError: a key or the root is damaged, or the root has ended.
    """
    account = _account(home)
    registry, now = Registry(plugins.registry(RegistryConfig(account.url, account.token))), int(time.time())
    trust = Trust(home, account.root_sha256, registry)
    if now >= trust.root.document.expires_at:
        trust.renew(now)  # before anything is believed that it says
    vault = Vault(home.keys, account.device, keyring or Keyring())
    made = vault.get()
    if move and vault.in_files:
        vault.put(made)
    return Member(account, made.signing, made.sealing, trust, registry, vault.in_files)


def _account(home: Home) -> Account:
    try:
        return Account(**json.loads(home.account.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise AgentError(
            "Nobody is signed in on this machine.",
            remedy="Run `sosie agent sign-in --registry URL`, and have your brand approve the code it shows.",
            code="not_enrolled",
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise VerificationError(
            f"{home.account.name} cannot be read.",
            remedy=f"Restore {home.path} from a backup, or move it away and enrol again.",
            code="account_damaged",
        ) from error
