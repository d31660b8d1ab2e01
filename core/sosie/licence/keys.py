"""Keys as bytes and back: Ed25519 to sign, HPKE over X25519 to hand a pack's key to one reader.

Pure helpers over `cryptography`; where keys are stored is the business of agent and registry. Public keys
travel as raw 32 bytes in base64url without padding. An HPKE message is bound to what it is for by `info`:
opened for another lease, pack, device or time, it does not open at all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import InternalError, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from sosie.errors import VerificationError
from sosie.licence.canonical import canonical

KEY_BYTES = 32


def b64encode(data: bytes) -> str:
    """base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64decode(text: str) -> bytes:
    """The bytes of strict base64url without padding; raises VerificationError (`document_malformed`)."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("this is not base64url") from error
    if b64encode(data) != text:  # one value, one spelling
        raise _malformed("this base64url has stray bits")
    return data


def public_text(key: Ed25519PublicKey | X25519PublicKey) -> str:
    """A public key as it travels."""
    return b64encode(key.public_bytes_raw())


def signing_public(text: str) -> Ed25519PublicKey:
    """An Ed25519 public key from its text; raises VerificationError (`key_malformed`)."""
    return Ed25519PublicKey.from_public_bytes(_raw_key(text))


def sealing_public(text: str) -> X25519PublicKey:
    """An X25519 public key from its text; raises VerificationError (`key_malformed`)."""
    return X25519PublicKey.from_public_bytes(_raw_key(text))


def thumbprint(key: Ed25519PublicKey | X25519PublicKey) -> str:
    """RFC 7638 (with RFC 8037 for OKP keys): the `kid` of every JWS and a device's name for its key."""
    crv = "Ed25519" if isinstance(key, Ed25519PublicKey) else "X25519"
    jwk = f'{{"crv":"{crv}","kty":"OKP","x":"{public_text(key)}"}}'  # canonical: the keys sorted, no white space
    return b64encode(hashlib.sha256(jwk.encode()).digest())


def private_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    """A private key as unencrypted PKCS 8; write it to a 0600 file and nowhere else."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signing_private(pem: bytes) -> Ed25519PrivateKey:
    """An Ed25519 private key from PKCS 8; raises VerificationError (`key_malformed`)."""
    key = _load(pem)
    if not isinstance(key, Ed25519PrivateKey):
        raise _bad_key("an Ed25519 private key is needed")
    return key


def sealing_private(pem: bytes) -> X25519PrivateKey:
    """An X25519 private key from PKCS 8; raises VerificationError (`key_malformed`)."""
    key = _load(pem)
    if not isinstance(key, X25519PrivateKey):
        raise _bad_key("an X25519 private key is needed")
    return key


def wrap(secret: bytes, recipient: X25519PublicKey, *, info: bytes) -> str:
    """`secret` sealed for one reader and one purpose (RFC 9180, X25519, HKDF-SHA256, AES-256-GCM)."""
    return b64encode(_suite().encrypt(secret, recipient, info))


def unwrap(sealed: str, private: X25519PrivateKey, *, info: bytes) -> bytes:
    """The secret; raises VerificationError (`key_not_for_us`) when reader or purpose differ."""
    try:
        return _suite().decrypt(b64decode(sealed), private, info)
    except (InvalidTag, ValueError) as error:
        raise VerificationError(
            "The pack's key was sealed for another device or another lease.",
            remedy="Ask the registry for a new lease with this machine's own keys.",
            code="key_not_for_us",
        ) from error


def lease_info(*, lease: str, pack_sha256: str, device_key: str, not_after: int) -> bytes:
    """What a lease's wrapped key is bound to. `device_key` is the signing key's thumbprint."""
    return canonical(["sosie-lease-key", lease, pack_sha256, device_key, not_after])


def pack_info(*, pack_sha256: str, consent_sha256: str) -> bytes:
    """What a pack key handed to the registry is bound to."""
    return canonical(["sosie-pack-key", pack_sha256, consent_sha256])


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _raw_key(text: str) -> bytes:
    raw = b64decode(text)
    if len(raw) != KEY_BYTES:
        raise _bad_key(f"a public key has {KEY_BYTES} bytes, this one {len(raw)}")
    return raw


def _load(pem: bytes) -> object:
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError) as error:
        raise _bad_key("this is no unencrypted PKCS 8 key") from error


def _malformed(why: str) -> VerificationError:
    return VerificationError(
        f"The document cannot be read: {why}.",
        remedy="Fetch it again; if it stays so, it was altered on the way.",
        code="document_malformed",
    )


def _bad_key(why: str) -> VerificationError:
    return VerificationError(
        f"The key cannot be used: {why}.",
        remedy="Restore the key from a backup, or enrol again with a new one.",
        code="key_malformed",
    )
