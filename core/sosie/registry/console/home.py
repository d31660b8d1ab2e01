"""`/console`: the first page of each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi.responses import Response
from sqlalchemy import not_
from sqlalchemy.orm import Session

from sosie.registry import directory, health, invoices, ledger, licences
from sosie.registry.console import sessions, talent
from sosie.registry.console.licences import RUNNING, licences_of, pictures_to_decide, some
from sosie.registry.console.parts import fetched
from sosie.registry.console.routing import pages
from sosie.registry.console.web import Guest, Script, Visit
from sosie.registry.paging import ALL
from sosie.registry.tables import LicenceRow

router = pages()
#: Licences that may yet ask something of somebody.
OPEN: Final = ("requested", "agency_ok", "talent_ok", "active", "suspended")


@router.get("")
def home(visit: Guest) -> Response:
    role = visit.caller.role
    house = visit.house
    facts = house.database.read(lambda session: _FACTS[role](session, visit))
    seen = house.database.read(lambda session: sessions.visits(session, visit.caller.party))
    script: Script = "htmx" if role == "brand" else "none"  # the others decide on this page
    return visit.page(f"{_TEMPLATES.get(role, role)}.html", script=script, **facts, visits=seen)


def _agency(session: Session, visit: Visit) -> dict[str, Any]:
    house, caller = visit.house, visit.caller
    roster = fetched(
        visit,
        "roster",
        directory.count(session, caller),
        lambda page: directory.everybody(session, caller, page).items,
    )
    here = LicenceRow.talent_id.in_([talent.id for talent in roster])
    waiting = pictures_to_decide(session, visit)
    return {
        "roster": roster,
        "asking": some(session, visit, "asking", licences.now_in(house.now(), "requested")),
        "running": licences.listed(
            house, session, caller, ALL, here, licences.now_in(house.now(), *RUNNING)
        ).items,
        "licences": licences_of(session, visit, (picture.licence for picture in waiting)),
        "waiting": waiting,
        "balance": ledger.balance(session, caller.party),
    }


def _brand(session: Session, visit: Visit) -> dict[str, Any]:
    house, caller = visit.house, visit.caller
    still = licences.now_in(house.now(), *OPEN)
    return {
        "open": some(session, visit, "open", still, newest_first=True),
        "past": some(session, visit, "past", not_(still), newest_first=True),
        "overdue": invoices.count(session, caller, invoices.overdue(house.now())),
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
