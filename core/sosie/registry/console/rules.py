"""`/console/rules`: a talent's consent in plain words; set here, read once more, signed with her key. And what she declares."""

from __future__ import annotations

from typing import Any, get_args

from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import exchange, jws
from sosie.licence import vocabulary as words
from sosie.licence.documents import Consent
from sosie.licence.people import Delegation
from sosie.licence.talents import Attributes
from sosie.registry import consents, delegations, talents
from sosie.registry.console import forms, sessions
from sosie.registry.console.routing import pages
from sosie.registry.console.talent import live
from sosie.registry.console.web import Guest, Posted, Visit
from sosie.registry.problems import problem
from sosie.registry.tables import Party

router = pages()
REGIONS = ("WORLD", "EU", "EEA")
CATEGORIES = (*words.DEFAULT_PROHIBITED[:1], "swimwear", *words.DEFAULT_PROHIBITED[1:])
_LISTS = ("operations", "prohibited_categories", "media_max", "territory_max")
_WORDS = ("posture", "training", "approval", "aftermath", "representation")


@router.get("/rules")
def rules(visit: Guest) -> Response:
    return _rules(visit)


@router.post("/rules/declared")
def declare(visit: Guest, form: Posted) -> Response:
    """What a brand may search by; an empty field is not said."""
    house, caller = visit.house, visit.caller
    try:
        values = {name: forms.number(form, name) for name in Attributes.model_fields}
        ask = forms.asked(Attributes, values)
        house.database.write(lambda session: talents.declare(house, session, caller, ask))
    except SosieError as error:
        return _rules(visit, error)
    return visit.to("/console/rules")


@router.post("/rules/pictures")
def delegate(visit: Guest, form: Posted) -> Response:
    """Whether her agency, too, decides on single pictures."""
    house, caller = visit.house, visit.caller
    ask = Delegation(pictures=form.get("pictures") == "yes")
    house.database.write(lambda session: delegations.change(house, session, caller, ask))
    return visit.to("/console/rules")


@router.get("/rules/new")
def begin(visit: Guest) -> Response:
    """The form, filled with her newest consent, or with what is usual."""
    visit.caller.require("talent")

    def work(session: Session) -> Consent:
        found = live(session, visit)
        if not found:
            return _usual(session, visit)
        fresh = {"id": visit.house.settings.new_id("con"), "supersedes": found[0][0]}
        return found[0][1].model_copy(update=fresh)

    return visit.page("rules_new.html", consent=visit.house.database.read(work), **_choices())


@router.post("/rules/new")
def sign(visit: Guest, form: Posted) -> Response:
    """Twice: read in plain words, then signed."""
    visit.caller.require("talent")
    house, caller = visit.house, visit.caller
    try:
        consent = _consent(visit, form)
    except SosieError as error:
        usual = house.database.read(lambda session: _usual(session, visit))
        kept = usual.model_copy(update=_typed(form) | {"supersedes": form.get("supersedes") or None})
        return visit.page("rules_new.html", error=error, consent=kept, **_choices())
    if form.get("go") != "sign":
        template = "rules_new.html" if form.get("go") == "back" else "rules_sign.html"
        return visit.page(template, consent=consent, **_choices())
    try:
        token = jws.sign(consent, sessions.signing_key(house, caller, form.get("password", "")))
        ask = exchange.SignedDocument(token=token)
        house.database.write(lambda session: consents.record(house, session, caller, ask))
    except SosieError as error:
        return visit.page("rules_sign.html", error=error, consent=consent, **_choices())
    return visit.to("/console/rules")


def _rules(visit: Visit, error: SosieError | None = None) -> Response:
    visit.caller.require("talent")

    def work(session: Session) -> dict[str, Any]:
        return {
            "consents": live(session, visit),
            "declared": talents.declared(session, visit.caller.party),
            "superseded": {consent.supersedes for _, consent in live(session, visit)},
            "delegated": delegations.current(session, visit.caller),
        }

    return visit.page("rules.html", error=error, at="/console/rules", **visit.house.database.read(work))


def _consent(visit: Visit, form: dict[str, str]) -> Consent:
    """The document that these fields say; raises SosieError where they say none."""
    days = forms.number(form, "takedown_days", 0) if form.get("aftermath") == "takedown" else 0
    if not forms.chosen(form, "territory_max"):
        raise problem(422, "rules_nowhere", "No place is named.", "Choose the world, or countries.")
    return Consent.of(
        {
            **_typed(form),
            "id": form.get("id") or visit.house.settings.new_id("con"),
            "talent": visit.caller.party,
            "term_max_days": forms.number(form, "term_max_days", 365),
            "offline_max_s": (forms.number(form, "offline_hours", 8) or 0) * 3600,
            "revocation_notice_h": forms.number(form, "revocation_notice_h", 72),
            "takedown_days": days,
            "language": visit.language,
            "supersedes": form.get("supersedes") or None,
            "signed_at": visit.house.now(),
        }
    )


def _typed(form: dict[str, str]) -> dict[str, Any]:
    """The ticked boxes, and the competitors she names."""
    names = [name.lower().replace(" ", "-") for name in forms.chosen(form, "competitors")]
    lists: dict[str, Any] = {name: forms.chosen(form, name) for name in _LISTS}
    lists["prohibited_categories"] += tuple(f"competitor:{name}" for name in names)
    return lists | {name: form.get(name, "") for name in _WORDS}


def _usual(session: Session, visit: Visit) -> Consent:
    agency = session.get_one(Party, visit.caller.party).agency_id
    return Consent(
        id=visit.house.settings.new_id("con"),
        talent=visit.caller.party,
        representation="agency_only" if agency else "none",
        language=visit.language,
        signed_at=visit.house.now(),
    )


def _choices() -> dict[str, Any]:
    return {
        "postures": get_args(words.Posture),
        "operations": get_args(words.Operation),
        "categories": CATEGORIES,
        "media": get_args(words.Media),
        "regions": REGIONS,
        "countries": words.COUNTRIES,
        "approvals": words.APPROVALS,
        "trainings": get_args(words.Training),
        "aftermaths": get_args(words.Aftermath),
        "representations": get_args(words.Representation),
    }
