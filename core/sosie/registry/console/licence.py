"""`/console/licences/ID`: the terms as a deal memo, and what this reader may do with them now."""

from __future__ import annotations

from typing import Any, get_args

from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import exchange, jws
from sosie.licence.documents import TermsApproval
from sosie.registry import changes, deliveries, licences
from sosie.registry.access import licence_of
from sosie.registry.console import sessions
from sosie.registry.console.licences import names
from sosie.registry.console.parts import fetched
from sosie.registry.console.routing import Name, pages
from sosie.registry.console.web import Guest, Posted, Visit
from sosie.registry.problems import problem
from sosie.registry.tables import Party

router = pages()


@router.get("/licences/{licence}")
def memo(visit: Guest, licence: Name) -> Response:
    return _memo(visit, licence)


@router.post("/licences/{licence}")
def decide(visit: Guest, form: Posted, licence: Name) -> Response:
    """One decision. A talent's yes is signed with her key; nothing else here needs a signature."""
    decision = form.get("decision", "")
    try:
        _decide(visit, form, licence, decision)
    except SosieError as error:
        return _memo(visit, licence, error)
    return visit.to("/console" if decision in {"approve", "decline"} else f"/console/licences/{licence}")


def _decide(visit: Visit, form: dict[str, str], licence: str, decision: str) -> None:
    house, caller = visit.house, visit.caller
    ask = exchange.Decision(reason=form.get("reason", "")[:1000])
    if decision == "approve" and caller.role == "talent":
        ask = exchange.Decision(token=_signed(visit, form, licence))

    def work(session: Session) -> exchange.LicenceRecord:
        if decision == "approve":
            return licences.approve(house, session, caller, licence, ask)
        if decision == "decline":
            return licences.decline(house, session, caller, licence, ask)
        if decision == "pay":
            reference = form.get("reference", "")[:200]
            payment = exchange.Payment(
                method="paid" if caller.role == "operator" else "credit", reference=reference
            )
            return licences.pay(house, session, caller, licence, payment)
        for event in get_args(changes.Event):
            if event == decision:
                return changes.change(house, session, caller, licence, event)
        raise problem(422, "form_unreadable", "This form names no decision.", "Use one of its buttons.")

    house.database.write(work)


def _signed(visit: Visit, form: dict[str, str], licence: str) -> str:
    """Her word for the terms that she has read, whatever they are now."""
    yes = TermsApproval(
        licence=licence,
        terms_sha256=form.get("terms", ""),
        talent=visit.caller.party,
        decided_at=visit.house.now(),
    )
    return jws.sign(yes, sessions.signing_key(visit.house, visit.caller, form.get("password", "")))


def _memo(visit: Visit, licence: str, error: SosieError | None = None) -> Response:
    house, caller = visit.house, visit.caller

    def work(session: Session) -> dict[str, Any]:
        record = licences.one(house, session, caller, licence)
        terms = licences.terms_of(licence_of(session, caller, licence))
        return {
            "record": record,
            "terms": terms,
            "names": names(session, (record,)),
            "credit": bool(session.get_one(Party, record.brand).credit),
            "possible": changes.possible(house, session, caller, licence),
            "kill_fee": changes.kill_fee(terms) if record.state == "talent_ok" else 0,
            "pictures": fetched(
                visit,
                "pictures",
                deliveries.count(session, caller, licence_id=licence),
                lambda page: deliveries.listed(session, caller, page, licence_id=licence).items,
            ),
        }

    return visit.page("licence.html", error=error, **house.database.read(work))
