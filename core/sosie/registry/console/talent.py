"""`/console` for a talent: who uses her now, the pictures that wait for her, and the way back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import FileResponse, Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import exchange, jws
from sosie.licence.documents import Consent, Revocation
from sosie.licence.people import SignedDocuments, to_revoke
from sosie.registry import consents, deliveries, finishing, invoices, ledger, licences
from sosie.registry.console import sessions
from sosie.registry.console.bills import bills_of
from sosie.registry.console.enrolment import unproven
from sosie.registry.console.licences import RUNNING, licences_of, names, pictures_to_decide, some
from sosie.registry.console.routing import Name, pages
from sosie.registry.console.web import Guest, Posted, Visit
from sosie.registry.pages.page import HEADERS
from sosie.registry.paging import ALL, Page
from sosie.registry.problems import problem
from sosie.registry.tables import ConsentRow

router = pages()


@router.get("/revoke")
def before(visit: Guest, licence: Annotated[str, Query(max_length=200)] = "") -> Response:
    """What a revocation would do, before anything is done."""
    return _before(visit, licence)


@router.post("/revoke")
def revoke(visit: Guest, form: Posted) -> Response:
    visit.caller.require("talent")
    house, caller, licence = visit.house, visit.caller, form.get("licence", "")
    reason = "notice" if form.get("reason") == "notice" else "safety"
    common = {"talent": caller.party, "reason": reason, "signed_at": house.now()}
    try:
        key = sessions.signing_key(house, caller, form.get("password", ""))

        def work(session: Session) -> exchange.Listed[exchange.Recorded]:
            if licence:
                named = [{"licence": licence}]
            else:
                named = [{"consent_sha256": row.sha256} for row in _ending(session, visit, reason)]
            if not named:
                raise problem(
                    409, "nothing_to_revoke", "Nothing of yours is in force.", "Nothing is left to do."
                )
            tokens = tuple(jws.sign(Revocation.of(common | one), key) for one in named)
            return consents.revoke_together(house, session, caller, SignedDocuments(tokens=tokens))

        done = house.database.write(work).items
    except SosieError as error:
        return _before(visit, licence, error)
    return visit.page("revoked.html", done=done, licence=licence)


@router.post("/pictures/{delivery}")
def decide(visit: Guest, form: Posted, delivery: Name) -> Response:
    """Yes or no to one picture."""
    house, caller, yes = visit.house, visit.caller, form.get("decision") == "approve"

    def work(session: Session) -> exchange.DeliveryRecord:
        reason = form.get("reason", "")[:1000]
        return deliveries.decide(house, session, caller, delivery, approve=yes, reason=reason)

    house.database.write(work)
    return visit.to("/console")


@router.get("/pictures/{delivery}", response_class=FileResponse)
def picture(visit: Guest, delivery: Name) -> Response:
    visit.caller.require("talent", "agency", "brand")
    row = visit.house.database.read(lambda session: deliveries.one(session, visit.caller, delivery))
    find = finishing.output_path if row.state == "signed" else finishing.input_path
    return FileResponse(find(visit.house, row.id), media_type=row.mime, headers=HEADERS)


def facts(session: Session, visit: Visit) -> dict[str, Any]:
    """What her first page tells."""
    house, caller = visit.house, visit.caller
    running = some(session, visit, "running", licences.now_in(house.now(), *RUNNING))
    waiting = pictures_to_decide(session, visit)
    return {
        "running": running,
        "asking": some(session, visit, "asking", licences.now_in(house.now(), "agency_ok")),
        "licences": licences_of(session, visit, (picture.licence for picture in waiting)),
        "brands": names(session, running),
        "pictures": {
            record.id: newest for record in running for newest in _newest(session, visit, record.id)
        },
        "waiting": waiting,
        "balance": ledger.balance(session, caller.party),
        "late": bills_of(session, visit, "late", invoices.overdue(house.now())),
        "consents": _ending(session, visit, "safety"),
        "unproven": unproven(session, visit),
    }


def _newest(session: Session, visit: Visit, licence: str) -> tuple[exchange.DeliveryRecord, ...]:
    """The newest picture that was delivered under a licence, if there is one."""
    return deliveries.listed(session, visit.caller, Page(limit=1), state="signed", licence_id=licence).items


def live(session: Session, visit: Visit) -> list[tuple[str, Consent]]:
    """Her consents that are not revoked, the newest first."""
    found = [item for item in consents.listed(session, visit.caller).items if item.live]
    rows = [session.get_one(ConsentRow, item.sha256) for item in reversed(found)]
    return [(row.sha256, consents.consent_of(row)) for row in rows]


def _before(visit: Visit, licence: str, error: SosieError | None = None) -> Response:
    visit.caller.require("talent")
    house = visit.house

    def work(session: Session) -> dict[str, Any]:
        if licence:
            one = licences.one(house, session, visit.caller, licence)
            consent = consents.consent_of(session.get_one(ConsentRow, one.consent_sha256))
            return {"one": one, "running": [one], "consents": [consent]}
        running = licences.now_in(house.now(), *RUNNING)
        return {
            "one": None,
            "running": licences.listed(house, session, visit.caller, ALL, running).items,
            "consents": [consents.consent_of(row) for row in _ending(session, visit, "safety")],
        }

    return visit.page("revoke.html", error=error, **house.database.read(work))


def _ending(session: Session, visit: Visit, reason: str) -> list[ConsentRow]:
    """What taking everything back ends: the consents in force, oldest first."""
    named = to_revoke(consents.listed(session, visit.caller).items, reason, visit.house.now())
    return [session.get_one(ConsentRow, sha256) for sha256 in named]
