"""`/v1` about who is here, and what one takes away: paths, and which function answers. No rule lives here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.licence import exchange
from sosie.licence.directory import PartyInfo
from sosie.registry import directory, proof_files
from sosie.registry.asking import Caller, House, Key
from sosie.registry.idempotency import once
from sosie.registry.paging import Paging

router = APIRouter(prefix="/v1")


class _Zip(Response):
    media_type = "application/zip"


@router.get("/parties")
def list_parties(house: House, caller: Caller, page: Paging) -> exchange.Listed[PartyInfo]:
    return house.database.read(lambda session: directory.everybody(session, caller, page))


@router.post("/me/console", status_code=201)
def console_code(house: House, caller: Caller, key: Key = None) -> exchange.Invitation:
    def work(session: Session) -> exchange.Invitation:
        return directory.console_code(house, session, caller)

    return once(house, caller.credential, key, ("/me/console", None), exchange.Invitation, work)


@router.get("/proofs/{leaf}", response_class=_Zip)
def proof(house: House, caller: Caller, leaf: Annotated[int, Path(ge=0, le=2**53)]) -> Response:
    found = house.database.read(lambda session: proof_files.proof(house, session, caller, leaf))
    return _Zip(proof_files.archive(found))
