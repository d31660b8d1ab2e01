"""Passwords, and the talent's key that only her password opens.

Argon2id as RFC 9106 section 4 recommends for little memory: 64 MiB, 3 passes, 4 lanes. The check and the key's
cover use different salts: what stands in the database for the one says nothing about the other. The registry
sees a password for the length of one request; it is never written down.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidKey, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from sosie.errors import RegistryError
from sosie.licence import keys
from sosie.registry.problems import problem

SHORTEST = 12
LONGEST = 200
_SALT = 16
_NONCE = 12


def hashed(password: str, random: Callable[[int], bytes]) -> str:
    """What the database keeps of a password.

    Raises:
        RegistryError: 422 `password_short`.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise problem(
            422,
            "password_short",
            f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}.",
            "Three or four words that do not belong together are easy to remember.",
        )
    return _argon2(random(_SALT)).derive_phc_encoded(password.encode())


def matches(password: str, known: str) -> bool:
    """Whether this is the password behind `known`."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), known)
    except InvalidKey:
        return False
    return True


def seal(key: Ed25519PrivateKey, password: str, random: Callable[[int], bytes]) -> str:
    """A signing key under a password: salt, nonce, AES-256-GCM, in base64url."""
    salt, nonce = random(_SALT), random(_NONCE)
    cover = AESGCM(_argon2(salt).derive(password.encode()))
    return keys.b64encode(salt + nonce + cover.encrypt(nonce, key.private_bytes_raw(), None))


def unseal(sealed: str, password: str) -> Ed25519PrivateKey:
    """The key again.

    Raises:
        RegistryError: 403 `password_wrong`.
    """
    data = keys.b64decode(sealed)
    salt, nonce, body = data[:_SALT], data[_SALT : _SALT + _NONCE], data[_SALT + _NONCE :]
    try:
        raw = AESGCM(_argon2(salt).derive(password.encode())).decrypt(nonce, body, None)
    except InvalidTag as error:
        raise wrong() from error
    return Ed25519PrivateKey.from_private_bytes(raw)


def wrong() -> RegistryError:
    """One answer for an unknown name and a wrong password."""
    return problem(
        403,
        "password_wrong",
        "Name or password is not right.",
        "Try again; the operator can invite you anew.",
    )


def _argon2(salt: bytes) -> Argon2id:
    return Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=64 * 1024)
