"""Who this machine is: the registry it is enrolled with, its token, its two keys, and the pinned root.

The keys are made here and never leave; the registry only sees their public halves. The root's SHA-256 comes
with the enrolment and is pinned: another root is refused unless the pinned one leads to it (`agent.trust`).
"""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict, dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sosie.agent.home import Home
from sosie.agent.trust import Trust
from sosie.client.folders import private_folder
from sosie.errors import AgentError, VerificationError
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

    @property
    def root(self) -> TrustedRoot:
        """The newest root this machine knows of."""
        return self.trust.root

    @property
    def device_key(self) -> str:
        """The thumbprint by which leases name this machine."""
        return keys.thumbprint(self.signing.public_key())


@dataclass(frozen=True)
class DeviceKeys:
    """The two keys a machine makes for one account: it signs with one, and is written to with the other."""

    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey

    @classmethod
    def new(cls) -> DeviceKeys:
        """Keys nobody has seen."""
        return cls(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @property
    def public(self) -> dict[str, str]:
        """Their public halves, as an enrolment carries them."""
        return {
            "signing_key": keys.public_text(self.signing.public_key()),
            "sealing_key": keys.public_text(self.sealing.public_key()),
        }


def enrol(home: Home, plugins: Plugins, *, url: str, code: str) -> Member:
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
    return keep(home, plugins, url=url, enrolled=enrolled, made=made)


def require_none(home: Home) -> None:
    """That nobody is signed in; AgentError (`enrolled_already`) otherwise."""
    if home.account.exists():
        raise AgentError(
            "This machine is signed in already.",
            remedy="Run `sosie agent sign-out` first, or use another SOSIE_HOME.",
            code="enrolled_already",
        )


def keep(home: Home, plugins: Plugins, *, url: str, enrolled: exchange.Enrolled, made: DeviceKeys) -> Member:
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
    write_file(home.keys / "signing.pem", keys.private_pem(made.signing), private=True)
    write_file(home.keys / "sealing.pem", keys.private_pem(made.sealing), private=True)
    write_file(home.root, root.data, private=True)
    # Last: its presence says that everything above is there.
    write_file(home.account, json.dumps(asdict(account)).encode(), private=True)
    return load(home, plugins)


def forget(home: Home) -> None:
    """Nobody is signed in afterwards: no token, key, lease or pack stays. The journal is put aside, as evidence."""
    home.account.unlink(missing_ok=True)
    _clear(home)


def _clear(home: Home) -> None:
    for folder in (home.keys, home.leases, home.packs, home.thumbnails):
        for path in folder.iterdir():
            path.unlink()
    for path in (home.root, home.newer_roots, home.checkpoint, home.catalogue):
        path.unlink(missing_ok=True)
    if home.journal.exists():
        private_folder(home.past)
        home.journal.rename(home.past / f"journal-{len(list(home.past.iterdir())) + 1}.jws")


def load(home: Home, plugins: Plugins) -> Member:
    """The enrolled machine.

    Raises:
        AgentError: `not_enrolled`.
        RegistryUnreachableError: the root has ended, and nobody shows the one after it.
        VerificationError: a key or the root is damaged, or the root has ended.
    """
    try:
        account = Account(**json.loads(home.account.read_text(encoding="utf-8")))
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
    registry, now = Registry(plugins.registry(RegistryConfig(account.url, account.token))), int(time.time())
    trust = Trust(home, account.root_sha256, registry)
    if now >= trust.root.document.expires_at:
        trust.renew(now)  # before anything is believed that it says
    return Member(
        account=account,
        signing=keys.signing_private((home.keys / "signing.pem").read_bytes()),
        sealing=keys.sealing_private((home.keys / "sealing.pem").read_bytes()),
        trust=trust,
        registry=registry,
    )
