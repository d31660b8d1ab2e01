"""Licences, and pictures that wait for a word, as several pages list them: what is shown is read, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from sosie.licence import exchange
from sosie.registry import delegations, deliveries, licences
from sosie.registry.console.parts import Part, fetched
from sosie.registry.console.web import Visit
from sosie.registry.paging import ALL
from sosie.registry.tables import LicenceRow, Party

RUNNING: Final = ("active", "suspended")


def some(
    session: Session, visit: Visit, name: str, *where: ColumnElement[bool], newest_first: bool = False
) -> Part[exchange.LicenceRecord]:
    """The list `name` of a page: the reader's licences of which `where` holds."""
    house, caller = visit.house, visit.caller
    return fetched(
        visit,
        name,
        licences.count(session, caller, *where),
        lambda page: licences.listed(house, session, caller, page, *where, newest_first=newest_first).items,
    )


def pictures_to_decide(session: Session, visit: Visit) -> Part[exchange.DeliveryRecord]:
    """Pictures that wait for the reader's yes or no, newest first."""
    hers = delegations.decided(visit.caller)
    return fetched(
        visit,
        "waiting",
        deliveries.count(session, visit.caller, hers, state="pending"),
        lambda page: deliveries.listed(session, visit.caller, page, hers, state="pending").items,
    )


def licences_of(session: Session, visit: Visit, ids: Iterable[str]) -> dict[str, exchange.LicenceRecord]:
    """These of the reader's licences, by id."""
    named = LicenceRow.id.in_(sorted(set(ids)))
    found = licences.listed(visit.house, session, visit.caller, ALL, named)
    return {record.id: record for record in found.items}


def names(session: Session, records: Iterable[Any]) -> dict[str, str]:
    """What people call the parties of these licences."""
    parties = {party for record in records for party in (record.brand, record.talent, record.agency) if party}
    return {party: session.get_one(Party, party).name for party in parties}
