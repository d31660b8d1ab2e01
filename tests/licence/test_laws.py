"""The laws of the lattice and of everything that goes there and back, on generated documents."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sosie.errors import RefusedError, VerificationError
from sosie.licence import checkpoint, jws, money, scope, status, tree, vocabulary
from sosie.licence.documents import Consent, Scope
from sosie.licence.gate import Gate
from sosie.messages import Use

TERRITORIES = ("FR", "DE", "NO", "US", "EU", "EEA", "WORLD")
FORBIDDEN = ("swimwear", "tobacco", "fur", "competitor:acme")
#: Fields whose words allow; the others forbid or bound.
ALLOWING = ("purpose", "media", "territory", "operations")
#: 10,000 pairs, or the few of the brief profile.
pairs = settings(max_examples=20 if settings.get_current_profile_name() == "brief" else 10_000)


def some(words: Any, least: int = 0) -> Any:
    return st.lists(st.sampled_from(sorted(words)), min_size=least, max_size=3, unique=True).map(tuple)


#: The fields that narrow alike in a lease and in terms; terms want at least one word in each list.
agreements = st.fixed_dictionaries(
    {
        "purpose": some(("ecommerce", "campaign"), 1),
        "media": some(("web_owned", "email", "tv"), 1),
        "territory": some(TERRITORIES, 1),
        "operations": some(("restage", "relight", "train"), 1),
        "prohibited_categories": some(FORBIDDEN),
        "not_before": st.integers(0, 3),
        "not_after": st.integers(4, 7),
    }
)
scopes = st.builds(
    Scope,
    purpose=some(("ecommerce", "campaign")),
    media=some(("web_owned", "email", "tv")),
    territory=some(TERRITORIES),
    operations=some(("restage", "relight", "train")),
    prohibited_categories=some(FORBIDDEN),
    max_px=st.integers(0, 3),
    not_before=st.integers(0, 3),
    not_after=st.integers(0, 3),
)
uses = st.builds(
    Use,
    purpose=st.sampled_from(("ecommerce", "campaign")),
    media=some(("web_owned", "email", "tv")),
    territory=some(TERRITORIES),
    operation=st.sampled_from(("restage", "relight", "train")),
    categories=some(FORBIDDEN),
)


def within(inner: Any, outer: Any) -> bool:
    return not scope.refusals(inner, outer)


def widened(inner: Scope, data: Any) -> Scope:
    """A scope that allows everything `inner` does, and perhaps more."""
    more = data.draw(scopes)
    update: dict[str, Any] = {
        name: tuple(dict.fromkeys((*getattr(inner, name), *getattr(more, name)))) for name in ALLOWING
    }
    return inner.model_copy(
        update={
            **update,
            "prohibited_categories": tuple(
                set(inner.prohibited_categories) & set(more.prohibited_categories)
            ),
            "max_px": max(inner.max_px, more.max_px),
            "not_before": min(inner.not_before, more.not_before),
            "not_after": max(inner.not_after, more.not_after),
        }
    )


@pairs
@given(scopes, scopes)
def test_two_scopes_within_each_other_allow_the_same(a: Scope, b: Scope) -> None:
    """Antisymmetric, up to the spelling: order, repetition, and a region's countries beside the region."""
    assert within(a, a)
    if within(a, b) and within(b, a):
        one, other = scope.limits_of(a), scope.limits_of(b)
        world = vocabulary.WORLD in one.territory and vocabulary.WORLD in other.territory
        assert (one.purpose, one.media, one.operations) == (other.purpose, other.media, other.operations)
        assert world or one.territory == other.territory
        assert one.prohibited == other.prohibited
        assert (one.max_px, one.not_before, one.not_after) == (
            other.max_px,
            other.not_before,
            other.not_after,
        )


@pairs
@given(scopes, uses, st.data())
def test_widening_never_refuses_what_was_allowed(inner: Scope, use: Use, data: Any) -> None:
    outer = widened(inner, data)
    assert within(inner, outer)
    if within(use, inner):
        assert within(use, outer)
    if not within(use, outer):  # narrowing never allows what was refused
        assert not within(use, inner)


