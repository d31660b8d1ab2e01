"""Accounts: the operator invites, the invited redeem a code with keys of their own.

The operator never chooses a talent's key: it is fixed when she redeems her code, logged, and signs every consent.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosie.licence import exchange, journal, keys
from sosie.licence.canonical import canonical
from sosie.registry import log
from sosie.registry.access import Context, Principal, new_secret, secret_sha256
from sosie.registry.problems import missing, problem
from sosie.registry.tables import Code, Credential, Device, Party, Seat

_PREFIX = {"talent": "tal", "agency": "agy", "brand": "brd", "auditor": "aud", "operator": "opr"}


def ensure_operator(context: Context, save: Callable[[str], None]) -> None:
    """At the first start: the operator's account; `save` keeps its token before the account counts."""

    def work(session: Session) -> None:
        if session.scalar(select(func.count()).select_from(Party)):
            return
        party = _party(context, exchange.NewParty(role="auditor", name="operator"), role="operator")
        session.add(party)
        session.flush()
        save(_token(context, session, party.id, "operator"))

    context.database.write(work)


def create(
    context: Context, session: Session, principal: Principal, ask: exchange.NewParty
) -> exchange.Invitation:
    """Operator: a new account and its code."""
    principal.require("operator")
    if ask.agency is not None:
        agency = session.get(Party, ask.agency)
        if agency is None or agency.role != "agency" or ask.role != "talent":
            raise missing("agency", ask.agency)
    if ask.likeness != "person" and ask.role != "talent":
        raise problem(
            422,
            "request_invalid",
            f"A {ask.role} has no likeness.",
            "Declare it for a talent's account only.",
        )
    party = _party(context, ask, role=ask.role)
    session.add(party)
    session.flush()
    return invite(context, session, party.id)


def invite(context: Context, session: Session, party: str) -> exchange.Invitation:
    """A code for a party's own account."""
    return _invite(context, session, party, party_id=party)


def create_seat(
    context: Context, session: Session, principal: Principal, ask: exchange.NewSeat
) -> exchange.Invitation:
    """Brand: a seat, and the code for its first machine."""
    principal.require("brand")
    seat = new_seat(context, session, principal.party, ask.name)
    return _invite(context, session, seat.id, seat_id=seat.id)


def new_seat(context: Context, session: Session, brand: str, name: str) -> Seat:
    """A seat of `brand`."""
    seat = Seat(id=context.settings.new_id("sea"), brand_id=brand, name=name, created_at=context.now())
    session.add(seat)
    session.flush()
    return seat


def invite_device(
    context: Context, session: Session, principal: Principal, seat_id: str
) -> exchange.Invitation:
    """Brand: a code for another machine of a seat."""
    principal.require("brand")
    seat = session.get(Seat, seat_id)
    if seat is None or seat.brand_id != principal.party:
        raise missing("seat", seat_id)
    return _invite(context, session, seat.id, seat_id=seat.id)


def enrol(context: Context, session: Session, ask: exchange.Enrolment) -> exchange.Enrolled:
    """Redeem a code: once, in time, with the keys the role needs."""
    code = session.get(Code, secret_sha256(ask.code))
    now = context.now()
    if code is None or code.used_at is not None or code.expires_at <= now:
        raise problem(
            403,
            "code_refused",
            "This code is unknown, used or too old.",
            "Ask whoever invited you for a new one.",
        )
    code.used_at = now
    if code.seat_id is not None:
        return enrol_device(context, session, session.get_one(Seat, code.seat_id), ask)
    assert code.party_id is not None
    party = session.get_one(Party, code.party_id)
    if party.role == "talent":
        party.signing_key = _key(ask.signing_key, "signing_key")
        log.append(
            session,
            context.settings,
            "key",
            canonical({"party": party.id, "signing_key": party.signing_key, "at": now}),
        )
    return exchange.Enrolled(
        id=party.id,
        role=party.role,  # type: ignore[arg-type]  # the column holds roles only
        party=party.id,
        token=_token(context, session, party.id, party.role),
        root_sha256=context.keys.root.sha256,
    )


def enrol_device(
    context: Context, session: Session, seat: Seat, ask: exchange.Enrolment
) -> exchange.Enrolled:
    """A machine for `seat`, with its own keys."""
    signing = _key(ask.signing_key, "signing_key")
    if ask.sealing_key is None:
        raise _needs("sealing_key")
    keys.sealing_public(ask.sealing_key)
    require_new_key(session, signing)
    device = Device(
        id=context.settings.new_id("dev"),
        seat_id=seat.id,
        brand_id=seat.brand_id,
        name=ask.name or seat.name,
        signing_key=signing,
        sealing_key=ask.sealing_key,
        state="active",
        journal_n=0,
        journal_sha256=journal.GENESIS,
        created_at=context.now(),
    )
    session.add(device)
    session.flush()
    return exchange.Enrolled(
        id=device.id,
        role="device",
        party=seat.brand_id,
        seat=seat.id,
        token=_token(context, session, seat.brand_id, "device", device.id),
        root_sha256=context.keys.root.sha256,
    )


def require_new_key(session: Session, signing_key: str) -> None:
    """That no machine has this key; 409 `key_used` otherwise."""
    if session.scalar(select(Device.id).where(Device.signing_key == signing_key)):
        raise problem(
            409, "key_used", "Another machine is enrolled with this key.", "Make new keys on this machine."
        )


def _party(context: Context, ask: exchange.NewParty, *, role: exchange.Role) -> Party:
    return Party(
        id=context.settings.new_id(_PREFIX[role]),
        role=role,
        name=ask.name,
        agency_id=ask.agency,
        signing_key=None,
        credit=int(ask.credit),
        likeness=ask.likeness,
        created_at=context.now(),
    )


def _invite(
    context: Context,
    session: Session,
    name: str,
    *,
    party_id: str | None = None,
    seat_id: str | None = None,
) -> exchange.Invitation:
    secret, until = new_secret(context.settings), context.now() + context.settings.code_seconds
    session.add(
        Code(
            code_sha256=secret_sha256(secret),
            party_id=party_id,
            seat_id=seat_id,
            expires_at=until,
            used_at=None,
        )
    )
    return exchange.Invitation(id=name, code=secret, expires_at=until)


def _token(context: Context, session: Session, party: str, role: str, device: str | None = None) -> str:
    secret = new_secret(context.settings)
    session.add(
        Credential(
            token_sha256=secret_sha256(secret),
            role=role,
            party_id=party,
            device_id=device,
            created_at=context.now(),
        )
    )
    return secret


def _key(text: str | None, name: str) -> str:
    if text is None:
        raise _needs(name)
    keys.signing_public(text)
    return text


def _needs(name: str) -> Exception:
    return problem(
        422, "key_missing", f"This enrolment needs a {name}.", "Make the keys, then enrol with both."
    )
