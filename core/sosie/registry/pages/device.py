"""`/device`: somebody of the brand approves or denies the code on an artist's screen.

Two forms, no script: code and token, then the decision. The second form carries a ticket for this one code
instead of the token (`sign_ins.open_page`), which also means that no other site can post it.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Query
from fastapi.responses import FileResponse, HTMLResponse
from sqlalchemy.orm import Session

from sosie.errors import RegistryError
from sosie.licence import sign_in
from sosie.registry import sign_ins
from sosie.registry.access import Context, authenticate
from sosie.registry.asking import House, address_of
from sosie.registry.pages.device_words import LANGUAGES, WORDS
from sosie.registry.pages.page import FOLDER, HEADERS, Pages, language_of
from sosie.registry.sign_in_api import MOST_CODES, WINDOW_S
from sosie.registry.tables import SignInRow

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_pages = Pages()

Address = Annotated[str, Depends(address_of)]
Accepts = Annotated[str | None, Header(alias="Accept-Language")]
Text = Annotated[str, Form(max_length=200)]
SEAT_ERRORS = frozenset({"seat_missing", "seat_unknown"})


@router.get("/device")
def ask(
    house: House, accepts: Accepts = None, user_code: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    return _page(house, "device_code.html", accepts, user_code=user_code)


@router.get("/device.css", response_class=FileResponse)
def style() -> FileResponse:
    headers = {**HEADERS, "Cache-Control": "max-age=3600"}
    return FileResponse(FOLDER / "device.css", media_type="text/css", headers=headers)


@router.post("/device")
def look(
    house: House, address: Address, accepts: Accepts = None, user_code: Text = "", token: Text = ""
) -> HTMLResponse:
    def work(session: Session) -> HTMLResponse:
        caller = authenticate(session, f"Bearer {token.strip()}")
        house.throttle.spend("user code", caller.credential, at_most=MOST_CODES, seconds=WINDOW_S)
        row, ticket = sign_ins.open_page(house, session, caller, user_code)
        return _decision(house, session, row, accepts, ticket)

    try:
        house.throttle.spend("page", address, at_most=MOST_CODES, seconds=WINDOW_S)
        return house.database.write(work)
    except RegistryError as error:
        return _page(house, "device_code.html", accepts, error, user_code=user_code)


@router.post("/device/decision")
def decide(
    house: House,
    address: Address,
    accepts: Accepts = None,
    ticket: Text = "",
    decision: Text = "",
    seat: Text = "",
    new_seat: Text = "",
) -> HTMLResponse:
    wish = sign_in.DecideSignIn.model_construct(seat=seat or None, new_seat=new_seat.strip() or None)
    approve = decision == "approve"

    def work(session: Session) -> HTMLResponse:
        state = sign_ins.decide_by_ticket(house, session, ticket, wish, approve=approve)
        return _page(house, "device_done.html", accepts, state=state)

    def again(session: Session, error: RegistryError) -> HTMLResponse:
        row, _ = sign_ins.by_ticket(house, session, ticket)
        return _decision(house, session, row, accepts, ticket, error)

    try:
        house.throttle.spend("page", address, at_most=MOST_CODES, seconds=WINDOW_S)
        return house.database.write(work)
    except RegistryError as error:
        if error.code in SEAT_ERRORS:
            return house.database.read(partial(again, error=error))
        return _page(house, "device_code.html", accepts, error, user_code="")


def _decision(
    house: Context,
    session: Session,
    row: SignInRow,
    accepts: str | None,
    ticket: str,
    error: RegistryError | None = None,
) -> HTMLResponse:
    return _page(
        house,
        "device_decide.html",
        accepts,
        error,
        machine=row.name,
        minutes=(house.now() - row.created_at) // 60,
        seats=sign_ins.seats(session, str(row.ticket_party_id)).items,
        ticket=ticket,
    )


def _page(
    house: Context, template: str, accepts: str | None, error: RegistryError | None = None, **facts: Any
) -> HTMLResponse:
    language = language_of(accepts, LANGUAGES)
    words = WORDS[language]
    said = words.get(error.code, str(error)) if error else ""
    status = (error.status or 500) if error else 200
    return _pages.render(
        template,
        language=language,
        status=status,
        words=words,
        registry=house.settings.name,
        error=said,
        **facts,
    )
