"""Who is here, for those who may know: an agency's talents, a brand's seats and their machines, the operator's parties."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from sosie.licence import directory, exchange
from sosie.registry import paging, parties
from sosie.registry.access import Context, Principal
from sosie.registry.consents import consent_revoked
from sosie.registry.console.tables import ConsoleAccount
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import problem
from sosie.registry.tables import Device, Party, Seat, TwinRow


def everybody(
    session: Session, principal: Principal, page: Page = ALL
) -> exchange.Listed[directory.PartyInfo]:
    """Operator and auditor: all parties; agency: the talents it represents. By name."""
    order = (Party.name, Party.id)
    return listing(session, _known(principal), order, lambda row: _party(session, row), page)


def count(session: Session, principal: Principal) -> int:
    """How many they are."""
    return paging.count(session, _known(principal))


def agencies(session: Session, principal: Principal) -> list[tuple[str, str]]:
    """Operator: id and name of each agency, by name."""
    principal.require("operator")
    query = _known(principal).where(Party.role == "agency").order_by(Party.name, Party.id)
    return [(row.id, row.name) for row in session.scalars(query)]


def seats(session: Session, principal: Principal, page: Page = ALL) -> exchange.Listed[directory.SeatDevices]:
    """Brand: its seats by name, with the machines that have signed in to them."""

    def describe(row: Seat) -> directory.SeatDevices:
        at = select(Device).where(Device.seat_id == row.id).order_by(Device.created_at, Device.id)
        devices = tuple(
            directory.DeviceInfo(id=found.id, name=found.name, state=found.state, since=found.created_at)
            for found in session.scalars(at)
        )
        return directory.SeatDevices(id=row.id, name=row.name, devices=devices)

    return listing(session, _seats(principal), (Seat.name, Seat.id), describe, page)


def count_seats(session: Session, principal: Principal) -> int:
    """How many they are."""
    return paging.count(session, _seats(principal))


def stopped(session: Session, principal: Principal) -> list[directory.DeviceInfo]:
    """Operator and auditor: machines whose journal contradicts what the registry knows; the newest first."""
    principal.require("operator", "auditor")
    query = (
        select(Device).where(Device.state == "suspended").order_by(Device.created_at.desc(), Device.id.desc())
    )
    return [
        directory.DeviceInfo(
            id=row.id, name=row.name, state=row.state, since=row.created_at, brand=row.brand_id
        )
        for row in session.scalars(query)
    ]


def console_code(context: Context, session: Session, principal: Principal) -> exchange.Invitation:
    """Whoever holds a token and is no talent: a code for an account in the browser. Her key is a talent's alone.

    Raises:
        RegistryError: 409 `console_account_exists`.
    """
    principal.require("operator", "auditor", "agency", "brand")
    if session.get(ConsoleAccount, principal.party) is not None:
        raise problem(
            409, "console_account_exists", "This account signs in to the console already.", "Sign in there."
        )
    return parties.invite(context, session, principal.party)


def _known(principal: Principal) -> Select[Party]:
    principal.require("operator", "auditor", "agency")
    query = select(Party).where(Party.erased_at.is_(None))
    return query.where(Party.agency_id == principal.party) if principal.role == "agency" else query


def _seats(principal: Principal) -> Select[Seat]:
    principal.require("brand")
    return select(Seat).where(Seat.brand_id == principal.party)


def _party(session: Session, row: Party) -> directory.PartyInfo:
    twins = select(TwinRow.consent_sha256).where(TwinRow.talent_id == row.id)
    usable = any(not consent_revoked(session, sha256) for sha256 in session.scalars(twins.distinct()))
    return directory.PartyInfo(
        id=row.id,
        role=row.role,  # type: ignore[arg-type]  # the column holds roles only
        name=row.name,
        agency=row.agency_id,
        likeness=row.likeness if row.role == "talent" else "",
        enrolled=row.signing_key is not None or row.role != "talent",
        usable=usable,
        credit=bool(row.credit),
        since=row.created_at,
    )
