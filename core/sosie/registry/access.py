"""Who is asking, and what each role may do: the one place where that is decided.

Tokens are random and opaque; the database holds their SHA-256 only. What a caller may not know of answers
exactly like what does not exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, false, select, true
from sqlalchemy.orm import Session

from sosie.licence import exchange, keys
from sosie.registry.database import Database
from sosie.registry.keystore import Keyring, RegistryKeys
from sosie.registry.problems import missing, problem
from sosie.registry.settings import Settings
from sosie.registry.stamping import Stamping
from sosie.registry.tables import Credential, Device, LicenceRow, Party
from sosie.registry.throttle import Throttle


@dataclass(frozen=True)
class Context:
    """What every handler works with."""

    settings: Settings
    database: Database
    keyring: Keyring
    stamping: Stamping
    throttle: Throttle

    @property
    def keys(self) -> RegistryKeys:
        """The keys of the newest root."""
        return self.keyring.keys

    def now(self) -> int:
        """Unix seconds from the settings' clock."""
        return self.settings.clock()


@dataclass(frozen=True)
class Principal:
    """A caller: `id` is the party's, or the device's for a device; `party` the account it acts for."""

    credential: str
    id: str
    role: exchange.Role
    party: str
    name: str
    seat: str | None = None

    def require(self, *roles: exchange.Role) -> None:
        """Nothing when the caller has one of `roles`.

        Raises:
            RegistryError: 403 `role_refused`.
        """
        if self.role not in roles:
            raise problem(
                403,
                "role_refused",
                f"This is for {' or '.join(roles)}; you are signed in as {self.role}.",
                "Use the account whose business it is.",
            )


def new_secret(settings: Settings) -> str:
    """A bearer token or a code: 192 random bits."""
    return keys.b64encode(settings.random(24))


def secret_sha256(secret: str) -> str:
    """How a secret stands in the database."""
    return hashlib.sha256(secret.encode()).hexdigest()


def authenticate(session: Session, header: str | None) -> Principal:
    """The caller of a request with this `Authorization` header.

    Raises:
        RegistryError: 401 `token_missing` or `token_unknown`; 403 `device_suspended`.
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise problem(401, "token_missing", "This needs an account.", "Enrol, and send the token you got.")
    digest = secret_sha256(token.strip())
    found = session.execute(_holder(), {"token": digest}).one_or_none()
    if found is None:
        raise problem(401, "token_unknown", "This token is not known here.", "Enrol again with a new code.")
    party, role, name, device, machine, state, seat = found
    if device is None:
        return Principal(digest, party, role, party, name)  # type: ignore[arg-type]  # the column holds roles only
    if state != "active":
        raise problem(
            403,
            "device_suspended",
            "This machine is suspended: its journal contradicts what the registry knows.",
            "Ask the operator; a restored backup or a copied machine is the usual cause.",
        )
    return Principal(digest, device, "device", party, machine or "", seat)


@cache
def _holder() -> Select[str, str, str, str | None, str | None, str | None, str | None]:
    """Whose a token is, and on which machine: every request asks for it."""
    return (
        select(Party.id, Party.role, Party.name, Device.id, Device.name, Device.state, Device.seat_id)
        .join(Credential, Credential.party_id == Party.id)
        .outerjoin(Device, Device.id == Credential.device_id)
        .where(Credential.token_sha256 == bindparam("token"))
    )


def theirs(principal: Principal) -> ColumnElement[bool]:
    """The licences a caller is part of."""
    return parts_of(principal.role, principal.party)


def parts_of(role: str, party: str | BindParameter[str]) -> ColumnElement[bool]:
    """The licences that `party` is part of in this role."""
    if role in {"operator", "auditor"}:
        return true()
    sides = {"talent": LicenceRow.talent_id, "agency": LicenceRow.agency_id, "brand": LicenceRow.brand_id}
    side = sides.get("brand" if role == "device" else role)
    return false() if side is None else side == party


def licence_of(session: Session, principal: Principal, licence: str) -> LicenceRow:
    """A licence the caller is part of; else 404."""
    query = select(LicenceRow).where(LicenceRow.id == licence, theirs(principal))
    row = session.scalars(query).one_or_none()
    if row is None:
        raise missing("licence", licence)
    return row


#: A handler's work inside a transaction.
Work = Callable[[Session], exchange.Answer]
