"""`/console` for everybody: the door, a file's verification, the style. No rule lives here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import FileResponse, JSONResponse, Response
from sqlalchemy.orm import Session

from sosie.errors import RegistryError
from sosie.registry.asking import address_of
from sosie.registry.console import passkeys, sessions
from sosie.registry.console.routing import pages
from sosie.registry.console.web import SESSION, Guest, Posted, Visit
from sosie.registry.pages.page import HEADERS
from sosie.registry.problems import missing

router = pages()
#: From one address within ten minutes: an agency behind one router still gets in.
MOST_TRIES = 60
_FOLDER = Path(__file__).parent
Address = Annotated[str, Depends(address_of)]


@router.get("/console.css", response_class=FileResponse)
def style() -> FileResponse:
    return _file(_FOLDER / "console.css", "text/css")


@router.get("/passkey.js", response_class=FileResponse)
def passkey_script() -> FileResponse:
    return _file(_FOLDER / "passkey.js", "text/javascript")


@router.get("/parts.js", response_class=FileResponse)
def parts_script() -> FileResponse:
    return _file(_FOLDER / "parts.js", "text/javascript")


@router.get("/htmx.js", response_class=FileResponse)
def htmx(visit: Guest) -> FileResponse:
    found = visit.house.settings.htmx
    if found is None:
        raise missing("page", "htmx.js")
    return _file(found, "text/javascript")


@router.get("/sign-in")
def door(visit: Guest) -> Response:
    return _door(visit)


@router.post("/sign-in")
def enter(visit: Guest, form: Posted, address: Address) -> Response:
    handle = form.get("handle", "")
    try:
        _knock(visit, address)
        token = sessions.enter(
            visit.house, handle=handle, password=form.get("password", ""), browser=visit.browser
        )
    except RegistryError as error:
        return _door(visit, handle, error)
    return _in(visit, token)


@router.post("/passkey/challenge")
def ask_passkey(visit: Guest, form: Posted, address: Address) -> JSONResponse:
    """What the script gives to `navigator.credentials.get`."""
    del form  # that it is ours is all that counts

    def work(session: Session) -> dict[str, Any]:
        return passkeys.ask_to_enter(visit.house, session, passkeys.Site.of(visit.request.url), visit.cookie)

    try:
        _knock(visit, address)
        return JSONResponse(visit.house.database.write(work), headers=HEADERS)
    except RegistryError as error:
        return JSONResponse({"said": visit.said(error)}, error.status or 422, headers=HEADERS)


@router.post("/passkey")
def enter_with_passkey(visit: Guest, form: Posted, address: Address) -> Response:
    try:
        _knock(visit, address)
        token = passkeys.enter(
            visit.house,
            answer=form.get("answer", ""),
            site=passkeys.Site.of(visit.request.url),
            cookie=visit.cookie,
            browser=visit.browser,
        )
    except RegistryError as error:
        return _door(visit, error=error)
    return _in(visit, token)


@router.get("/welcome")
def invited(visit: Guest) -> Response:
    return visit.page("welcome.html", handle="", code="")


@router.post("/welcome")
def welcome(visit: Guest, form: Posted, address: Address) -> Response:
    handle, code = form.get("handle", ""), form.get("code", "")
    try:
        _knock(visit, address)
        token = visit.house.database.write(
            lambda session: sessions.welcome(
                visit.house,
                session,
                code=code,
                handle=handle,
                password=form.get("password", ""),
                browser=visit.browser,
            )
        )
    except RegistryError as error:
        return visit.page("welcome.html", error=error, handle=handle, code=code)
    return _in(visit, token)


@router.post("/sign-out")
def leave(visit: Guest, form: Posted) -> Response:
    del form  # that it is ours is all that counts
    visit.house.database.write(
        lambda session: sessions.leave(visit.house, session, visit.cookie, visit.browser)
    )
    answer = visit.to("/console/sign-in")
    answer.delete_cookie(SESSION, path="/console")
    return answer


def _file(path: Path, kind: str) -> FileResponse:
    """A file that everybody may keep for an hour."""
    headers = {**HEADERS, "Cache-Control": "max-age=3600"}
    return FileResponse(path, media_type=kind, headers=headers)


def _door(visit: Visit, handle: str = "", error: RegistryError | None = None) -> Response:
    possible = passkeys.Site.possible(visit.request.url)
    return visit.page(
        "sign_in.html",
        error=error,
        script="passkeys",
        at="/console/sign-in",
        handle=handle,
        passkeys=possible,
    )


def _in(visit: Visit, token: str) -> Response:
    answer = visit.to("/console")
    visit.keep(answer, SESSION, token, sessions.LIFE_S)
    return answer


def _knock(visit: Visit, address: str) -> None:
    visit.house.throttle.spend("door", address, at_most=MOST_TRIES, seconds=sessions.WINDOW_S)
