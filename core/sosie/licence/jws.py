"""Signed documents: JWS compact serialisation, one algorithm (`Ed25519`, RFC 9864), checks in a fixed order.

1. size, before anything is parsed; 2. three parts; 3. the header: strict JSON without duplicate keys, exactly
`alg`, `kid` and `typ`; 4. `alg` is Ed25519 and nothing else; 5. `typ` is the document that was asked for;
6. `kid` names a key the caller trusts for this role; 7. the signature, by joserfc; 8. the payload: strict
JSON, in its canonical form, valid as the document's model. The first check that fails names the error.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from sosie.errors import VerificationError
from sosie.licence import canonical, keys
from sosie.licence.document import Document

ALGORITHM = "Ed25519"
D = TypeVar("D", bound=Document)


def sign(document: Document, key: Ed25519PrivateKey) -> str:
    """`document` as a JWS (RFC 7515, 5.1); the header's `kid` is the key's thumbprint."""
    header = {"alg": ALGORITHM, "kid": keys.thumbprint(key.public_key()), "typ": document.typ}
    signed = f"{keys.b64encode(canonical.canonical(header))}.{keys.b64encode(document.canonical())}"
    return f"{signed}.{keys.b64encode(key.sign(signed.encode()))}"


def verify(token: str, kind: type[D], trusted: Iterable[Ed25519PublicKey]) -> D:
    """The document in `token`, signed by one of the `trusted` keys.

    Raises:
        VerificationError: `document_too_large`, `document_malformed`, `algorithm_refused`,
            `document_kind`, `key_unknown`, `signature_invalid` or `document_invalid`.
    """
    return verify_named(token, kind, trusted)[0]


def verify_named(token: str, kind: type[D], trusted: Iterable[Ed25519PublicKey]) -> tuple[D, str]:
    """As `verify`, with the document's `sha256`: its canonical bytes are those that were verified."""
    header = read_header(token, kind)
    by_kid = {keys.thumbprint(key): key for key in trusted}
    key = by_kid.get(header["kid"])
    if key is None:
        raise _refuse("key_unknown", f"This {_name(kind)} is signed by a key that is not trusted for it.")
    jwk = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": keys.public_text(key)})
    try:
        payload = jws.deserialize_compact(token, jwk, algorithms=[ALGORITHM]).payload
    except (JoseError, ValueError) as error:
        raise _refuse("signature_invalid", f"The signature of this {_name(kind)} does not hold.") from error
    document = kind.parse(payload)
    if document.canonical() != payload:
        raise _refuse("document_malformed", f"This {_name(kind)} is not in its canonical form.")
    return document, canonical.sha256_hex(payload)


def read_header(token: str, kind: type[Document]) -> dict[str, str]:
    """The checked header of an unverified token: checks 1 to 5. Good for looking up a key, for nothing else."""
    if len(token) > 2 * kind.max_bytes:
        raise _refuse("document_too_large", f"The token has {len(token)} characters.")
    parts = token.split(".")
    if len(parts) != 3:
        raise _refuse("document_malformed", "A token has three parts.")
    header = canonical.parse(keys.b64decode(parts[0]), max_bytes=1_024)
    if not isinstance(header, dict) or not all(isinstance(value, str) for value in header.values()):
        raise _refuse("document_malformed", "The token's header is no table of words.")
    if header.get("alg") != ALGORITHM:
        raise _refuse("algorithm_refused", f"Only {ALGORITHM} is accepted, not {header.get('alg')!r}.")
    if header.keys() != {"alg", "kid", "typ"}:
        raise _refuse("document_malformed", "The token's header holds exactly alg, kid and typ.")
    if header["typ"] != kind.typ:
        raise _refuse("document_kind", f"A {_name(kind)} was expected, this says {header['typ']!r}.")
    return header


def _name(kind: type[Document]) -> str:
    return kind.__name__.lower()


def _refuse(code: str, message: str) -> VerificationError:
    return VerificationError(
        message, remedy="Do not use it: ask the one who should have signed it for a new one.", code=code
    )
