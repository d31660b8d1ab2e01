"""The lattice, its laws, and the render gate on top of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sosie.errors import RefusedError
from sosie.licence import scope, vocabulary
from sosie.licence.documents import Scope
from sosie.licence.gate import Gate
from sosie.messages import Grant, Use

CATEGORIES = ("swimwear", "tobacco", "fur", "competitor:acme")
TERRITORIES = ("FR", "DE", "NO", "US", "EU", "EEA", "WORLD")


def some(words: Any, minimum: int = 0) -> Any:
    return st.lists(st.sampled_from(sorted(words)), min_size=minimum, max_size=4, unique=True).map(tuple)


scopes = st.builds(
    Scope,
    purpose=some(("ecommerce", "campaign", "pr")),
    media=some(("web_owned", "email", "tv")),
    territory=some(TERRITORIES),
    operations=some(("restage", "relight", "dress")),
    prohibited_categories=some(CATEGORIES),
    max_px=st.integers(0, 3),
    not_before=st.integers(0, 3),
    not_after=st.integers(0, 3),
)
uses = st.builds(
    Use,
    purpose=st.sampled_from(("ecommerce", "campaign", "nonsense")),
    media=some(("web_owned", "email", "tv")),
    territory=some(TERRITORIES),
    operation=st.sampled_from(("restage", "relight", "train")),
    categories=some(CATEGORIES),
)


def within(inner: Any, outer: Any) -> bool:
    return not scope.refusals(inner, outer)


def test_what_is_within(papers: Any) -> None:
    use = Use(territory=("FR",))
    assert within(use, papers.lease.scope)
    assert within(use, papers.terms)
    assert within(use, papers.consent)
    assert within(papers.lease.scope, papers.terms)
    assert within(papers.lease.scope, papers.consent)
    assert within(papers.terms, papers.consent)


@given(scopes)
def test_reflexive(some_scope: Scope) -> None:
    assert within(some_scope, some_scope)


@settings(max_examples=1000)
@given(scopes, scopes, scopes)
def test_transitive(a: Scope, b: Scope, c: Scope) -> None:
    if within(a, b) and within(b, c):
        assert within(a, c)


@settings(max_examples=2000)
@given(uses, scopes, scopes)
def test_what_a_narrower_scope_allows_the_wider_allows(use: Use, inner: Scope, outer: Scope) -> None:
    narrowed = inner.model_copy(
        update={
            "purpose": tuple(set(inner.purpose) & set(outer.purpose)),
            "media": tuple(set(inner.media) & set(outer.media)),
            "territory": tuple(
                t
                for t in inner.territory
                if not vocabulary.outside((t,), vocabulary.countries(outer.territory))
            ),
            "operations": tuple(set(inner.operations) & set(outer.operations)),
            "prohibited_categories": tuple({*inner.prohibited_categories, *outer.prohibited_categories}),
            "max_px": min(inner.max_px, outer.max_px),
            "not_before": max(inner.not_before, outer.not_before),
            "not_after": min(inner.not_after, outer.not_after),
        }
    )
    assert within(narrowed, outer)
    if within(use, narrowed):
        assert within(use, outer)


@settings(max_examples=2000)
@given(uses, scopes)
def test_the_hot_path_says_what_the_lattice_says(use: Use, some_scope: Scope) -> None:
    assert scope.limits_of(some_scope).allows(use) == within(use, some_scope)


@pytest.mark.parametrize(
    ("use", "expected", "word"),
    [
        (Use(territory=("US",)), "territory_not_licensed", "US"),
        (Use(territory=("EU",)), "territory_not_licensed", "EU"),
        (Use(territory=("FR",), media=("tv",)), "media_not_licensed", "tv"),
        (Use(territory=("FR",), purpose="pr"), "purpose_not_licensed", "pr"),
        (Use(territory=("FR",), operation="voice"), "operation_not_licensed", "voice"),
        (Use(territory=("FR",), categories=("fur",)), "category_prohibited", "fur"),
        (Use(territory=()), "use_incomplete", "territory"),
        (Use(territory=("FR",), media=()), "use_incomplete", "media"),
    ],
)
def test_refusals_are_readable(papers: Any, use: Use, expected: str, word: str) -> None:
    found = scope.refusals(use, papers.lease.scope)
    assert [item.code for item in found] == [expected]
    assert word in found[0].message
    assert found[0].remedy
    with pytest.raises(RefusedError, match=word):
        scope.require(found)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"operations": ["age_shift"]}, "operation_not_licensed"),
        ({"prohibited_categories": []}, "category_prohibited"),
        ({"approval": "per_campaign"}, "approval_not_consented"),
        ({"not_after": 1_800_000_000 + 400 * 86_400}, "term_not_consented"),
    ],
)
def test_terms_beyond_the_consent(papers: Any, make: Any, fields: dict[str, Any], expected: str) -> None:
    assert [r.code for r in scope.refusals(make.terms(papers.consent, **fields), papers.consent)] == [
        expected
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"posture": "prohibited"}, "consent_prohibits"),
        ({"territory_max": ["EU"]}, None),
        ({"territory_max": ["FR"]}, "territory_not_licensed"),
        ({"media_max": ["web_owned"]}, "media_not_licensed"),
        ({"operations": ["restage", "relight", "train"]}, "operation_not_licensed"),
        ({"operations": ["restage", "relight", "train"], "training": "general"}, None),
    ],
)
def test_consents_narrower_than_the_terms(make: Any, fields: dict[str, Any], expected: str | None) -> None:
    consent = make.consent(**fields)
    terms = make.terms(consent, operations=sorted({"restage", *fields.get("operations", [])}))
    assert [r.code for r in scope.refusals(terms, consent)] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"max_px": 10**9}, "size_not_licensed"),
        ({"not_before": 0}, "term_not_licensed"),
        ({"not_after": 2**40}, "term_not_licensed"),
    ],
)
def test_leases_beyond_the_licence(papers: Any, fields: dict[str, Any], expected: str) -> None:
    wider = papers.lease.scope.model_copy(update=fields)
    assert [r.code for r in scope.refusals(wider, papers.terms)] == [expected]


def test_an_error_without_reasons_is_still_a_no() -> None:
    assert scope.error([]).code == "refused"


def refused(gate: Gate, use: Use, now: int, **more: int) -> str:
    with pytest.raises(RefusedError) as caught:
        gate.check(use, now, **more)
    assert caught.value.remedy
    return caught.value.code


def test_the_gate(papers: Any, make: Any) -> None:
    use = Use(territory=("FR", "DE"))
    gate = Gate(papers.lease, device=papers.device_key)
    grant = gate.check(use, make.now, used=1, pixels=24_000_000)
    assert grant == Grant(
        licence="lic_000001",
        lease="lea_000001",
        twin="twn_000001",
        revision=1,
        seat="sea_000001",
        device="dev_000001",
        renders_left=1,
        not_after=make.now + 900,
    )
    assert gate.lease is papers.lease
    assert refused(gate, use, make.now - 1) == "lease_not_yet"
    assert refused(gate, use, make.now + 900) == "lease_expired"
    assert gate.check(use, make.now + 899)
    assert refused(gate, use, make.now, used=3) == "quota_exhausted"
    assert refused(gate, use, make.now, pixels=24_000_001) == "size_not_licensed"
    assert refused(gate, replace(use, territory=("US",)), make.now) == "territory_not_licensed"
    assert refused(Gate(papers.lease, device="other"), use, make.now) == "lease_other_device"
    assert (
        refused(Gate(papers.lease, device=papers.device_key, revoked=True), use, make.now)
        == "licence_revoked"
    )
