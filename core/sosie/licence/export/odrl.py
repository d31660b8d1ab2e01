"""ODRL 2.2 as JSON-LD: a licence is an Agreement, a consent an Offer, a refusal a Set of prohibitions.

The context stands in the document, so that a reader needs no network. Words ODRL does not have (our operations,
media, purposes, categories) are ids under `urn:sosie:`. Conflicts end in `prohibit`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sosie.licence import vocabulary as words
from sosie.licence.documents import Consent, Licence, Terms

_CONTEXT: Final = {
    "@vocab": "http://www.w3.org/ns/odrl/2/",
    "sosie": "urn:sosie:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "uid": "@id",
    **{
        name: {"@type": "@vocab"}
        for name in (
            "action",
            "leftOperand",
            "operator",
            "conflict",
            "unit",
            "unitOfCount",
            "rightOperandReference",
        )
    },
    **{name: {"@type": "@id"} for name in ("target", "assigner", "assignee", "consentingParty", "output")},
}


def agreement(licence: Licence) -> dict[str, Any]:
    """A licence as an `odrl:Agreement` between the talent (assigner) and the brand (assignee)."""
    terms = licence.terms
    parties = {
        "target": f"urn:sosie:twin:{terms.twin}:{terms.twin_revision}",
        "assigner": _id(terms.talent),
        "assignee": _id(terms.brand),
    }
    permission = {
        **parties,
        "action": "derive",
        "constraint": [
            _any_of("media", "media", terms.media),
            _any_of("purpose", "purpose", terms.purpose),
            _any_of("spatial", "territory", terms.territory),
            _any_of("industry", "operation", terms.operations),
            _date("gteq", terms.not_before),
            _date("lt", terms.not_after),
            _count(terms.quota.delivered, "delivery"),
        ],
        "duty": _duties(terms),
    }
    return _policy("Agreement", _id(licence.id)) | {
        "permission": [permission, _installs(parties, terms)],
        "prohibition": _prohibitions(
            terms.prohibited_categories, parties, train="train" not in terms.operations
        ),
    }


def offer(consent: Consent) -> dict[str, Any]:
    """A consent as an `odrl:Offer`; one that prohibits everything as an `odrl:Set` of prohibitions."""
    parties = {"target": _id(consent.talent), "assigner": _id(consent.talent)}
    if consent.posture == "prohibited":
        return _policy("Set", _id(consent.id)) | {
            "prohibition": [{**parties, "action": action} for action in ("use", "derive", "extract")]
        }
    permission = {
        **parties,
        "action": "derive",
        "constraint": [
            _any_of("media", "media", consent.media_max),
            _any_of("spatial", "territory", consent.territory_max),
            _any_of("industry", "operation", consent.operations),
            {
                "leftOperand": "elapsedTime",
                "operator": "lteq",
                "rightOperand": {"@value": f"P{consent.term_max_days}D", "@type": "xsd:duration"},
            },
        ],
        "duty": [{"action": "watermark"}, *_consent_duty(consent.approval, consent.talent)],
    }
    return _policy("Offer", _id(consent.id)) | {
        "permission": [permission],
        "prohibition": _prohibitions(
            consent.prohibited_categories, parties, train=consent.training == "none"
        ),
    }


def _policy(kind: str, uid: str) -> dict[str, Any]:
    return {"@context": _CONTEXT, "@type": kind, "uid": uid, "conflict": "prohibit"}


def _installs(parties: dict[str, str], terms: Terms) -> dict[str, Any]:
    machines = terms.quota.seats * terms.quota.devices_per_seat
    return {**parties, "action": "install", "constraint": [_count(machines, "device")]}


def _duties(terms: Terms) -> list[dict[str, Any]]:
    duties: list[dict[str, Any]] = [{"action": "watermark"}, {"action": "acceptTracking"}]
    for name in ("usage_fee", "day_rate", "per_asset", "per_variant"):
        amount = getattr(terms.rate, name)
        if amount:
            pay = {
                "leftOperand": "payAmount",
                "operator": "eq",
                "rightOperand": {"@value": amount, "@type": "xsd:integer"},
                "unit": f"sosie:minor-units:{terms.rate.currency}:{name}",
            }
            duties.append({"action": "compensate", "constraint": [pay]})
    if terms.exclusivity is not None:
        duties.append({"action": "ensureExclusivity", "constraint": [_date("lt", terms.exclusivity.until)]})
    return duties + _consent_duty(terms.approval, terms.talent)


def _consent_duty(approval: words.Approval, talent: str) -> list[dict[str, Any]]:
    if approval == "auto_in_scope":
        return []
    return [{"action": "obtainConsent", "consentingParty": _id(talent)}]


def _prohibitions(
    categories: tuple[str, ...], parties: dict[str, str], *, train: bool
) -> list[dict[str, Any]]:
    forbidden: list[dict[str, Any]] = []
    if categories:
        forbidden.append(
            {**parties, "action": "derive", "constraint": [_any_of("purpose", "category", categories)]}
        )
    if train:
        forbidden.append({**parties, "action": "extract"})
    return forbidden


def _any_of(operand: str, kind: str, values: tuple[str, ...]) -> dict[str, Any]:
    return {
        "leftOperand": operand,
        "operator": "isAnyOf",
        "rightOperand": [{"@id": f"urn:sosie:{kind}:{value}"} for value in values],
    }


def _date(operator: str, instant: int) -> dict[str, Any]:
    text = datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "leftOperand": "dateTime",
        "operator": operator,
        "rightOperand": {"@value": text, "@type": "xsd:dateTime"},
    }


def _count(number: int, unit: str) -> dict[str, Any]:
    return {
        "leftOperand": "count",
        "operator": "lteq",
        "rightOperand": {"@value": number, "@type": "xsd:integer"},
        "unit": f"sosie:{unit}",
    }


def _id(name: str) -> str:
    return f"urn:sosie:{name}"
