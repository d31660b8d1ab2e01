"""`/v1` about enrolment proofs: paths, and which function answers. No rule lives here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from sosie.licence import exchange
from sosie.licence.people import Challenge, Review
from sosie.registry import incoming, proving
from sosie.registry.asking import Caller, House, Key, Name
from sosie.registry.idempotency import once
from sosie.registry.paging import Paging

router = APIRouter(prefix="/v1")


@router.post("/twins/{twin}/challenges", status_code=201)
def begin(house: House, caller: Caller, twin: Name, key: Key = None) -> Challenge:
    def work(session: Session) -> Challenge:
        return proving.begin(house, session, caller, twin)

    return once(house, caller.credential, key, (f"/twins/{twin}/challenges", None), Challenge, work)


def _resting_place(house: House) -> Iterator[Path]:
    with incoming.resting_place(house.settings) as path:
        yield path


async def _body(request: Request, path: Annotated[Path, Depends(_resting_place)]) -> Path:
    await incoming.save_stream(request.stream(), path)
    return path


@router.put("/challenges/{challenge}/picture")
def answer(house: House, caller: Caller, challenge: Name, body: Annotated[Path, Depends(_body)]) -> Challenge:
    # A challenge is answered once: no key is needed.
    return proving.answer(house, caller, challenge, body)


@router.get("/challenges")
def list_challenges(house: House, caller: Caller, page: Paging) -> exchange.Listed[Challenge]:
    return house.database.read(lambda session: proving.listed(session, caller, page))


@router.get("/challenges/{challenge}/picture", response_class=FileResponse)
def picture(house: House, caller: Caller, challenge: Name) -> FileResponse:
    path = house.database.read(lambda session: proving.picture_of(house, session, caller, challenge))
    return FileResponse(path, media_type="application/octet-stream")


@router.post("/challenges/{challenge}/pass")
def let_pass(house: House, caller: Caller, challenge: Name, ask: Review, key: Key = None) -> Challenge:
    return _review(house, caller, challenge, ask, key, passed=True)


@router.post("/challenges/{challenge}/refuse")
def refuse(house: House, caller: Caller, challenge: Name, ask: Review, key: Key = None) -> Challenge:
    return _review(house, caller, challenge, ask, key, passed=False)


def _review(
    house: House, caller: Caller, challenge: str, ask: Review, key: str | None, *, passed: bool
) -> Challenge:
    def work(session: Session) -> Challenge:
        return proving.review(house, session, caller, challenge, ask, passed=passed)

    return once(house, caller.credential, key, (f"/challenges/{challenge}/{passed}", ask), Challenge, work)
