"""`/v1` about oneself: paths, and which function answers. No rule lives here."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from sosie.licence import exchange
from sosie.licence.people import Erasure
from sosie.registry import dossier
from sosie.registry.asking import Caller, House

router = APIRouter(prefix="/v1")


class _Zip(Response):
    media_type = "application/zip"


@router.get("/me/export", response_class=_Zip)
def export(house: House, caller: Caller) -> Response:
    return _Zip(house.database.read(lambda session: dossier.export(session, caller)))


@router.post("/me/erasure", status_code=201)
def erase(house: House, caller: Caller, ask: Erasure) -> exchange.Recorded:
    # Her account ends with it, and a second try finds none: no key is needed.
    return house.database.write(lambda session: dossier.erase(house, session, caller, ask))
