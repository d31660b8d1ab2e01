"""Accounts of people on this machine: talent, agency, brand, operator.

One folder an account below `SOSIE_HOME/accounts`: what the registry calls it, its token, the pinned root, and the
talent's own signing key, which never leaves this folder. Everything is readable by this user only. The agent
keeps the device's account apart: a person and a machine are two things.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sosie.errors import InputError, SetupError
from sosie.licence import exchange, keys
from sosie.licence.root import TrustedRoot
from sosie.plugins import Plugins
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsPlugin, RegistryConfig
from sosie.storage import write_file

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Account:
    """Somebody's account at a registry, as this machine knows it."""

    name: str
    role: str
    id: str
    party: str
    url: str
    root_sha256: str


class Accounts:
    """The accounts below `home`."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "accounts"

    def enrol(self, name: str, *, url: str, code: str, talent: bool = False) -> Account:
        """Redeem a one-time code; a talent brings a new signing key of her own.

        Raises:
            InputError: a name that is taken or no plain word.
            RegistryError: the code is unknown, used or too old.
        """
        folder = self._new(name)
        key = Ed25519PrivateKey.generate() if talent else None
        answer = registry(url).enrol(
            exchange.Enrolment(
                code=code, name=name, signing_key=keys.public_text(key.public_key()) if key else None
            )
        )
        if key:
            write_file(folder / "signing.pem", keys.private_pem(key), private=True)
        return self._save(
            Account(name, answer.role, answer.id, answer.party, url, answer.root_sha256), answer.token
        )

    def adopt(self, name: str, *, url: str, token: str) -> Account:
        """Keep an account whose token is already there, as the operator's is."""
        self._new(name)
        known = registry(url, token)
        me, root = known.me(), known.root()
        return self._save(
            Account(name, me.role, me.id, me.party, url, TrustedRoot.load(root, now=0).sha256), token
        )

    def all(self) -> list[Account]:
        """Every account on this machine, by name."""
        files = sorted(self._folder.glob("*/account.json"))
        return [Account(**json.loads(file.read_text(encoding="utf-8"))) for file in files]

    def get(self, name: str | None, *roles: str) -> Account:
        """The account called `name`, or the only one with one of `roles`.

        Raises:
            SetupError: `account_unknown` or `account_ambiguous`.
        """
        wanted = " or ".join(roles) or "any"
        fitting = [
            a for a in self.all() if (name is None or a.name == name) and (not roles or a.role in roles)
        ]
        if len(fitting) == 1:
            return fitting[0]
        known = ", ".join(f"{account.name} ({account.role})" for account in self.all()) or "none"
        raise SetupError(
            f"{len(fitting)} accounts fit ({wanted}{f', called {name}' if name else ''}). On this machine: {known}.",
            remedy="Name one with --as NAME, or add one with `sosie account enrol`.",
            code="account_ambiguous" if fitting else "account_unknown",
        )

    def registry(self, account: Account) -> Registry:
        """The account's view of its registry."""
        token = (self._folder / account.name / "token").read_text(encoding="ascii")
        return registry(account.url, token)

    def root(self, account: Account, now: int) -> TrustedRoot:
        """The registry's newest root, which the one this account pinned leads to; it is pinned from then on.

        Raises:
            VerificationError: another one, one that does not follow, or one that has ended.
        """
        known = self.registry(account)
        root = TrustedRoot.since(account.root_sha256, known.root(), known.root_version, now=now)
        if root.sha256 != account.root_sha256:
            self._describe(replace(account, root_sha256=root.sha256))
        return root

    def signing_key(self, account: Account) -> Ed25519PrivateKey:
        """The talent's own key."""
        return keys.signing_private((self._folder / account.name / "signing.pem").read_bytes())

    def _new(self, name: str) -> Path:
        folder = self._folder / name
        if not NAME.fullmatch(name) or folder.exists():
            raise InputError(
                f"The account name {name!r} is taken or not a plain word.",
                remedy="Use up to 40 lower-case letters, digits, - and _, and a name that is not there yet.",
                code="account_name",
            )
        return folder

    def _save(self, account: Account, token: str) -> Account:
        folder = self._folder / account.name
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        write_file(folder / "token", token.encode("ascii"), private=True)
        return self._describe(account)

    def _describe(self, account: Account) -> Account:
        file = self._folder / account.name / "account.json"
        write_file(file, json.dumps(asdict(account), indent=2).encode(), private=True)
        return account


def registry(url: str, token: str | None = None) -> Registry:
    """A registry, through whichever plugin can reach it."""
    config = RegistryConfig(url=url, token=token)
    return Registry(Plugins([HttpsPlugin()]).registry(config))
