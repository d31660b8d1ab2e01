"""`/console`: the first page of each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.registry import delegations, deliveries, directory, health, invoices, ledger, licences
from sosie.registry.access import licence_of
from sosie.registry.console import sessions, talent
from sosie.registry.console.parts import fetched, part
from sosie.registry.console.routing import pages
from sosie.registry.console.web import Guest, Visit
from sosie.registry.tables import Party

router = pages()
#: Licences that may yet ask something of somebody.
OPEN: Final = frozenset({"requested", "agency_ok", "talent_ok", "active", "suspended"})


@router.get("")
def home(visit: Guest) -> Response:
    role = visit.caller.role
    house = visit.house
    facts = house.database.read(lambda session: _FACTS[role](session, visit))
    seen = house.database.read(lambda session: sessions.visits(session, visit.caller.party))
    return visit.page(f"{_TEMPLATES.get(role, role)}.html", **facts, visits=seen)


def names(session: Session, records: tuple[Any, ...]) -> dict[str, str]:
    """What people call the parties of these licences."""
    parties = {party for record in records for party in (record.brand, record.talent, record.agency) if party}
    return {party: session.get_one(Party, party).name for party in parties}


def _agency(session: Session, visit: Visit) -> dict[str, Any]:
    records = licences.listed(visit.house, session, visit.caller).items
    handed_in = deliveries.listed(session, visit.caller, state="pending").items
    waiting = [row for row in handed_in if _decides(session, visit, row.licence)]
    roster = fetched(
        visit,
        "roster",
        directory.count(session, visit.caller),
        lambda page: directory.everybody(session, visit.caller, page),
    )
    return {
        "roster": roster,
        "asking": part(visit, "asking", [record for record in records if record.state == "requested"]),
        "running": [record for record in records if record.state in talent.RUNNING],
        "licences": {record.id: record for record in records},
        "waiting": part(visit, "waiting", waiting),
        "balance": ledger.balance(session, visit.caller.party),
        "names": names(session, records),
    }


def _decides(session: Session, visit: Visit, licence: str) -> bool:
    return delegations.decides(session, visit.caller, licence_of(session, visit.caller, licence))


def _brand(session: Session, visit: Visit) -> dict[str, Any]:
    records = licences.listed(visit.house, session, visit.caller).items
    bills = invoices.open_charges(visit.house, session, visit.caller)
    return {
        "open": part(visit, "open", [record for record in reversed(records) if record.state in OPEN]),
        "past": part(visit, "past", [record for record in reversed(records) if record.state not in OPEN]),
        "overdue": [bill for bill in bills if bill.overdue],
    }


def _house(session: Session, visit: Visit) -> dict[str, Any]:
    return {"health": health.look(visit.house, session, visit.caller)}


_FACTS: Final[dict[str, Callable[[Session, Visit], dict[str, Any]]]] = {
    "talent": talent.facts,
    "agency": _agency,
    "brand": _brand,
    "operator": _house,
    "auditor": _house,
}
_TEMPLATES: Final = {"operator": "health", "auditor": "health"}
