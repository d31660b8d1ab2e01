"""Who decides on a single picture: the talent, and her agency where she lets it. The log knows of each change.

Only pictures can be delegated. Consent, the approval of terms and revocation stay with her own key.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from sosie.licence import canonical
from sosie.licence.people import Delegated, Delegation
from sosie.registry import log
from sosie.registry.access import Context, Principal
from sosie.registry.problems import problem
from sosie.registry.tables import LicenceRow, Party


def change(context: Context, session: Session, principal: Principal, ask: Delegation) -> Delegated:
    """Talent: give or take back. Saying the same twice changes nothing.

    Raises:
        RegistryError: 409 `agency_missing`, nobody represents her.
    """
    principal.require("talent")
    party = session.get_one(Party, principal.party)
    if ask.pictures and party.agency_id is None:
        raise problem(409, "agency_missing", "No agency represents you.", "Decide on your pictures yourself.")
    if bool(party.delegates_pictures) != ask.pictures:
        party.delegates_pictures = int(ask.pictures)
        fact = {
            "talent": party.id,
            "agency": party.agency_id,
            "pictures": ask.pictures,
            "at": context.now(),
        }
        log.append(session, context.settings, "delegation", canonical.canonical(fact))
    return _described(party)


def current(session: Session, principal: Principal) -> Delegated:
    """Talent: what holds now."""
    principal.require("talent")
    return _described(session.get_one(Party, principal.party))


def decides(session: Session, principal: Principal, licence: LicenceRow) -> bool:
    """Whether the caller decides on pictures under this licence."""
    if principal.role == "talent":
        return principal.party == licence.talent_id
    talent = session.get_one(Party, licence.talent_id)
    agency = principal.role == "agency" and principal.party == licence.agency_id == talent.agency_id
    return agency and bool(talent.delegates_pictures)


def decided(principal: Principal) -> ColumnElement[bool]:
    """Of licences, in a query: those on whose pictures the caller decides, as `decides` tells of one."""
    if principal.role == "talent":
        return LicenceRow.talent_id == principal.party
    letting = select(Party.id).where(Party.agency_id == principal.party, Party.delegates_pictures != 0)
    return and_(LicenceRow.agency_id == principal.party, LicenceRow.talent_id.in_(letting))


def _described(party: Party) -> Delegated:
    return Delegated(agency=party.agency_id, pictures=bool(party.delegates_pictures))
