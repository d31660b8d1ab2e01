"""`/console/talents` and `/console/seats`: a brand finds who allows a use, and lets its artists in."""

from __future__ import annotations

from typing import get_args

from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import exchange
from sosie.licence import vocabulary as words
from sosie.licence.directory import SeatDevices
from sosie.licence.people import Likeness
from sosie.registry import directory, parties, talents
from sosie.registry.console import forms
from sosie.registry.console.parts import Part, fetched, part
from sosie.registry.console.routing import Name, pages
from sosie.registry.console.rules import CATEGORIES, REGIONS
from sosie.registry.console.web import Guest, Posted, Visit

router = pages()
_LISTS = ("category", "territory", "media", "operation")
MEASURES = ("height_cm", "chest_cm", "waist_cm", "hips_cm", "shoe_eu")


@router.get("/talents")
def search(visit: Guest) -> Response:
    """A search is a GET: it can be kept as a bookmark."""
    visit.caller.require("brand")
    house, caller = visit.house, visit.caller
    asked = visit.request.query_params
    try:
        wanted = _wanted({name: ",".join(asked.getlist(name)) for name in asked})
        found = house.database.read(lambda session: talents.find(house, session, caller, wanted).items)
        error = None
    except SosieError as refusal:
        wanted, found, error = talents.Wanted(), (), refusal
    return visit.page(
        "talents.html",
        error=error,
        script="htmx",
        wanted=wanted,
        found=part(visit, "found", found),
        likenesses=get_args(Likeness),
        categories=CATEGORIES,
        media=get_args(words.Media),
        operations=get_args(words.Operation),
        regions=REGIONS,
        countries=words.COUNTRIES,
        measures=MEASURES,
    )


@router.get("/seats")
def seats(visit: Guest) -> Response:
    return _seats(visit)


@router.post("/seats")
def new_seat(visit: Guest, form: Posted) -> Response:
    """A seat, and the code for its first machine."""
    house, caller = visit.house, visit.caller
    try:
        ask = forms.asked(exchange.NewSeat, {"name": form.get("name", "").strip()})
        invited = house.database.write(lambda session: parties.create_seat(house, session, caller, ask))
    except SosieError as error:
        return _seats(visit, error)
    return _seats(visit, invited=invited)


@router.post("/seats/{seat}")
def invite_device(visit: Guest, form: Posted, seat: Name) -> Response:
    """A code for one more machine of a seat."""
    del form  # that it is ours is all that counts
    house, caller = visit.house, visit.caller
    invited = house.database.write(lambda session: parties.invite_device(house, session, caller, seat))
    return _seats(visit, invited=invited)


def _seats(
    visit: Visit, error: SosieError | None = None, invited: exchange.Invitation | None = None
) -> Response:
    def work(session: Session) -> Part[SeatDevices]:
        caller = visit.caller
        total = directory.count_seats(session, caller)
        return fetched(visit, "seats", total, lambda page: directory.seats(session, caller, page).items)

    found = visit.house.database.read(work)
    address = str(visit.request.base_url).rstrip("/")
    return visit.page(
        "seats.html", error=error, at="/console/seats", seats=found, invited=invited, address=address
    )


def _wanted(asked: dict[str, str]) -> talents.Wanted:
    values = {name: forms.chosen(asked, name) for name in _LISTS}
    ranges = [name for name in talents.Wanted.model_fields if name.endswith(("_min", "_max"))]
    numbers = {name: forms.number(asked, name) for name in ("age", *ranges)}
    return forms.asked(talents.Wanted, {**values, **numbers, "likeness": asked.get("likeness") or "person"})