@settings(parent=pairs, max_examples=max(20, pairs.max_examples // 10))
@given(uses, scopes, agreements, st.sampled_from(("none", "general")))
def test_lease_within_licence_within_consent(
    make: Any, use: Use, narrow: Scope, agreed: dict[str, Any], training: str
) -> None:
    """What passes the last gate lies within the talent's consent, whatever was signed in between."""
    consent = make.consent(
        training=training, territory_max=agreed["territory"], prohibited_categories=["tobacco"]
    )
    terms = make.terms(consent, **agreed)
    lease = scope.scope_of(terms).model_copy(update={"media": narrow.media, "operations": narrow.operations})
    if within(use, lease) and within(lease, terms) and within(terms, consent):
        assert within(lease, consent)
        assert within(use, terms)
        assert within(use, consent)


@given(scopes, uses, st.integers(0, 4), st.integers(0, 4), st.booleans())
def test_the_gate_is_never_wider_than_its_lease(
    papers: Any, some_scope: Scope, use: Use, now: int, used: int, revoked: bool
) -> None:
    lease = papers.lease.model_copy(update={"scope": some_scope})
    gate = Gate(lease, device=lease.device_key, revoked=revoked)
    allowed = (
        some_scope.not_before <= now < some_scope.not_after
        and not revoked
        and used < lease.renders
        and within(use, some_scope)
    )
    if allowed:
        assert gate.check(use, now, used=used).renders_left == lease.renders - used - 1
    else:
        with pytest.raises(RefusedError):
            gate.check(use, now, used=used)


consents = st.builds(
    dict,
    posture=st.sampled_from(("prohibited", "with_terms", "open")),
    operations=some(vocabulary.OPERATIONS),
    prohibited_categories=some(FORBIDDEN),
    training=st.sampled_from(("none", "per_licence_adapter", "general")),
    territory_max=some(TERRITORIES),
    term_max_days=st.integers(1, 1095),
    offline_max_s=st.integers(0, 30 * 86_400),
    human_consent_id=st.none() | st.text(st.characters(codec="utf-8"), max_size=50),
)


@given(consents)
def test_a_signed_document_goes_there_and_back(papers: Any, make: Any, fields: dict[str, Any]) -> None:
    consent = make.consent(**fields)
    token = jws.sign(consent, papers.talent)
    back = jws.verify(token, Consent, [papers.talent.public_key()])
    assert back == consent
    assert Consent.parse(consent.canonical()) == consent
    assert back.sha256() == hashlib.sha256(consent.canonical()).hexdigest()


@given(st.data())
def test_a_token_with_one_other_character_never_holds(papers: Any, data: Any) -> None:
    token = papers.bundle.consent
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != token[at]))
    with pytest.raises(VerificationError):
        jws.verify(token[:at] + other + token[at + 1 :], Consent, [papers.talent.public_key()])


@given(
    st.integers(0, 10**15),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 10**12),
)
def test_a_checkpoint_goes_there_and_back(
    papers: Any, size: int, root: bytes, digest: bytes, time: int
) -> None:
    note = checkpoint.Checkpoint("test-registry", size, root, digest, time)
    signed = checkpoint.sign(note, papers.log)
    assert checkpoint.verify(signed, origin="test-registry", key=papers.log.public_key()) == note


@given(st.sets(st.integers(0, status.LENGTH - 1), max_size=40), st.integers(0, status.LENGTH - 1))
def test_a_status_list_says_what_was_set(indices: set[int], other: int) -> None:
    bits = status.bitstring(indices)
    assert all(status.is_set(bits, index) for index in indices)
    assert status.is_set(bits, other) == (other in indices)
    assert sum(byte.bit_count() for byte in bits) == len(indices)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10_000), min_size=3, max_size=3))
def test_nothing_is_lost_in_a_split(amount: int, cuts: list[int]) -> None:
    low, middle, high = sorted(cuts)
    parts = {"a": low, "b": middle - low, "c": high - middle, "d": 10_000 - high}
    shares = money.split(amount, parts)
    assert sum(shares.values()) == amount
    assert all(shares[name] == 0 for name, part in parts.items() if part == 0)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_every_proof_holds_and_no_other(leaves: list[bytes], data: Any) -> None:
    nodes: dict[tuple[int, int], bytes] = {}

    def lookup(level: int, index: int) -> bytes:
        return nodes[level, index]

    for size, leaf in enumerate(leaves):
        for level, at, value in tree.appended(lookup, size, tree.leaf_hash(leaf)):
            nodes[level, at] = value
    size = len(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, path = tree.root(lookup, size), tree.inclusion(lookup, index, size)
    leaf = tree.leaf_hash(leaves[index])
    assert tree.verify_inclusion(leaf, index, size, path, root)
    for other in range(size):
        if leaves[other] != leaves[index]:
            assert not tree.verify_inclusion(leaf, other, size, path, root)
    proof = tree.consistency(lookup, old, size)
    assert tree.verify_consistency(old, size, proof, tree.root(lookup, old), root)
    if old < size and tree.root(lookup, old) != root:
        assert not tree.verify_consistency(old, size, proof, root, root)
