"""`/console/twins/TWIN/request`: a brand asks for a licence in four steps, the last one the deal memo the talent will read.

Nothing is kept between the steps: each form carries the earlier answers along, and going back loses none.
"""

from __future__ import annotations

import time
from typing import Any, Final, get_args

from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence import exchange
from sosie.licence import vocabulary as words
from sosie.licence.documents import DAY, Consent, Terms
from sosie.registry import drafting, licences
from sosie.registry.console import forms
from sosie.registry.console.routing import Name, pages
from sosie.registry.console.rules import REGIONS
from sosie.registry.console.web import Guest, Posted, Visit
from sosie.registry.console.words import LANGUAGES, words_in
from sosie.registry.tables import Party, TwinRow

router = pages()
STEPS: Final = ("use", "place", "money", "memo")
#: Where a refusal can be mended.
_STEP_OF: Final = {
    "term_not_consented": "place",
    "territory_not_licensed": "place",
    "exclusivity_conflict": "place",
    "form_date": "place",
    "operation_not_licensed": "use",
    "media_not_licensed": "use",
    "category_prohibited": "use",
    "document_invalid": "use",
}
_USUAL: Final = {"purpose": "ecommerce", "media": "web_owned", "operations": "restage,relight"}


@router.get("/twins/{twin}/request")
def begin(visit: Guest, twin: Name) -> Response:
    now = visit.house.now()
    ends = {"not_before": _iso(now), "not_after": _iso(now + 90 * DAY)}
    return _step(visit, twin, "use", {**_USUAL, **ends})


@router.post("/twins/{twin}/request")
def step(visit: Guest, form: Posted, twin: Name) -> Response:
    """To the step that the button names; from the memo, to everybody who has to agree."""
    house, caller, go = visit.house, visit.caller, form.pop("go", "use")
    form.pop("form", None)
    try:
        if go == "send":
            ask = _request(form, twin)
            made = house.database.write(lambda session: licences.request(house, session, caller, ask))
            return visit.to(f"/console/licences/{made.id}")
        if go == "memo":
            return _memo(visit, twin, form)
    except SosieError as error:
        return _step(visit, twin, _STEP_OF.get(error.code, "money"), form, error)
    return _step(visit, twin, go if go in STEPS else "use", form)


def _step(
    visit: Visit, twin: str, name: str, form: dict[str, str], error: SosieError | None = None
) -> Response:
    def work(session: Session) -> tuple[TwinRow, Party, Consent]:
        return drafting.offered(visit.house, session, visit.caller, twin)

    _, talent, consent = visit.house.database.read(work)
    return visit.page(f"request_{name}.html", error=error, **_shared(twin, name, form, talent, consent))


def _memo(visit: Visit, twin: str, form: dict[str, str]) -> Response:
    house, caller, ask = visit.house, visit.caller, _request(form, twin)

    def work(session: Session) -> tuple[Terms, Party, Consent, str | None]:
        terms = drafting.draft(house, session, caller, ask)
        _, talent, consent = drafting.offered(house, session, caller, twin)
        return terms, talent, consent, session.get_one(Party, terms.agency).name if terms.agency else None

    terms, talent, consent, agency = house.database.read(work)
    wish = consent.language.split("-")[0].lower()
    hers = wish if wish in LANGUAGES else LANGUAGES[0]
    facts = _shared(twin, "memo", form, talent, consent)
    return visit.page(
        "request_memo.html", terms=terms, hers=hers, her_words=words_in(hers), agency=agency, **facts
    )


def _request(form: dict[str, str], twin: str) -> exchange.LicenceRequest:
    """What the four steps ask for; raises RegistryError where a field says nothing."""
    begins = forms.day(form, "not_before")
    rate = {name: forms.minor(form, name) for name in ("usage_fee", "per_asset", "minimum")}
    quota = {name: forms.number(form, name) for name in ("delivered", "renders", "seats")}
    alone = form.get("exclusive", "").strip()
    ends = forms.day(form, "not_after") + DAY  # the last day is whole
    return forms.asked(
        exchange.LicenceRequest,
        {
            "twin": twin,
            "advertiser": form.get("advertiser", "").strip(),
            "product_lines": forms.chosen(form, "product_lines"),
            "intended_use": form.get("intended_use", "").strip(),
            "purpose": forms.chosen(form, "purpose"),
            "media": forms.chosen(form, "media"),
            "operations": forms.chosen(form, "operations"),
            "territory": forms.chosen(form, "territory"),
            "not_before": begins,
            "not_after": ends,
            "approval": form.get("approval") or None,
            "rate": {"currency": form.get("currency", "EUR"), **rate},
            "quota": {name: value for name, value in quota.items() if value is not None},
            "late_fee_bp": (forms.number(form, "late_fee", 0) or 0) * 100,
            "pay_days": forms.number(form, "pay_days", 30),
            "exclusivity": {
                "category": alone,
                "territory": forms.chosen(form, "territory"),
                "until": ends,
                "fee": forms.minor(form, "exclusive_fee"),
            }
            if alone
            else None,
        },
    )


def _iso(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _shared(twin: str, name: str, form: dict[str, str], talent: Party, consent: Consent) -> dict[str, Any]:
    """What every step shows: whose twin, what she allows, and the answers so far."""
    at_least = words.APPROVALS.index(consent.approval)
    return {
        "twin": twin,
        "step": name,
        "steps": STEPS,
        "talent": talent,
        "consent": consent,
        "answers": form,
        "purposes": get_args(words.Purpose),
        "media": [word for word in get_args(words.Media) if word in consent.media_max],
        "operations": [word for word in get_args(words.Operation) if word in consent.operations],
        "approvals": words.APPROVALS[at_least:],
        "regions": [
            word for word in REGIONS if not words.outside((word,), words.countries(consent.territory_max))
        ],
        "countries": sorted(
            word
            for word in words.COUNTRIES
            if not words.outside((word,), words.countries(consent.territory_max))
        ),
    }
