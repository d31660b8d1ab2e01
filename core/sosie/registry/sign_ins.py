"""Signing a machine in by a short code (RFC 8628): it starts, somebody of the brand decides, it asks and gets in.

Codes stand in the database as SHA-256 only, live ten minutes and work once. The short code opens nothing by
itself: deciding takes the brand's account. The page (`pages`) carries a ticket instead of the brand's token
from its first form to its second; a ticket is good for one decision about one code.
"""

from __future__ import annotations

import re

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from sosie.errors import RegistryError
from sosie.licence import exchange, keys, sign_in
from sosie.registry import parties
from sosie.registry.access import Context, Principal, new_secret, secret_sha256
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import missing, problem
from sosie.registry.settings import Settings
from sosie.registry.tables import Credential, Device, Party, Seat, SignInRow

#: RFC 8628 section 6.1: no vowels, so that no code is a word. 20^8 codes.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LIFE_S = 600
INTERVAL_S = 5
#: Sign-ins that wait at once, so that strangers cannot fill the table.
MOST_WAITING = 1_000
PAGE = "/device"


def start(context: Context, session: Session, ask: sign_in.StartSignIn) -> sign_in.SignInStarted:
    """A machine's wish to sign in, and its codes.

    Raises:
        RegistryError: 429 `sign_in_busy`; 409 `key_used`.
    """
    now = context.now()
    session.execute(delete(SignInRow).where(SignInRow.expires_at < now - LIFE_S))
    if (session.scalar(select(func.count()).select_from(SignInRow)) or 0) >= MOST_WAITING:
        raise problem(
            429, "sign_in_busy", f"{MOST_WAITING} machines wait already.", "Try again in ten minutes."
        )
    keys.signing_public(ask.signing_key)
    keys.sealing_public(ask.sealing_key)
    parties.require_new_key(session, ask.signing_key)
    secret, code = new_secret(context.settings), _user_code(context.settings)
    session.add(
        SignInRow(
            device_code_sha256=secret_sha256(secret),
            user_code_sha256=_hashed(code),
            signing_key=ask.signing_key,
            sealing_key=ask.sealing_key,
            name=ask.name,
            state="waiting",
            interval=INTERVAL_S,
            created_at=now,
            expires_at=now + LIFE_S,
        )
    )
    return sign_in.SignInStarted(
        device_code=secret,
        user_code=code,
        path=f"{PAGE}?user_code={code}",
        expires_in=LIFE_S,
        interval=INTERVAL_S,
    )


def poll(context: Context, session: Session, ask: sign_in.PollSignIn) -> sign_in.SignedIn | RegistryError:
    """The account, once; until then the error to raise *after* what was noted here is committed."""
    row = session.get(SignInRow, secret_sha256(ask.device_code))
    now = context.now()
    if row is None or row.state == "used":
        return _not_yet("invalid_grant", "This sign-in is not known here, or was used.", "Begin again.")
    if now >= row.expires_at:
        return _not_yet("expired_token", "Nobody approved this sign-in in time.", "Begin again.")
    if row.state == "denied":
        return _not_yet("access_denied", "The brand denied this sign-in.", "Ask the brand's administrator.")
    if row.state == "waiting":
        hurried = row.asked_at is not None and now < row.asked_at + row.interval
        row.asked_at = now
        if hurried:
            row.interval += INTERVAL_S
            return _not_yet("slow_down", "This was asked too soon.", f"Wait {row.interval} seconds.")
        return _not_yet(
            "authorization_pending", "Nobody has decided yet.", f"Ask again in {row.interval} seconds."
        )
    row.state = "used"
    assert row.seat_id is not None  # an approved one has a seat
    enrolment = exchange.Enrolment(
        code=ask.device_code, signing_key=row.signing_key, sealing_key=row.sealing_key, name=row.name
    )
    seat = session.get_one(Seat, row.seat_id)
    enrolled = parties.enrol_device(context, session, seat, enrolment)
    brand = session.get_one(Party, seat.brand_id)
    return sign_in.SignedIn(**enrolled.model_dump(), seat_name=seat.name, party_name=brand.name)


def look(context: Context, session: Session, principal: Principal, code: str) -> sign_in.SignInInfo:
    """Brand: the machine behind a code."""
    principal.require("brand")
    return _describe(_row(context, session, code))


