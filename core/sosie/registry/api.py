"""`/v1` for those with an account: paths, and which function answers. No rule lives here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path as FilePath
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, File, Form, Header, Query, Request, UploadFile
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from sosie.errors import VerificationError
from sosie.licence import exchange
from sosie.registry import (
    changes,
    consents,
    deliveries,
    finishing,
    incoming,
    journals,
    leases,
    licences,
    parties,
    proofs,
    twins,
)
from sosie.registry.access import Context, Principal
from sosie.registry.asking import Caller, House, Key, Name
from sosie.registry.idempotency import once
from sosie.registry.paging import Paging
from sosie.registry.problems import problem
from sosie.registry.tables import LicenceRow

router = APIRouter(prefix="/v1")
A = TypeVar("A", bound=exchange.Answer)


Digest = Annotated[str, Header(pattern=r"^[0-9a-f]{64}$")]


@router.get("/me")
def me(caller: Caller) -> exchange.Me:
    return exchange.Me(id=caller.id, role=caller.role, party=caller.party, name=caller.name, seat=caller.seat)


@router.post("/parties", status_code=201)
def create_party(
    house: House, caller: Caller, ask: exchange.NewParty, key: Key = None
) -> exchange.Invitation:
    work = _bound(parties.create, house, caller, ask)
    return once(house, caller.credential, key, ("/parties", ask), exchange.Invitation, work)


@router.post("/seats", status_code=201)
def create_seat(house: House, caller: Caller, ask: exchange.NewSeat, key: Key = None) -> exchange.Invitation:
    work = _bound(parties.create_seat, house, caller, ask)
    return once(house, caller.credential, key, ("/seats", ask), exchange.Invitation, work)


@router.post("/seats/{seat}/codes", status_code=201)
def invite_device(house: House, caller: Caller, seat: Name, key: Key = None) -> exchange.Invitation:
    work = _bound(parties.invite_device, house, caller, seat)
    return once(house, caller.credential, key, (f"/seats/{seat}/codes", None), exchange.Invitation, work)


@router.post("/consents", status_code=201)
def record_consent(
    house: House, caller: Caller, ask: exchange.SignedDocument, key: Key = None
) -> exchange.Recorded:
    work = _bound(consents.record, house, caller, ask)
    return once(house, caller.credential, key, ("/consents", ask), exchange.Recorded, work)


@router.get("/consents")
def list_consents(house: House, caller: Caller, page: Paging) -> exchange.Listed[exchange.ConsentInfo]:
    return house.database.read(lambda session: consents.listed(session, caller, page))


@router.post("/revocations", status_code=201)
def revoke(house: House, caller: Caller, ask: exchange.SignedDocument, key: Key = None) -> exchange.Recorded:
    work = _bound(consents.revoke, house, caller, ask)
    return once(house, caller.credential, key, ("/revocations", ask), exchange.Recorded, work)


def _resting_place(house: House) -> Iterator[FilePath]:
    with incoming.resting_place(house.settings) as path:
        yield path


async def _body(request: Request, path: Annotated[FilePath, Depends(_resting_place)]) -> FilePath:
    await incoming.save_stream(request.stream(), path)
    return path


@router.put("/twins/{twin}/pack", status_code=201)
def upload_pack(
    house: House,
    caller: Caller,
    twin: Name,
    body: Annotated[FilePath, Depends(_body)],
    sosie_pack_sha256: Digest,
    sosie_pack_key: Annotated[str, Header(max_length=4096)],
) -> exchange.TwinRecord:
    return twins.take(house, caller, twin, body, declared=sosie_pack_sha256, sealed_key=sosie_pack_key)


@router.get("/twins")
def list_twins(house: House, caller: Caller, page: Paging) -> exchange.Listed[exchange.TwinRecord]:
    return house.database.read(lambda session: twins.listed(session, caller, page))


@router.get("/twins/{twin}/pack", response_class=FileResponse)
def download_pack(
    house: House, caller: Caller, twin: Name, revision: Annotated[int, Query(ge=1, le=2**31)]
) -> FileResponse:
    row = house.database.read(lambda session: leases.pack_row(session, caller, twin, revision))
    return FileResponse(twins.pack_path(house, row), media_type="application/octet-stream")


@router.post("/licences", status_code=201)
def request_licence(
    house: House, caller: Caller, ask: exchange.LicenceRequest, key: Key = None
) -> exchange.LicenceRecord:
    work = _bound(licences.request, house, caller, ask)
    return once(house, caller.credential, key, ("/licences", ask), exchange.LicenceRecord, work)


@router.get("/licences")
def list_licences(
    house: House, caller: Caller, page: Paging, twin: Annotated[str | None, Query(max_length=200)] = None
) -> exchange.Listed[exchange.LicenceRecord]:
    of_twin = () if twin is None else (LicenceRow.twin_id == twin,)
    return house.database.read(lambda session: licences.listed(house, session, caller, page, *of_twin))


@router.get("/licences/{licence}")
def get_licence(house: House, caller: Caller, licence: Name) -> exchange.LicenceRecord:
    return house.database.read(lambda session: licences.one(house, session, caller, licence))


@router.post("/licences/{licence}/approve")
def approve_licence(
    house: House, caller: Caller, licence: Name, ask: exchange.Decision, key: Key = None
) -> exchange.LicenceRecord:
    def work(session: Session) -> exchange.LicenceRecord:
        return licences.approve(house, session, caller, licence, ask)

    return once(
        house, caller.credential, key, (f"/licences/{licence}/approve", ask), exchange.LicenceRecord, work
    )


@router.post("/licences/{licence}/decline")
def decline_licence(
    house: House, caller: Caller, licence: Name, ask: exchange.Decision, key: Key = None
) -> exchange.LicenceRecord:
    def work(session: Session) -> exchange.LicenceRecord:
        return licences.decline(house, session, caller, licence, ask)

    return once(
        house, caller.credential, key, (f"/licences/{licence}/decline", ask), exchange.LicenceRecord, work
    )


@router.post("/licences/{licence}/pay")
def pay_licence(
    house: House, caller: Caller, licence: Name, ask: exchange.Payment, key: Key = None
) -> exchange.LicenceRecord:
    def work(session: Session) -> exchange.LicenceRecord:
        return licences.pay(house, session, caller, licence, ask)

    return once(
        house, caller.credential, key, (f"/licences/{licence}/pay", ask), exchange.LicenceRecord, work
    )


@router.post("/licences/{licence}/{event}")
def change_licence(
    house: House,
    caller: Caller,
    licence: Name,
    event: changes.Event,
    key: Key = None,
) -> exchange.LicenceRecord:
    def work(session: Session) -> exchange.LicenceRecord:
        return changes.change(house, session, caller, licence, event)

    return once(
        house, caller.credential, key, (f"/licences/{licence}/{event}", None), exchange.LicenceRecord, work
    )


@router.post("/leases", status_code=201)
def lease(house: House, caller: Caller, ask: exchange.LeaseRequest, key: Key = None) -> exchange.LeaseAnswer:
    work = _bound(leases.give, house, caller, ask)
    return once(house, caller.credential, key, ("/leases", ask), exchange.LeaseAnswer, work)


@router.get("/journal")
def journal_head(house: House, caller: Caller) -> exchange.JournalHead:
    return house.database.read(lambda session: journals.head(session, caller))


@router.post("/journal")
def post_journal(house: House, caller: Caller, ask: exchange.JournalPost) -> exchange.JournalHead:
    # Repeating a journal is harmless by its own rule (known entries are skipped): no key is needed.
    result = house.database.write(lambda session: journals.reconcile(house, session, caller, ask))
    if isinstance(result, VerificationError):
        raise result
    return result


@router.post("/deliveries", status_code=201)
def deliver(
    house: House,
    caller: Caller,
    path: Annotated[FilePath, Depends(_resting_place)],
    licence: Annotated[str, Form(max_length=200)],
    use: Annotated[str, Form(max_length=4096)],
    picture: Annotated[UploadFile, File()],
    key: Annotated[str, Header(alias="Idempotency-Key", max_length=200, min_length=1)],
) -> exchange.DeliveryRecord:
    caller.require("device")
    incoming.require_room(house.settings.data, 3 * (picture.size or 0))
    return deliveries.hand_in(house, caller, key, licence, use, incoming.picture(picture.file, path))


@router.get("/deliveries")
def list_deliveries(house: House, caller: Caller, page: Paging) -> exchange.Listed[exchange.DeliveryRecord]:
    return house.database.read(lambda session: deliveries.listed(session, caller, page))


@router.get("/deliveries/{delivery}")
def get_delivery(house: House, caller: Caller, delivery: Name) -> exchange.DeliveryRecord:
    return house.database.read(lambda session: deliveries.describe(deliveries.one(session, caller, delivery)))


@router.get("/deliveries/{delivery}/picture", response_class=FileResponse)
def get_picture(house: House, caller: Caller, delivery: Name) -> FileResponse:
    row = house.database.read(lambda session: deliveries.one(session, caller, delivery))
    if row.state == "signed":
        return FileResponse(finishing.output_path(house, row.id), media_type=row.mime)
    if caller.role not in {"talent", "agency"} or not finishing.input_path(house, row.id).exists():
        raise problem(
            409, "delivery_state", f"This picture is {row.state}, not signed.", "Complete the delivery first."
        )
    return FileResponse(finishing.input_path(house, row.id), media_type=row.mime)


@router.post("/deliveries/{delivery}/complete")
def complete_delivery(house: House, caller: Caller, delivery: Name) -> exchange.DeliveryRecord:
    # Completing what is complete answers the same: no key is needed.
    return deliveries.complete(house, caller, delivery)


@router.post("/deliveries/{delivery}/approve")
def approve_delivery(
    house: House, caller: Caller, delivery: Name, ask: exchange.Decision, key: Key = None
) -> exchange.DeliveryRecord:
    return _decide(house, caller, delivery, "approve", ask, key)


@router.post("/deliveries/{delivery}/decline")
def decline_delivery(
    house: House, caller: Caller, delivery: Name, ask: exchange.Decision, key: Key = None
) -> exchange.DeliveryRecord:
    return _decide(house, caller, delivery, "decline", ask, key)


def _decide(
    house: Context, caller: Principal, delivery: str, decision: str, ask: exchange.Decision, key: str | None
) -> exchange.DeliveryRecord:
    def work(session: Session) -> exchange.DeliveryRecord:
        yes = decision == "approve"
        return deliveries.decide(house, session, caller, delivery, approve=yes, reason=ask.reason)

    path = f"/deliveries/{delivery}/{decision}"
    return once(house, caller.credential, key, (path, ask), exchange.DeliveryRecord, work)


@router.get("/receipts/{receipt}")
def get_receipt(house: House, caller: Caller, receipt: Name) -> exchange.ReceiptRecord:
    return house.database.read(lambda session: proofs.receipt(house, session, caller, receipt))


def _bound(
    function: Callable[[Context, Session, Principal, Any], A], house: Context, caller: Principal, ask: Any
) -> Callable[[Session], A]:
    """`function` as the work of one transaction."""
    return lambda session: function(house, session, caller, ask)
