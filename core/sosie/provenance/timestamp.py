"""The registry's own timestamp authority (RFC 3161): a pure answer to a request, mounted as `POST /tsa`.

A C2PA signature is judged by when it was made. Without a timestamp nobody knows, and each delivered file turns
`Invalid` on the day the claim certificate expires; with one it stays `Trusted` under the same root.

What it stamps: SHA-256, SHA-384 or SHA-512 digests. What it leaves out, as RFC 3161 allows: policies asked for (refused
as unaccepted), extensions (refused as badly formed), ordering across servers. The token's policy is the "any policy" OID.

Mount it on the loopback address only: a service that stamps anybody's digest lends its clock to anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sosie.provenance.certificates import ClaimSigner

REQUEST_TYPE = "application/timestamp-query"
RESPONSE_TYPE = "application/timestamp-reply"
#: A request is a digest, a nonce and little else.
MAX_REQUEST = 4_096

_DIGESTS = {"2.16.840.1.101.3.4.2.1": 32, "2.16.840.1.101.3.4.2.2": 48, "2.16.840.1.101.3.4.2.3": 64}
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
_ANY_POLICY = "2.5.29.32.0"

# PKIFailureInfo bits, RFC 3161, 2.4.2.
_BAD_ALGORITHM, _BAD_REQUEST, _BAD_FORMAT, _NO_POLICY = 0, 2, 5, 15


@asn1.sequence
@dataclass
class _Algorithm:
    oid: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
@dataclass
class _Imprint:
    algorithm: _Algorithm
    digest: bytes


@asn1.sequence
@dataclass
class _Request:
    version: int
    imprint: _Imprint
    policy: x509.ObjectIdentifier | None
    nonce: int | None
    certificates: Annotated[bool, asn1.Default(False)]


def respond(request: bytes, signer: ClaimSigner, now: int, *, serial: Callable[[], int]) -> bytes:
    """The answer to a timestamp request: a token, or a refusal that says why; never an exception for bad input.

    Args:
        request: DER of a TimeStampReq.
        signer: chain (leaf with the timestamping usage first) and key.
        now: Unix seconds, UTC: the time that is vouched for.
        serial: unique positive numbers, `x509.random_serial_number` outside tests.
    """
    if len(request) > MAX_REQUEST:
        return _refusal(_BAD_FORMAT)
    try:
        asked = asn1.decode_der(_Request, request)
    except ValueError:
        return _refusal(_BAD_FORMAT)
    if asked.version != 1:
        return _refusal(_BAD_REQUEST)
    if _DIGESTS.get(asked.imprint.algorithm.oid.dotted_string) != len(asked.imprint.digest):
        return _refusal(_BAD_ALGORITHM)
    if asked.policy is not None:
        return _refusal(_NO_POLICY)
    token = _token(_info(asked, now, serial()), signer, with_chain=asked.certificates)
    return _sequence(_sequence(_integer(0)), token)


def _info(asked: _Request, now: int, serial: int) -> bytes:
    """TSTInfo: what is signed."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d%H%M%SZ")
    imprint = _sequence(_algorithm(asked.imprint.algorithm.oid.dotted_string), _octets(asked.imprint.digest))
    return _sequence(
        _integer(1),
        _oid(_ANY_POLICY),
        imprint,
        _integer(serial),
        _der(0x18, moment.encode()),
        _sequence(_integer(1)),  # accuracy: one second
        b"" if asked.nonce is None else _integer(asked.nonce),
    )


