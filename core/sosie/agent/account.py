"""Who this machine is: the registry it is enrolled with, its token, its two keys, and the pinned root.

The keys are made here and never leave; the registry only sees their public halves. The root's SHA-256 comes
with the enrolment and is pinned: another root is refused unless the pinned one leads to it.
"""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict, dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sosie.agent.home import Home
from sosie.errors import AgentError, VerificationError
from sosie.licence import exchange, keys
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


@dataclass(frozen=True)
class Member:
    """An enrolled machine: account, keys, trusted root, and the way to the registry."""

    account: Account
    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey
    root: TrustedRoot
    registry: Registry

    @property
    def device_key(self) -> str:
        """The thumbprint by which leases name this machine."""
        return keys.thumbprint(self.signing.public_key())


def enrol(home: Home, plugins: Plugins, *, url: str, code: str) -> Member:
    """Redeem a one-time code: make the keys, pin the root, keep the token.

    Raises:
        RegistryError: the code is unknown, used or expired; the registry cannot be reached.
        VerificationError: the registry's root is not the one its enrolment names.
    """
    if home.account.exists():
        raise AgentError(
            "This machine is enrolled already.",
            remedy=f"Use another SOSIE_HOME, or move {home.path} away to begin anew.",
            code="enrolled_already",
        )
    signing, sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    stranger = Registry(plugins.registry(RegistryConfig(url)))
    enrolled = stranger.enrol(
        exchange.Enrolment(
            code=code,
            signing_key=keys.public_text(signing.public_key()),
            sealing_key=keys.public_text(sealing.public_key()),
            name=platform.system(),
        )
    )
    if enrolled.role != "device" or enrolled.seat is None:
        raise AgentError(
            f"This code is for a {enrolled.role}, not for a machine.",
            remedy="Ask the brand's administrator for a seat's code.",
            code="enrolment_role",
        )
    data = stranger.root()
    TrustedRoot.load(data, now=int(time.time()), pin=enrolled.root_sha256)
    account = Account(url, enrolled.id, enrolled.party, enrolled.seat, enrolled.root_sha256, enrolled.token)
    write_file(home.keys / "signing.pem", keys.private_pem(signing), private=True)
    write_file(home.keys / "sealing.pem", keys.private_pem(sealing), private=True)
    write_file(home.root, data, private=True)
    # Last: its presence says that everything above is there.
    write_file(home.account, json.dumps(asdict(account)).encode(), private=True)
    return load(home, plugins)


def load(home: Home, plugins: Plugins) -> Member:
    """The enrolled machine.

    Raises:
        AgentError: `not_enrolled`.
        VerificationError: a key or the root is damaged.
    """
    try:
        account = Account(**json.loads(home.account.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise AgentError(
            "This machine is not enrolled with a registry.",
            remedy="Run `sosie agent enrol --registry URL --code CODE` with the code your brand's administrator gave you.",
            code="not_enrolled",
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise VerificationError(
            f"{home.account.name} cannot be read.",
            remedy=f"Restore {home.path} from a backup, or move it away and enrol again.",
            code="account_damaged",
        ) from error
    # The root of the enrolment; what the registry shows later must follow from it (`TrustedRoot.follow`).
    root = TrustedRoot.load(home.root.read_bytes(), now=int(time.time()), pin=account.root_sha256)
    return Member(
        account=account,
        signing=keys.signing_private((home.keys / "signing.pem").read_bytes()),
        sealing=keys.sealing_private((home.keys / "sealing.pem").read_bytes()),
        root=root,
        registry=Registry(plugins.registry(RegistryConfig(account.url, account.token))),
    )
