"""Who is at the console: invited, signed in, signed out.

A session is a random token in a cookie that no script reads; the database holds its SHA-256. A form carries a
value derived from the cookie, so that no other site can post it. Every sign-in of an account is written down,
refused ones too, without the address it came from.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sosie.licence import exchange, keys
from sosie.registry import parties
from sosie.registry.access import Context, Principal, new_secret, secret_sha256
from sosie.registry.console import passwords
from sosie.registry.console.tables import ConsoleAccount, ConsoleSession, ConsoleVisit
from sosie.registry.problems import problem
from sosie.registry.tables import Code, Party

#: A working day.
LIFE_S = 12 * 3600
#: Tries at one account within `WINDOW_S`.
MOST_TRIES = 10
WINDOW_S = 600
#: Hashed against when there is no such account, so that the answer takes as long.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def welcome(
    context: Context, session: Session, *, code: str, handle: str, password: str, browser: str
) -> str:
    """Redeem an invitation with a name and a password; the new session's token. A talent gets a key of her own.

    Raises:
        RegistryError: `code_refused`, `handle_taken`, `password_short`.
    """
    invited = session.get(Code, secret_sha256(code.strip()))
    if invited is None or invited.party_id is None:
        raise problem(403, "code_refused", "This invitation is not known here.", "Ask for a new one.")
    name = _handle(session, handle)
    known = passwords.hashed(password, context.settings.random)
    key = Ed25519PrivateKey.from_private_bytes(context.settings.random(keys.KEY_BYTES))
    talent = session.get_one(Party, invited.party_id).role == "talent"
    public = keys.public_text(key.public_key()) if talent else None
    party = parties.enrol(context, session, exchange.Enrolment(code=code.strip(), signing_key=public)).party
    sealed = passwords.seal(key, password, context.settings.random) if talent else ""
    session.add(
        ConsoleAccount(
            party_id=party, handle=name, password=known, sealed_key=sealed, created_at=context.now()
        )
    )
    session.flush()
    return begin(context, session, party, "first", browser)


def enter(context: Context, *, handle: str, password: str, browser: str) -> str:
    """A new session's token. The password is checked outside of the write transaction: it takes its time.

    Raises:
        RegistryError: `password_wrong`, `too_many_tries`.
    """
    name = handle.strip().lower()
    context.throttle.spend("console", name, at_most=MOST_TRIES, seconds=WINDOW_S)
    query = select(ConsoleAccount).where(ConsoleAccount.handle == name)
    account = context.database.read(lambda session: session.scalars(query).one_or_none())
    right = passwords.matches(password[: passwords.LONGEST], account.password if account else _NOBODY)
    if account is None:
        raise passwords.wrong()
    party = account.party_id
    if not right:
        context.database.write(lambda session: note(context, session, party, "refused", browser))
        raise passwords.wrong()
    return context.database.write(lambda session: begin(context, session, party, "in", browser))


def who(context: Context, session: Session, token: str) -> Principal | None:
    """The caller behind a session's token, while it lasts."""
    row = session.get(ConsoleSession, secret_sha256(token)) if token else None
    if row is None or row.expires_at <= context.now():
        return None
    party = session.get_one(Party, row.party_id)
    if party.erased_at is not None:
        return None
    return Principal(f"console:{row.token_sha256}", party.id, party.role, party.id, party.name)  # type: ignore[arg-type]  # the column holds roles only


def leave(context: Context, session: Session, token: str, browser: str) -> None:
    """The session ends."""
    row = session.get(ConsoleSession, secret_sha256(token))
    if row is not None:
        note(context, session, row.party_id, "out", browser)
        session.delete(row)