def _token(info: bytes, signer: ClaimSigner, *, with_chain: bool) -> bytes:
    """CMS SignedData (RFC 5652) over `info`, with the attributes RFC 3161 and RFC 5816 ask for."""
    chain = x509.load_pem_x509_certificates(signer.chain_pem)
    key = serialization.load_pem_private_key(signer.key_pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(_der(0x31, *_attributes(info, chain[0])), ec.ECDSA(hashes.SHA256()))
    return _assemble(info, chain[0], [_raw(item) for item in chain] if with_chain else [], signature)


def _attributes(info: bytes, leaf: x509.Certificate) -> list[bytes]:
    """The signed attributes, in DER's order for sets."""
    # ESSCertIDv2: SHA-256 is its default algorithm and is therefore left out.
    named = _sequence(_octets(hashlib.sha256(_raw(leaf)).digest()))
    return sorted(
        (
            _attribute(_CONTENT_TYPE, _oid(_TST_INFO)),
            _attribute(_MESSAGE_DIGEST, _octets(hashlib.sha256(info).digest())),
            _attribute(_SIGNING_CERTIFICATE, _sequence(_sequence(named))),
        )
    )


def _assemble(info: bytes, leaf: x509.Certificate, chain: list[bytes], signature: bytes) -> bytes:
    """A token from its parts: there is one encoding, ours."""
    signer_info = _sequence(
        _integer(1),
        _sequence(leaf.issuer.public_bytes(), _integer(leaf.serial_number)),
        _algorithm(_SHA256),
        _der(0xA0, *_attributes(info, leaf)),
        _algorithm(_ECDSA_SHA256),
        _octets(signature),
    )
    signed = _sequence(
        _integer(3),
        _der(0x31, _algorithm(_SHA256)),
        _sequence(_oid(_TST_INFO), _der(0xA0, _octets(info))),
        _der(0xA0, *sorted(chain)) if chain else b"",
        _der(0x31, signer_info),
    )
    return _sequence(_oid(_SIGNED_DATA), _der(0xA0, signed))


def genuine(token: bytes, anchors_pem: bytes) -> bool:
    """Whether a token is, byte for byte, one that `respond` made under one of these roots.

    C2PA readers are lenient here: some 25 bytes of a token (versions, algorithm names, unused bits) can be changed
    and stay `timeStamp.trusted`. Here the token is taken apart, its signatures are checked, and it is put together
    again: it has to come out the same. What it stamps and when is for the C2PA reader.
    """
    try:
        signed = _children(_children(_children(token)[1])[0])
        info = _body(_children(_children(signed[2])[1])[0])
        certificates = [x509.load_der_x509_certificate(raw) for raw in _children(signed[3])]
        signature = _body(_children(_children(signed[4])[0])[-1])
        leaf = next(item for item in certificates if not _is_authority(item))
        for item in certificates:
            issuers = [*certificates, *x509.load_pem_x509_certificates(anchors_pem)]
            item.verify_directly_issued_by(next(one for one in issuers if one.subject == item.issuer))
            if _certificate(item) != _raw(item):
                return False
        public = leaf.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        public.verify(signature, _der(0x31, *_attributes(info, leaf)), ec.ECDSA(hashes.SHA256()))
    except Exception:  # noqa: BLE001  # a stranger's bytes: cryptography has a dozen errors, each of them means no
        return False
    return _assemble(info, leaf, [_raw(item) for item in certificates], signature) == token


def _is_authority(certificate: x509.Certificate) -> bool:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def _raw(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _certificate(item: x509.Certificate) -> bytes:
    """The certificate put together from what its issuer signed."""
    return _sequence(item.tbs_certificate_bytes, _algorithm(_ECDSA_SHA256), _der(0x03, b"\0", item.signature))


def _refusal(failure: int) -> bytes:
    """TimeStampResp without a token: status 2 (rejection) and one failure bit."""
    width = failure // 8 + 1
    bits = (0x80 >> failure % 8).to_bytes(1, "big").rjust(width, b"\0")
    return _sequence(_sequence(_integer(2), _der(0x03, bytes([7 - failure % 8]) + bits)))


# --- DER, as much of it as a token needs ----------------------------------------------------------------------------


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, *parts)


def _body(data: bytes) -> bytes:
    """Content of the one element that `data` is."""
    short = data[1] < 0x80
    width = 0 if short else data[1] & 0x7F
    length = data[1] if short else int.from_bytes(data[2 : 2 + width], "big")
    if 2 + width + length != len(data):
        raise ValueError("not one element")
    return data[2 + width :]


def _children(data: bytes) -> list[bytes]:
    """The elements inside the one element that `data` is."""
    rest, found = _body(data), []
    while rest:
        width = 0 if rest[1] < 0x80 else rest[1] & 0x7F
        length = rest[1] if rest[1] < 0x80 else int.from_bytes(rest[2 : 2 + width], "big")
        found.append(rest[: 2 + width + length])
        rest = rest[2 + width + length :]
    return found


def _octets(value: bytes) -> bytes:
    return _der(0x04, value)


def _integer(value: int) -> bytes:
    return asn1.encode_der(value)


def _oid(dotted: str) -> bytes:
    return asn1.encode_der(x509.ObjectIdentifier(dotted))


def _algorithm(dotted: str) -> bytes:
    return _sequence(_oid(dotted))


def _attribute(dotted: str, value: bytes) -> bytes:
    return _sequence(_oid(dotted), _der(0x31, value))
