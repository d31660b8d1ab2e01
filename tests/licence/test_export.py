"""Exports, read back by parsers that are not ours: rdflib for ODRL's JSON-LD, ElementTree for RSL."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import ODRL2, RDF

from sosie.licence.export import odrl, plus, rsl

#: rdflib's own JSON-LD reader still uses a class that rdflib has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
RSL = {"r": rsl.NAMESPACE}


def graph(policy: dict[str, Any]) -> Graph:
    """The policy's triples; every ODRL word in them is one of ODRL 2.2."""
    found = Graph().parse(data=json.dumps(policy), format="json-ld")
    for triple in found:
        for term in triple:
            if isinstance(term, URIRef) and term.startswith(str(ODRL2)):
                assert term in ODRL2, term
    return found


def values(found: Graph, operand: URIRef) -> set[str]:
    """The right operands of every constraint on `operand`."""
    return {
        str(value)
        for constraint in found.subjects(ODRL2.leftOperand, operand)
        for value in found.objects(constraint, ODRL2.rightOperand)
    }


def test_a_licence_is_an_agreement(papers: Any) -> None:
    found = graph(odrl.agreement(papers.licence))
    policy = URIRef("urn:sosie:lic_000001")
    assert (policy, RDF.type, ODRL2.Agreement) in found
    assert (policy, ODRL2.conflict, ODRL2.prohibit) in found
    permission = next(found.subjects(ODRL2.action, ODRL2.derive))
    assert str(found.value(permission, ODRL2.assigner)) == "urn:sosie:tal_000001"
    assert str(found.value(permission, ODRL2.assignee)) == "urn:sosie:brd_000001"
    assert str(found.value(permission, ODRL2.target)) == "urn:sosie:twin:twn_000001:1"
    assert values(found, ODRL2.media) == {"urn:sosie:media:web_owned", "urn:sosie:media:email"}
    assert values(found, ODRL2.spatial) == {"urn:sosie:territory:FR", "urn:sosie:territory:DE"}
    assert values(found, ODRL2.industry) == {"urn:sosie:operation:restage", "urn:sosie:operation:relight"}
    assert values(found, ODRL2["count"]) == {"20", "10"}
    assert values(found, ODRL2.dateTime) == {"2027-01-15T07:59:10+00:00", "2027-01-16T08:00:00+00:00"}
    categories = {f"urn:sosie:category:{word}" for word in papers.terms.prohibited_categories}
    assert values(found, ODRL2.purpose) == categories | {"urn:sosie:purpose:ecommerce"}
    actions = {str(action).rsplit("/", 1)[-1] for action in found.objects(None, ODRL2.action)}
    assert actions == {"derive", "install", "watermark", "acceptTracking", "obtainConsent", "extract"}


def test_what_is_owed_is_a_duty(papers: Any, make: Any) -> None:
    rate = {"currency": "USD", "per_asset": 5, "usage_fee": 7}
    alone = {"category": "coats", "territory": ["EU"], "until": make.now}
    terms = make.change(papers.terms, rate=rate, exclusivity=alone, approval="auto_in_scope")
    found = graph(odrl.agreement(make.licence(terms)))
    assert values(found, ODRL2.payAmount) == {"5", "7"}
    units = {str(unit) for unit in found.objects(None, ODRL2.unit)}
    assert "urn:sosie:minor-units:USD:per_asset" in units
    assert list(found.subjects(ODRL2.action, ODRL2.ensureExclusivity))
    assert not list(found.subjects(ODRL2.action, ODRL2.obtainConsent))


def test_a_consent_is_an_offer_or_a_set_of_prohibitions(make: Any) -> None:
    found = graph(odrl.offer(make.consent()))
    policy = URIRef("urn:sosie:con_000001")
    assert (policy, RDF.type, ODRL2.Offer) in found
    assert values(found, ODRL2.elapsedTime) == {"P365D"}
    assert list(found.subjects(ODRL2.action, ODRL2.extract))
    trained = graph(odrl.offer(make.consent(training="general", prohibited_categories=[])))
    assert not list(trained.objects(policy, ODRL2.prohibition))
    closed = graph(odrl.offer(make.consent(posture="prohibited")))
    assert (policy, RDF.type, ODRL2.Set) in closed
    assert not list(closed.objects(policy, ODRL2.permission))
    assert len(list(closed.objects(policy, ODRL2.prohibition))) == 3


def test_a_word_odrl_does_not_know_is_found_out(make: Any) -> None:
    with pytest.raises(AssertionError):
        graph(odrl.offer(make.consent()) | {"conflict": "perhaps"})


def test_the_fields_of_a_picture_desk(papers: Any, make: Any) -> None:
    fields = plus.properties(papers.licence)
    assert fields == {
        "plus:LicenseID": "lic_000001",
        "plus:LicensorID": ["tal_000001"],
        "plus:LicenseeID": ["brd_000001"],
        "plus:EndUserID": ["brd_000001"],
        "plus:LicenseStartDate": "2027-01-15",
        "plus:LicenseEndDate": "2027-01-16",
        "plus:ModelReleaseStatus": "http://ns.useplus.org/ldf/vocab/MR-LMR",
        "plus:ModelReleaseID": [papers.consent.sha256()],
        "plus:MinorModelAgeDisclosure": "http://ns.useplus.org/ldf/vocab/AG-UNK",
        "plus:TermsAndConditionsText": papers.terms.intended_use,
        "plus:OtherConstraints": f"Not for: {', '.join(papers.terms.prohibited_categories)}.",
        "plus:DataMining": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-GENAIMLTRAINING",
    }
    free = make.licence(make.change(papers.terms, prohibited_categories=[], operations=["train"]))
    fields = plus.properties(free)
    assert fields["plus:OtherConstraints"] == "Not for: nothing forbidden."
    assert "plus:DataMining" not in fields


@pytest.mark.parametrize(
    ("fields", "permits", "prohibits", "pays"),
    [
        ({}, "media:ai-generate", "media:ai-train", True),
        ({"training": "general"}, "media:ai-train,media:ai-generate", None, True),
        ({"posture": "open", "training": "general"}, "media:ai-train,media:ai-generate", None, False),
        ({"posture": "prohibited", "training": "general"}, None, "media:ai-train,media:ai-generate", False),
    ],
)
def test_the_standing_posture(
    make: Any, fields: dict[str, Any], permits: str | None, prohibits: str | None, *, pays: bool
) -> None:
    data = rsl.document([make.consent(human_consent_id="<&>é", **fields)], server="https://r.example")
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<rsl xmlns=")
    root = ET.fromstring(data)
    content = root.find("r:content", RSL)
    assert content is not None
    assert content.attrib == {"url": "urn:sosie:tal_000001", "server": "https://r.example"}
    alternate = content.find("r:alternate", RSL)
    assert alternate is not None
    assert (alternate.text, alternate.attrib) == ("<&>é", {"type": "human-consent-id"})
    assert content.findtext("r:license/r:permits", None, RSL) == permits
    assert content.findtext("r:license/r:prohibits", None, RSL) == prohibits
    assert content.findtext("r:license/r:payment/r:custom", None, RSL) == (
        "https://r.example" if pays else None
    )
    assert {node.attrib["type"] for node in root.findall(".//r:license/*", RSL)} <= {"usage", "purchase"}


def test_nobody_is_nobody(make: Any) -> None:
    assert list(ET.fromstring(rsl.document([], server="https://r.example"))) == []
    bare = ET.fromstring(rsl.document([make.consent()], server="https://r.example"))
    assert bare.find("r:content/r:alternate", RSL) is None