def signing_key(context: Context, principal: Principal, password: str) -> Ed25519PrivateKey:
    """The talent's key for one signature, opened by her password.

    Raises:
        RegistryError: `key_elsewhere`, `password_wrong`, `too_many_tries`.
    """
    context.throttle.spend("console key", principal.party, at_most=MOST_TRIES, seconds=WINDOW_S)
    account = context.database.read(lambda session: session.get(ConsoleAccount, principal.party))
    if account is None or not account.sealed_key:
        raise problem(
            409,
            "key_elsewhere",
            "Your key is not kept here.",
            "Sign with `sosie` on the machine that holds it.",
        )
    return passwords.unseal(account.sealed_key, password[: passwords.LONGEST])


def require_password(context: Context, principal: Principal, password: str, browser: str) -> ConsoleAccount:
    """The account of who is in and tells its password once more.

    Raises:
        RegistryError: `password_wrong`, `too_many_tries`.
    """
    context.throttle.spend("console key", principal.party, at_most=MOST_TRIES, seconds=WINDOW_S)
    account = context.database.read(lambda session: session.get_one(ConsoleAccount, principal.party))
    if not passwords.matches(password[: passwords.LONGEST], account.password):
        context.database.write(lambda session: note(context, session, principal.party, "refused", browser))
        raise passwords.wrong()
    return account


def change_password(
    context: Context, principal: Principal, *, token: str, old: str, new: str, browser: str
) -> None:
    """Another password; a talent's key is sealed with it anew, and every other session of hers ends.

    Raises:
        RegistryError: `password_wrong`, `password_short`, `too_many_tries`.
    """
    account, random = require_password(context, principal, old, browser), context.settings.random
    known, sealed = passwords.hashed(new, random), ""
    if account.sealed_key:
        sealed = passwords.seal(passwords.unseal(account.sealed_key, old), new, random)

    def work(session: Session) -> None:
        row = session.get_one(ConsoleAccount, principal.party)
        row.password, row.sealed_key = known, sealed
        others = ConsoleSession.token_sha256 != secret_sha256(token)
        session.execute(delete(ConsoleSession).where(ConsoleSession.party_id == principal.party, others))
        note(context, session, principal.party, "changed", browser)

    context.database.write(work)


def visits(session: Session, party: str) -> list[ConsoleVisit]:
    """The last twenty times somebody signed in to this account, or tried; newest first."""
    query = select(ConsoleVisit).where(ConsoleVisit.party_id == party)
    return list(session.scalars(query.order_by(ConsoleVisit.at.desc(), ConsoleVisit.id.desc()).limit(20)))


def form_value(cookie: str) -> str:
    """What a form of this browser carries: it proves that its page came from here, and does not tell the cookie."""
    return hashlib.sha256(b"form:" + cookie.encode()).hexdigest()


def require_form(cookie: str, value: str) -> None:
    """That a form came from a page of this browser; 403 `form_foreign` otherwise."""
    if not cookie or not hmac.compare_digest(form_value(cookie).encode(), value.encode()):
        raise problem(
            403, "form_foreign", "This form is too old, or came from elsewhere.", "Load the page again."
        )


def begin(context: Context, session: Session, party: str, event: str, browser: str) -> str:
    """A new session for `party`, written down as `event`; its token."""
    now, token = context.now(), new_secret(context.settings)
    session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at <= now))
    session.add(
        ConsoleSession(
            token_sha256=secret_sha256(token), party_id=party, expires_at=now + LIFE_S, created_at=now
        )
    )
    note(context, session, party, event, browser)
    return token


def note(context: Context, session: Session, party: str, event: str, browser: str) -> None:
    """Written down: who signed in, was refused, or changed how she signs in."""
    session.add(
        ConsoleVisit(
            id=context.settings.new_id("vis"),
            party_id=party,
            event=event,
            browser=browser[:200],
            at=context.now(),
        )
    )


def _handle(session: Session, handle: str) -> str:
    name = handle.strip().lower()
    taken = session.scalar(select(ConsoleAccount.party_id).where(ConsoleAccount.handle == name))
    if not 3 <= len(name) <= 100 or taken is not None:
        raise problem(
            409,
            "handle_taken",
            "This name is taken, or too short.",
            "Take another; an e-mail address will do.",
        )
    return name
