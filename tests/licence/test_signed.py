"""Documents, canonical JSON, JWS and keys: what is accepted, and every attack that is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sosie.errors import VerificationError
from sosie.licence import billing, canonical, documents, exchange, jws, keys, sign_in

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_canonical_json_goes_there_and_back(value: Any) -> None:
    data = canonical.canonical(value)
    assert canonical.parse(data, max_bytes=1_000_000) == value
    assert canonical.canonical(json.loads(data)) == data


def test_canonical_json_is_the_known_one() -> None:
    value = {"b": [1, "é", None, True], "a": {"y": "\n", "x": -1}}
    assert canonical.canonical(value) == b'{"a":{"x":-1,"y":"\\n"},"b":[1,"\xc3\xa9",null,true]}'
    with pytest.raises(TypeError):
        canonical.canonical({"a": [1.5]})


@pytest.mark.parametrize(
    "data",
    [b'{"a":1,"a":2}', b"1.0", b"NaN", b"\xff", b"{", b"[" * 100_000, b"1e3", b'{"a":{"b":1,"b":1}}'],
)
def test_json_that_is_not_strict(data: bytes) -> None:
    assert code(canonical.parse, data, max_bytes=200_000) == "document_malformed"


def test_size_comes_before_parsing() -> None:
    assert code(canonical.parse, b"{" * 11, max_bytes=10) == "document_too_large"


def code(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(VerificationError) as caught:
        call(*args, **kwargs)
    assert caught.value.remedy
    return caught.value.code


def test_every_document_goes_there_and_back(papers: Any) -> None:
    for document, key in (
        (papers.consent, papers.talent),
        (papers.approval, papers.talent),
        (papers.licence, papers.registry),
        (papers.lease, papers.registry),
    ):
        token = jws.sign(document, key)
        assert jws.verify(token, type(document), [papers.log.public_key(), key.public_key()]) == document
        assert type(document).parse(document.canonical()) == document


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_attacks_on_a_token(papers: Any) -> None:
    key, public = papers.registry, papers.registry.public_key()
    token = papers.bundle.licence
    head, body, signature = token.split(".")
    header = json.loads(keys.b64decode(head))
    kind = documents.Licence

    def attack(*parts: str) -> str:
        return code(jws.verify, ".".join(parts), kind, [public])

    def resigned(value: Any, payload: str = body) -> str:
        first = part(value)
        return attack(first, payload, part(key.sign(f"{first}.{payload}".encode())))

    mac = hmac.new(public.public_bytes_raw(), f"{part(header | {'alg': 'HS256'})}.{body}".encode(), "sha256")
    assert attack(part(header | {"alg": "none"}), body, "") == "algorithm_refused"
    assert attack(part(header | {"alg": "HS256"}), body, part(mac.digest())) == "algorithm_refused"
    assert resigned(header | {"alg": "EdDSA"}) == "algorithm_refused"
    assert resigned({"kid": header["kid"], "typ": header["typ"]}) == "algorithm_refused"
    assert resigned(header | {"crit": "exp"}) == "document_malformed"
    assert resigned(header | {"jwk": {"kty": "OKP"}}) == "document_malformed"
    assert resigned({"alg": "Ed25519", "kid": header["kid"]}) == "document_malformed"
    assert resigned(["alg"]) == "document_malformed"
    assert resigned(header | {"typ": "sosie-lease+jws"}) == "document_kind"
    stranger = keys.thumbprint(papers.talent.public_key())
    assert resigned(header | {"kid": stranger}) == "key_unknown"
    assert attack(part(b'{"alg":"Ed25519","alg":"Ed25519"}'), body, signature) == "document_malformed"
    assert attack(head, body) == "document_malformed"
    assert attack(head, body, signature, "") == "document_malformed"
    assert attack("?", body, signature) == "document_malformed"
    assert attack(head, body, "") == "signature_invalid"
    assert attack(head, body, "?") == "signature_invalid"
    changed = part(keys.b64decode(body).replace(b"Maison", b"Maisom"))
    assert attack(head, changed, signature) == "signature_invalid"
    assert attack(head, body, part(bytes(64))) == "signature_invalid"
    assert attack("a" * 200_000, body, signature) == "document_too_large"
    # signed, but not canonical, not strict, not valid
    spaced = json.dumps(json.loads(keys.b64decode(body)), indent=1).encode()
    assert resigned(header, part(spaced)) == "document_malformed"
    assert resigned(header, part(b'{"id":1,"id":1}')) == "document_malformed"
    assert resigned(header, part({"id": "lic_000001"})) == "document_invalid"
    assert resigned(header, part([1])) == "document_invalid"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signed_at", 1.5),
        ("signed_at", "1800000000"),
        ("signed_at", True),
        ("posture", "maybe"),
        ("operations", ["teleport"]),
        ("prohibited_categories", ["competitor:"]),
        ("territory_max", ["Europe"]),
        ("term_max_days", 1096),
        ("extra", 1),
        ("language", "english!"),
        ("id", "../../etc"),
        ("takedown_days", 7),
        ("aftermath", "takedown"),
        ("language", "\ud800"),
    ],
)
def test_consents_that_are_none(papers: Any, make: Any, field: str, value: Any) -> None:
    assert code(make.change, papers.consent, **{field: value}) == "document_invalid"


@pytest.mark.parametrize(
    "fields",
    [
        {"intended_use": "adverts"},
        {"not_after": 1_800_000_000 - 60},
        {"not_after": 1_800_000_000 + 1096 * 86_400},
        {"agency": None},
        {"split": {"talent": 8_000, "agency": 1_000, "platform": 999}},
        {"territory": []},
        {"rate": {"currency": "EUR", "per_asset": -1}},
        {"rate": {"buyout": True, "per_asset": 1}},
        {"rate": {"buyout": True, "per_variant": 1}},
        {"exclusivity": {"category": "coats", "territory": ["FR"], "until": 1_800_000_000 - 50}},
        {"renewal": "automatic"},
        {"territory": ["UK"]},
        {"kill_fee_bp": 10_001},
    ],
)
def test_terms_that_are_none(papers: Any, make: Any, fields: dict[str, Any]) -> None:
    assert code(make.change, papers.terms, **fields) == "document_invalid"


def test_an_agency_takes_no_more_than_the_law_allows(papers: Any, make: Any) -> None:
    split = {"talent": 6_000, "agency": 3_000, "platform": 1_000}
    assert code(make.change, papers.terms, split=split) == "commission_too_high"


def test_the_clauses_people_agree_on(make: Any, papers: Any) -> None:
    """Every field of the agreed vocabulary, with its default."""
    terms = papers.terms
    assert (terms.kill_fee_bp, terms.late_fee_bp, terms.pay_days, terms.wind_down_days) == (5_000, 0, 30, 30)
    assert (terms.quota.seats, terms.quota.devices_per_seat) == (5, 2)
    assert terms.exclusivity is None
    assert terms.sublicense == ()
    assert terms.morals.talent_may_suspend
    assert terms.morals.brand_may_suspend
    alone = {"category": "coats", "territory": ["EU"], "until": make.now, "fee": 5}
    assert make.change(terms, exclusivity=alone).exclusivity.fee == 5
    assert make.change(terms, rate={"buyout": True, "usage_fee": 9}).rate.buyout
    taken = make.change(papers.consent, aftermath="takedown", takedown_days=7)
    assert taken.takedown_days == 7


def test_a_revocation_names_one_thing() -> None:
    base = {"talent": "tal_000001", "signed_at": 1}
    assert code(documents.Revocation.of, base) == "document_invalid"
    both = base | {"licence": "lic_000001", "consent_sha256": "0" * 64}
    assert code(documents.Revocation.of, both) == "document_invalid"
    assert documents.Revocation.of(base | {"licence": "lic_000001"}).reason == "safety"


def test_keys_go_there_and_back(papers: Any) -> None:
    signing, sealing = papers.device, papers.device_seal
    assert keys.signing_private(keys.private_pem(signing)).private_bytes_raw() == signing.private_bytes_raw()
    assert keys.sealing_private(keys.private_pem(sealing)).private_bytes_raw() == sealing.private_bytes_raw()
    public = keys.signing_public(keys.public_text(signing.public_key()))
    assert keys.thumbprint(public) == keys.thumbprint(signing.public_key())
    assert keys.thumbprint(sealing.public_key()) != keys.thumbprint(signing.public_key())
    raw = keys.public_text(signing.public_key())
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{raw}"}}'.encode()
    assert keys.thumbprint(public) == part(hashlib.sha256(jwk).digest())


def test_keys_that_are_none(papers: Any) -> None:
    assert code(keys.signing_public, "AAAA") == "key_malformed"
    assert code(keys.sealing_public, "A" * 44) == "key_malformed"
    assert code(keys.b64decode, "A") == "document_malformed"
    assert code(keys.b64decode, "AB") == "document_malformed"  # stray bits: a second spelling of one byte
    assert code(keys.b64decode, "AA==") == "document_malformed"
    assert code(keys.signing_private, b"nonsense") == "key_malformed"
    for number in (b"J2Vw", b"K2Vv"):  # of no algorithm, and of another curve (found by fuzzing)
        other = keys.private_pem(papers.device).replace(b"K2Vw", number)
        assert code(keys.signing_private, other) == "key_malformed"
    assert code(keys.signing_private, keys.private_pem(papers.device_seal)) == "key_malformed"
    assert code(keys.sealing_private, keys.private_pem(papers.device)) == "key_malformed"


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=40))
def test_sealed_for_one_reader_and_one_purpose(secret: bytes, info: bytes) -> None:
    reader, other = (keys.X25519PrivateKey.generate() for _ in range(2))
    sealed = keys.wrap(secret, reader.public_key(), info=info)
    assert keys.unwrap(sealed, reader, info=info) == secret
    assert code(keys.unwrap, sealed, other, info=info) == "key_not_for_us"
    assert code(keys.unwrap, sealed, reader, info=info + b"x") == "key_not_for_us"
    assert code(keys.unwrap, "AA", reader, info=info) == "key_not_for_us"


def test_what_a_pack_key_is_bound_to() -> None:
    one = keys.pack_info(pack_sha256="a", consent_sha256="b")
    assert one == b'["sosie-pack-key","a","b"]'
    assert one != keys.pack_info(pack_sha256="ab", consent_sha256="")


def test_requests_are_closed_and_answers_open() -> None:
    with pytest.raises(ValidationError):
        exchange.NewSeat.model_validate({"name": "x", "more": 1})
    with pytest.raises(ValidationError):
        sign_in.PollSignIn.model_validate({"device_code": "12345678", "more": 1})
    with pytest.raises(ValidationError):
        billing.PaymentReceived.model_validate({"minor": 1, "more": 1})
    head = exchange.JournalHead.model_validate({"n": 1, "sha256": "0", "more": 1})
    assert head.model_dump() == {"n": 1, "sha256": "0"}
