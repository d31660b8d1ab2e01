"""Passkeys (WebAuthn Level 3): added by somebody who is in, used instead of handle and password.

The authenticator must verify its user (fingerprint, face, PIN) and keep the account's id with the key, so that nothing is
typed. A challenge has 256 random bits, works once, within five minutes, in the browser it was given to. What the
authenticator signs names this site, so no other site can pass it on. Attestation is not asked for: which make
of authenticator she has is her own business.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.datastructures import URL
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from sosie.errors import RegistryError
from sosie.licence import keys
from sosie.registry.access import Context, Principal, secret_sha256
from sosie.registry.console import sessions
from sosie.registry.console.tables import ConsoleAccount, ConsoleChallenge, ConsolePasskey
from sosie.registry.problems import problem

CHALLENGE_BYTES: Final = 32
CHALLENGE_S: Final = 300
#: Of one account; a person has a few devices.
MOST: Final = 20
_VERIFIED: Final = UserVerificationRequirement.REQUIRED
_BROKEN: Final = (WebAuthnException, ValueError, TypeError, KeyError)


@dataclass(frozen=True)
class Site:
    """Where the browser is: its relying party id (the host) and its origin."""

    host: str
    origin: str

    @classmethod
    def of(cls, url: URL) -> Site:
        """The site of a request.

        Raises:
            RegistryError: 409 `passkeys_impossible`.
        """
        if not cls.possible(url):
            raise problem(
                409,
                "passkeys_impossible",
                "Browsers allow passkeys only by name and over HTTPS.",
                "Open the console by its name, or use your password.",
            )
        return cls(url.hostname or "", f"{url.scheme}://{url.netloc}")

    @staticmethod
    def possible(url: URL) -> bool:
        """Whether browsers allow passkeys there: not by address, and not without HTTPS but on the machine itself."""
        host = url.hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return url.scheme == "https" or host == "localhost" or host.endswith(".localhost")
        return False


def ask_to_enter(context: Context, session: Session, site: Site, cookie: str) -> dict[str, Any]:
    """Options for `navigator.credentials.get`: any passkey of this site."""
    challenge = _challenge(context, session, cookie, None)
    options = generate_authentication_options(
        rp_id=site.host, challenge=challenge, user_verification=_VERIFIED
    )
    return options_to_json_dict(options)


def enter(context: Context, *, answer: str, site: Site, cookie: str, browser: str) -> str:
    """A new session's token, for who holds a passkey.

    Raises:
        RegistryError: 403 `passkey_refused`, whatever the reason; 429 `too_many_tries`.
    """

    def work(session: Session) -> str | None:
        try:
            given = parse_authentication_credential_json(answer)
            challenge = _answered(context, session, given.response.client_data_json, cookie, None)
        except _BROKEN:
            return None
        passkey = session.get(ConsolePasskey, given.id)
        if passkey is None or challenge is None:
            return None
        try:
            context.throttle.spend(
                "passkey", passkey.party_id, at_most=sessions.MOST_TRIES, seconds=sessions.WINDOW_S
            )
            if given.response.user_handle not in {None, passkey.party_id.encode()}:
                raise ValueError("a passkey of another account")
            verified = verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (*_BROKEN, RegistryError):
            sessions.note(context, session, passkey.party_id, "passkey_refused", browser)
            return None
        passkey.sign_count, passkey.used_at = verified.new_sign_count, context.now()
        return sessions.begin(context, session, passkey.party_id, "passkey", browser)

    token = context.database.write(work)  # a refusal is written down, so it is no exception in there
    if token is None:
        raise _refused()
    return token


def ask_to_add(
    context: Context, session: Session, principal: Principal, site: Site, cookie: str
) -> dict[str, Any]:
    """Options for `navigator.credentials.create`; the caller has just told the password.

    Raises:
        RegistryError: 409 `passkeys_many`.
    """
    account = session.get_one(ConsoleAccount, principal.party)
    known = of(session, principal.party)
    if len(known) >= MOST:
        raise problem(
            409, "passkeys_many", f"There are {MOST} passkeys already.", "Remove those that are not used."
        )
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="Sosie",
        user_id=principal.party.encode(),
        user_name=account.handle,
        user_display_name=principal.name,
        challenge=_challenge(context, session, cookie, principal.party),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=keys.b64decode(row.credential_id)) for row in known
        ],
    )
    return options_to_json_dict(options)


def add(
    context: Context, principal: Principal, *, answer: str, name: str, site: Site, cookie: str, browser: str
) -> None:
    """A new passkey for this account.

    Raises:
        RegistryError: 403 `passkey_refused`.
    """

    def work(session: Session) -> bool:
        try:
            given = parse_registration_credential_json(answer)
            challenge = _answered(context, session, given.response.client_data_json, cookie, principal.party)
            if challenge is None:
                return False
            made = verify_registration_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except _BROKEN:
            return False
        credential = keys.b64encode(made.credential_id)
        if session.get(ConsolePasskey, credential) is not None:
            return False
        session.add(
            ConsolePasskey(
                credential_id=credential,
                party_id=principal.party,
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
                name=name.strip()[:60] or "Passkey",
                used_at=None,
                created_at=context.now(),
            )
        )
        sessions.note(context, session, principal.party, "added", browser)
        return True

    if not context.database.write(work):  # its challenge is spent, whatever came of it
        raise _refused()


def of(session: Session, party: str) -> list[ConsolePasskey]:
    """The passkeys of an account, oldest first."""
    query = select(ConsolePasskey).where(ConsolePasskey.party_id == party)
    return list(session.scalars(query.order_by(ConsolePasskey.created_at, ConsolePasskey.credential_id)))


def remove(context: Context, session: Session, principal: Principal, credential: str, browser: str) -> None:
    """One passkey less; nothing when it is not hers."""
    row = session.get(ConsolePasskey, credential)
    if row is not None and row.party_id == principal.party:
        session.delete(row)
        sessions.note(context, session, principal.party, "removed", browser)


def _challenge(context: Context, session: Session, cookie: str, party: str | None) -> bytes:
    challenge, now = context.settings.random(CHALLENGE_BYTES), context.now()
    session.execute(delete(ConsoleChallenge).where(ConsoleChallenge.expires_at <= now))
    session.add(
        ConsoleChallenge(
            challenge_sha256=secret_sha256(keys.b64encode(challenge)),
            browser_sha256=secret_sha256(cookie),
            party_id=party,
            expires_at=now + CHALLENGE_S,
        )
    )
    return challenge


def _answered(
    context: Context, session: Session, client_data: bytes, cookie: str, party: str | None
) -> bytes | None:
    """The challenge that was answered, which is spent now; None for one that was not given here, or is too old."""
    challenge = str(json.loads(client_data)["challenge"])
    row = session.get(ConsoleChallenge, secret_sha256(challenge))
    if row is None:
        return None
    session.delete(row)
    given = (row.browser_sha256, row.party_id) == (secret_sha256(cookie), party)
    return keys.b64decode(challenge) if given and row.expires_at > context.now() else None


def _refused() -> RegistryError:
    return problem(403, "passkey_refused", "This passkey is not accepted here.", "Use your password.")
