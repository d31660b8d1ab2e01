"""Attacks on documents and their signatures: each does one bad thing to papers that hold."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.attacks.attack import Attacks

from sosie.licence import canonical, chain, jws, keys
from sosie.licence.documents import Consent, Licence

attack = Attacks()


def text(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def take(papers: Any, **tokens: Any) -> object:
    """Verify the whole chain with some documents exchanged."""
    return chain.verify(papers.rebundle(**tokens), root=papers.root, device_key=papers.device_key)


def licence_token(papers: Any, header: Any, *, payload: bytes | None = None) -> object:
    """A licence under a header of the attacker's choice, signed with the registry's true key."""
    head, body, _ = papers.bundle.licence.split(".")
    given = json.loads(keys.b64decode(head)) | header if isinstance(header, dict) else header
    first, second = text(given), text(payload) if payload is not None else body
    signature = text(papers.registry.sign(f"{first}.{second}".encode()))
    return jws.verify(f"{first}.{second}.{signature}", Licence, papers.root.licence_keys)


@attack("forged licence", "signs a licence with a key of her own", "key_unknown")
def _forged_licence(papers: Any, make: Any) -> object:
    return take(papers, licence=jws.sign(papers.licence, make.signing("thief")))


@attack("edited licence", "changes one field under the registry's signature", "signature_invalid")
def _edited_licence(papers: Any, make: Any) -> object:
    head, body, signature = papers.bundle.licence.split(".")
    edited = text(keys.b64decode(body).replace(b'"delivered":20', b'"delivered":99'))
    return take(papers, licence=f"{head}.{edited}.{signature}")


@attack("signature stripped", "leaves the signature empty", "signature_invalid")
def _signature_stripped(papers: Any, make: Any) -> object:
    return take(papers, lease=papers.bundle.lease.rpartition(".")[0] + ".")


@attack("algorithm none", "says that no signature is needed", "algorithm_refused")
def _algorithm_none(papers: Any, make: Any) -> object:
    return licence_token(papers, {"alg": "none"})


@attack("algorithm confusion", "uses the public key as an HMAC secret (HS256)", "algorithm_refused")
def _algorithm_confusion(papers: Any, make: Any) -> object:
    return licence_token(papers, {"alg": "HS256"})


@attack("old algorithm name", "says EdDSA, which leaves the curve open", "algorithm_refused")
def _old_algorithm_name(papers: Any, make: Any) -> object:
    return licence_token(papers, {"alg": "EdDSA"})


@attack("key in the header", "brings her own key along in `jwk`", "document_malformed")
def _key_in_the_header(papers: Any, make: Any) -> object:
    return licence_token(papers, {"jwk": {"kty": "OKP"}})


@attack("critical extension", "asks for an unknown extension in `crit`", "document_malformed")
def _critical_extension(papers: Any, make: Any) -> object:
    return licence_token(papers, {"crit": "b64"})


@attack("key id swapped", "names another trusted role's key", "key_unknown")
def _key_id_swapped(papers: Any, make: Any) -> object:
    return licence_token(papers, {"kid": keys.thumbprint(papers.log.public_key())})


@attack("wrong role", "signs a lease with the log's key", "key_unknown")
def _wrong_role(papers: Any, make: Any) -> object:
    return take(papers, lease=jws.sign(papers.lease, papers.log))


@attack("document swapped", "sends a licence where a lease belongs", "document_kind")
def _document_swapped(papers: Any, make: Any) -> object:
    return take(papers, lease=papers.bundle.licence)


@attack("duplicate JSON keys", "says one thing to one parser and another to the next", "document_malformed")
def _duplicate_json_keys(papers: Any, make: Any) -> object:
    return licence_token(papers, {}, payload=b'{"id":"lic_000001","id":"lic_000002"}')


@attack("second spelling", "signs the same document with other white space", "document_malformed")
def _second_spelling(papers: Any, make: Any) -> object:
    payload = json.dumps(json.loads(papers.licence.canonical()), indent=1).encode()
    return licence_token(papers, {}, payload=payload)


@attack("unicode trick", "names a category with a look-alike letter", "document_invalid")
def _unicode_trick(papers: Any, make: Any) -> object:
    return make.change(papers.consent, prohibited_categories=["fur", "l\u0456ngerie"])


@attack("lone surrogate", "hides text that has no UTF-8 form", "document_invalid")
def _lone_surrogate(papers: Any, make: Any) -> object:
    return make.change(papers.terms, advertiser="\ud800")


@attack("floating money", "asks for half a cent", "document_invalid")
def _floating_money(papers: Any, make: Any) -> object:
    return make.change(papers.terms, rate={"currency": "EUR", "per_asset": 0.5})


@attack("oversize document", "sends a megabyte before any signature is checked", "document_too_large")
def _oversize_document(papers: Any, make: Any) -> object:
    return take(papers, lease="A" * 1_000_000)


@attack("nesting bomb", "nests lists a hundred thousand deep", "document_malformed")
def _nesting_bomb(papers: Any, make: Any) -> object:
    return canonical.parse(b"[" * 100_000, max_bytes=200_000)


@attack("base64 with stray bits", "spells one key in two ways", "document_malformed")
def _base64_with_stray_bits(papers: Any, make: Any) -> object:
    return keys.b64decode("AB")


@attack("consent substitution", "puts a wider consent of the same talent under a licence", "chain_broken")
def _consent_substitution(papers: Any, make: Any) -> object:
    wider = make.consent(operations=["restage", "relight", "voice"], prohibited_categories=[])
    return take(papers, consent=jws.sign(wider, papers.talent))


@attack("consent forged by the operator", "signs a consent with the registry's own key", "key_unknown")
def _consent_forged_by_the_operator(papers: Any, make: Any) -> object:
    return take(papers, consent=jws.sign(papers.consent, papers.registry))


@attack("terms nobody signed", "issues other terms under the talent's countersignature", "chain_broken")
def _terms_nobody_signed(papers: Any, make: Any) -> object:
    terms = make.change(papers.terms, advertiser="Somebody Else")
    licence = make.licence(terms, countersignature=papers.licence.countersignature)
    return take(papers, licence=jws.sign(licence, papers.registry))


@attack("licence wider than consent", "licences an operation the talent never allowed", "chain_broken")
def _licence_wider_than_consent(papers: Any, make: Any) -> object:
    licence = make.licence(make.terms(papers.consent, operations=["voice"]))
    return take(papers, licence=jws.sign(licence, papers.registry))


@attack("lease wider than licence", "leases a territory the licence does not hold", "chain_broken")
def _lease_wider_than_licence(papers: Any, make: Any) -> object:
    wide = papers.lease.scope.model_dump(mode="json") | {"territory": ["WORLD"]}
    return take(papers, lease=jws.sign(make.change(papers.lease, scope=wide), papers.registry))


@attack("lease for another device", "copies a lease to a second machine", "chain_broken")
def _lease_for_another_device(papers: Any, make: Any) -> object:
    thief = keys.thumbprint(make.signing("thief").public_key())
    return chain.verify(papers.bundle, root=papers.root, device_key=thief)


@attack("another twin's pack", "puts another pack's hash into a lease", "chain_broken")
def _another_twin_s_pack(papers: Any, make: Any) -> object:
    return take(papers, lease=jws.sign(make.change(papers.lease, pack_sha256="0" * 64), papers.registry))


@attack("stolen pack key", "opens the sealed pack key with another machine's key", "key_not_for_us")
def _stolen_pack_key(papers: Any, make: Any) -> object:
    return keys.unwrap(papers.lease.wrapped_key, make.sealing("thief"), info=b"")


@attack("HPKE info swap", "opens the pack key as if the lease lasted longer", "key_not_for_us")
def _hpke_info_swap(papers: Any, make: Any) -> object:
    info = keys.lease_info(
        lease=papers.lease.id,
        pack_sha256=papers.lease.pack_sha256,
        device_key=papers.lease.device_key,
        not_after=papers.lease.scope.not_after + 1,
    )
    return keys.unwrap(papers.lease.wrapped_key, papers.device_seal, info=info)


@attack("truncated token", "cuts a document in the middle", "document_malformed")
def _truncated_token(papers: Any, make: Any) -> object:
    token = papers.bundle.consent
    return jws.verify(token[: len(token) // 2].rpartition(".")[0], Consent, [papers.talent.public_key()])