def decide(
    context: Context,
    session: Session,
    principal: Principal,
    code: str,
    ask: sign_in.DecideSignIn,
    *,
    approve: bool,
) -> sign_in.SignInInfo:
    """Brand: let the machine in for a seat, or not."""
    principal.require("brand")
    row = _row(context, session, code)
    _settle(context, session, row, principal.party, ask, approve=approve)
    return _describe(row)


def open_page(context: Context, session: Session, principal: Principal, code: str) -> tuple[SignInRow, str]:
    """Brand, on the page: the machine behind a code, and a ticket for the decision."""
    principal.require("brand")
    row = _row(context, session, code)
    _require_waiting(row)
    ticket = new_secret(context.settings)
    row.ticket_sha256, row.ticket_party_id = secret_sha256(ticket), principal.party
    return row, ticket


def by_ticket(context: Context, session: Session, ticket: str) -> tuple[SignInRow, str]:
    """The page's machine, and the brand whose page it is."""
    query = select(SignInRow).where(SignInRow.ticket_sha256 == secret_sha256(ticket))
    row = session.scalars(query).one_or_none()
    if row is None or row.ticket_party_id is None or context.now() >= row.expires_at:
        raise _unknown()
    return row, row.ticket_party_id


def decide_by_ticket(
    context: Context, session: Session, ticket: str, ask: sign_in.DecideSignIn, *, approve: bool
) -> str:
    """The page's decision, which spends its ticket; the state it led to."""
    row, party = by_ticket(context, session, ticket)
    _settle(context, session, row, party, ask, approve=approve)
    row.ticket_sha256, row.ticket_party_id = None, None
    return row.state


def leave(session: Session, principal: Principal) -> None:
    """Device: its token ends, and it is no longer counted among a licence's machines."""
    principal.require("device")
    session.get_one(Device, principal.id).state = "left"
    session.execute(delete(Credential).where(Credential.device_id == principal.id))


def seats(session: Session, party: str, page: Page = ALL) -> exchange.Listed[sign_in.SeatInfo]:
    """A brand's seats, by name."""

    def describe(row: Seat) -> sign_in.SeatInfo:
        return sign_in.SeatInfo(id=row.id, name=row.name, created_at=row.created_at)

    query = select(Seat).where(Seat.brand_id == party)
    return listing(session, query, (Seat.name, Seat.id), describe, page)


def _settle(
    context: Context,
    session: Session,
    row: SignInRow,
    party: str,
    ask: sign_in.DecideSignIn,
    *,
    approve: bool,
) -> None:
    _require_waiting(row)
    if not approve:
        row.state = "denied"
        return
    if (ask.seat is None) == (ask.new_seat is None):
        raise problem(422, "seat_missing", "Approving takes one seat.", "Name a seat, or a new one.")
    seat = (
        session.get(Seat, ask.seat)
        if ask.seat
        else parties.new_seat(context, session, party, str(ask.new_seat))
    )
    if seat is None or seat.brand_id != party:
        raise missing("seat", str(ask.seat))
    row.state, row.seat_id = "approved", seat.id


def _row(context: Context, session: Session, code: str) -> SignInRow:
    query = select(SignInRow).where(SignInRow.user_code_sha256 == _hashed(code))
    row = session.scalars(query).one_or_none()
    if row is None or context.now() >= row.expires_at:
        raise _unknown()
    return row


def _require_waiting(row: SignInRow) -> None:
    if row.state != "waiting":
        raise problem(
            409, "sign_in_decided", f"This sign-in is {row.state} already.", "Begin again on the machine."
        )


def _describe(row: SignInRow) -> sign_in.SignInInfo:
    return sign_in.SignInInfo(
        name=row.name,
        state=row.state,  # type: ignore[arg-type]  # the column holds these words only
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _user_code(settings: Settings) -> str:
    """Eight letters, each equally likely: WDJB-MJHT."""
    letters = ""
    while len(letters) < 8:
        byte = settings.random(1)[0]
        if byte < 256 - 256 % len(LETTERS):
            letters += LETTERS[byte % len(LETTERS)]
    return f"{letters[:4]}-{letters[4:]}"


def _hashed(code: str) -> str:
    """A short code as people type it: any case, any sign or none between the letters."""
    return secret_sha256(re.sub(r"[^A-Z]", "", code.upper()))


def _unknown() -> RegistryError:
    return problem(
        404,
        "sign_in_unknown",
        "No machine waits with this code.",
        "Compare the code with the one on the machine; after ten minutes it has to begin again.",
    )


def _not_yet(code: str, message: str, remedy: str) -> RegistryError:
    return problem(400, code, message, remedy)
