"""`/console/account`: how one signs in. The password is asked for before anything is added or changed."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from sosie.errors import RegistryError
from sosie.registry.console import passkeys, sessions
from sosie.registry.console.routing import pages
from sosie.registry.console.web import Guest, Posted, Visit
from sosie.registry.pages.page import HEADERS

router = pages("/console/account")


@router.get("")
def account(visit: Guest) -> Response:
    return _account(visit)


@router.post("/password")
def change_password(visit: Guest, form: Posted) -> Response:
    caller = visit.caller
    try:
        sessions.change_password(
            visit.house,
            caller,
            token=visit.cookie,
            old=form.get("old", ""),
            new=form.get("new", ""),
            browser=visit.browser,
        )
    except RegistryError as error:
        return _account(visit, error)
    return visit.to("/console/account")


@router.post("/passkeys/challenge")
def ask_to_add(visit: Guest, form: Posted) -> JSONResponse:
    """What the script gives to `navigator.credentials.create`, once the password is right."""
    caller = visit.caller

    def work(session: Session) -> dict[str, Any]:
        site = passkeys.Site.of(visit.request.url)
        return passkeys.ask_to_add(visit.house, session, caller, site, visit.cookie)

    try:
        sessions.require_password(visit.house, caller, form.get("password", ""), visit.browser)
        return JSONResponse(visit.house.database.write(work), headers=HEADERS)
    except RegistryError as error:
        return JSONResponse({"said": visit.said(error)}, error.status or 422, headers=HEADERS)


@router.post("/passkeys")
def add(visit: Guest, form: Posted) -> Response:
    caller = visit.caller
    try:
        passkeys.add(
            visit.house,
            caller,
            answer=form.get("answer", ""),
            name=form.get("name", ""),
            site=passkeys.Site.of(visit.request.url),
            cookie=visit.cookie,
            browser=visit.browser,
        )
    except RegistryError as error:
        return _account(visit, error)
    return visit.to("/console/account")


@router.post("/passkeys/remove")
def remove(visit: Guest, form: Posted) -> Response:
    caller, credential = visit.caller, form.get("credential", "")
    visit.house.database.write(
        lambda session: passkeys.remove(visit.house, session, caller, credential, visit.browser)
    )
    return visit.to("/console/account")


def _account(visit: Visit, error: RegistryError | None = None) -> Response:
    def work(session: Session) -> dict[str, Any]:
        party = visit.caller.party
        return {"keys": passkeys.of(session, party), "visits": sessions.visits(session, party)}

    possible = passkeys.Site.possible(visit.request.url)
    facts = visit.house.database.read(work)
    return visit.page(
        "account.html", error=error, script="passkeys", at="/console/account", passkeys=possible, **facts
    )
