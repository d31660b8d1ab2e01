"""`/console` for a talent: who uses her now, what waits for her, her money, her rules, and the way back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse, HTMLResponse, Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import exchange, jws
from sosie.licence.documents import Consent, Revocation, TermsApproval
from sosie.registry import consents, deliveries, finishing, invoices, ledger, licences
from sosie.registry.asking import slowly
from sosie.registry.console import sessions
from sosie.registry.console.web import Guest, Posted, Visit
from sosie.registry.pages.page import HEADERS
from sosie.registry.tables import ConsentRow, Party

router = APIRouter(
    prefix="/console",
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(slowly)],
)
Name = Annotated[str, Path(max_length=200)]
RUNNING = frozenset({"active", "suspended"})


@router.get("")
def home(visit: Guest) -> Response:
    if visit.principal is None:
        return visit.to("/console/sign-in")
    return visit.page("talent.html" if visit.caller.role == "talent" else "other.html", **_facts(visit))


@router.get("/licences/{licence}")
def memo(visit: Guest, licence: Name) -> Response:
    return _memo(visit, licence)


@router.post("/licences/{licence}")
def decide(visit: Guest, form: Posted, licence: Name) -> Response:
    """Approving is signed with her key; a no needs no signature."""
    visit.caller.require("talent")
    house, caller = visit.house, visit.caller
    try:
        if form.get("decision") != "approve":
            no = exchange.Decision(reason=form.get("reason", "")[:1000])
            house.database.write(lambda session: licences.decline(house, session, caller, licence, no))
            return visit.to("/console")
        key = sessions.signing_key(house, caller, form.get("password", ""))
        yes = TermsApproval(
            licence=licence,
            terms_sha256=form.get("terms", ""),  # those that she has read, whatever they are now
            talent=caller.party,
            decided_at=house.now(),
        )
        ask = exchange.Decision(token=jws.sign(yes, key))
        house.database.write(lambda session: licences.approve(house, session, caller, licence, ask))
    except SosieError as error:
        return _memo(visit, licence, error)
    return visit.to("/console")


@router.get("/revoke")
def before(visit: Guest) -> Response:
    return _before(visit)


@router.post("/revoke")
def revoke(visit: Guest, form: Posted) -> Response:
    visit.caller.require("talent")
    house, caller = visit.house, visit.caller
    try:
        document = Revocation(
            talent=caller.party,
            consent_sha256=form.get("consent", ""),
            reason="notice" if form.get("reason") == "notice" else "safety",
            signed_at=house.now(),
        )
        token = jws.sign(document, sessions.signing_key(house, caller, form.get("password", "")))
        ask = exchange.SignedDocument(token=token)
        done = house.database.write(lambda session: consents.revoke(house, session, caller, ask))
    except SosieError as error:
        return _before(visit, error)
    return visit.page("revoked.html", done=done)


@router.get("/pictures/{delivery}", response_class=FileResponse)
def picture(visit: Guest, delivery: Name) -> Response:
    if visit.principal is None:
        return visit.to("/console/sign-in")
    visit.caller.require("talent", "agency", "brand")
    row = visit.house.database.read(lambda session: deliveries.one(session, visit.caller, delivery))
    find = finishing.output_path if row.state == "signed" else finishing.input_path
    return FileResponse(find(visit.house, row.id), media_type=row.mime, headers=HEADERS)


def _facts(visit: Visit) -> dict[str, Any]:
    house, caller = visit.house, visit.caller

    def work(session: Session) -> dict[str, Any]:
        records = licences.listed(house, session, caller).items
        statement = ledger.statement(session, caller.party, caller.role)
        return {
            "running": [record for record in records if record.state in RUNNING],
            "asking": [record for record in records if record.state == "agency_ok"],
            "brands": {record.brand: session.get_one(Party, record.brand).name for record in records},
            "pictures": [row for row in deliveries.listed(session, caller).items if row.state == "signed"],
            "balance": statement.balance,
            "bills": [bill for bill in invoices.open_charges(house, session, caller) if bill.overdue],
            "consents": _live(session, visit) if caller.role == "talent" else [],
            "visits": sessions.visits(session, caller.party),
        }

    return house.database.read(work)


def _live(session: Session, visit: Visit) -> list[tuple[str, Consent]]:
    """Her consents that are not revoked, the newest first."""
    found = [item for item in consents.listed(session, visit.caller).items if item.live]
    rows = [session.get_one(ConsentRow, item.sha256) for item in reversed(found)]
    return [(row.sha256, consents.consent_of(row)) for row in rows]


def _memo(visit: Visit, licence: str, error: SosieError | None = None) -> Response:
    if visit.principal is None:
        return visit.to("/console/sign-in")
    house, caller = visit.house, visit.caller

    def work(session: Session) -> tuple[exchange.LicenceRecord, str]:
        record = licences.one(house, session, caller, licence)
        return record, session.get_one(Party, record.brand).name

    record, brand = house.database.read(work)
    return visit.page("memo.html", error=error, record=record, terms=record.terms, brand=brand)


def _before(visit: Visit, error: SosieError | None = None) -> Response:
    """What a revocation would do, before anything is done."""
    if visit.principal is None:
        return visit.to("/console/sign-in")
    visit.caller.require("talent")
    return visit.page("revoke.html", error=error, **_facts(visit))
