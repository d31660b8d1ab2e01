"""`/v1` about oneself: paths, and which function answers. No rule lives here."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.licence import exchange
from sosie.licence.people import Blend, Delegated, Delegation, Erasure, SignedDocuments
from sosie.licence.talents import Attributes, TalentRecord
from sosie.registry import blends, consents, delegations, dossier, talents
from sosie.registry.asking import Caller, House, Key, Name
from sosie.registry.idempotency import once
from sosie.registry.paging import Page

router = APIRouter(prefix="/v1")


class _Zip(Response):
    media_type = "application/zip"


@router.get("/me/export", response_class=_Zip)
def export(house: House, caller: Caller) -> Response:
    return _Zip(house.database.snapshot(lambda session: dossier.export(session, caller)))


@router.post("/me/erasure", status_code=201)
def erase(house: House, caller: Caller, ask: Erasure) -> exchange.Recorded:
    # Her account ends with it, and a second try finds none: no key is needed.
    return house.database.write(lambda session: dossier.erase(house, session, caller, ask))


@router.put("/me/delegation")
def delegate(house: House, caller: Caller, ask: Delegation, key: Key = None) -> Delegated:
    def work(session: Session) -> Delegated:
        return delegations.change(house, session, caller, ask)

    return once(house, caller.credential, key, ("/me/delegation", ask), Delegated, work)


@router.get("/me/delegation")
def delegation(house: House, caller: Caller) -> Delegated:
    return house.database.read(lambda session: delegations.current(session, caller))


@router.put("/me/attributes")
def declare_attributes(house: House, caller: Caller, ask: Attributes, key: Key = None) -> Attributes:
    def work(session: Session) -> Attributes:
        return talents.declare(house, session, caller, ask)

    return once(house, caller.credential, key, ("/me/attributes", ask), Attributes, work)


@router.get("/me/attributes")
def attributes(house: House, caller: Caller) -> Attributes:
    return house.database.read(lambda session: talents.declared(session, caller.party))


@router.get("/talents")
def find_talents(house: House, caller: Caller, wanted: talents.SearchQuery) -> exchange.Listed[TalentRecord]:
    page = Page(wanted.limit, wanted.after)
    return house.database.read(lambda session: talents.find(house, session, caller, wanted, page))


@router.post("/blends/{blend}", status_code=201)
def declare_blend(
    house: House, caller: Caller, blend: Name, ask: Blend, key: Key = None
) -> exchange.Recorded:
    def work(session: Session) -> exchange.Recorded:
        return blends.declare(house, session, caller, blend, ask)

    return once(house, caller.credential, key, (f"/blends/{blend}", ask), exchange.Recorded, work)


@router.post("/revocations/batch", status_code=201)
def revoke_together(
    house: House, caller: Caller, ask: SignedDocuments, key: Key = None
) -> exchange.Listed[exchange.Recorded]:
    def work(session: Session) -> exchange.Listed[exchange.Recorded]:
        return consents.revoke_together(house, session, caller, ask)

    return once(
        house, caller.credential, key, ("/revocations/batch", ask), exchange.Listed[exchange.Recorded], work
    )


@router.post("/contributions", status_code=201)
def contribute(
    house: House, caller: Caller, ask: exchange.SignedDocument, key: Key = None
) -> exchange.Recorded:
    def work(session: Session) -> exchange.Recorded:
        return blends.contribute(house, session, caller, ask)

    return once(house, caller.credential, key, ("/contributions", ask), exchange.Recorded, work)
