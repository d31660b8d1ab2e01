"""Writes that may be repeated: the same `Idempotency-Key` and body give the first answer, and one effect.

Some answers hold a token or a code that is shown once. What is kept of an answer therefore opens only with its key, and of
the key a hash is kept: a stolen database tells neither, as long as callers make keys that cannot be guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel
from sqlalchemy.orm import Session

from sosie.licence import exchange, keys
from sosie.registry.access import Context, secret_sha256
from sosie.registry.problems import problem
from sosie.registry.tables import IdempotencyRow

A = TypeVar("A", bound=BaseModel)
#: Every cover has a key of its own and is used once.
_NONCE: Final = bytes(12)


def once(
    context: Context,
    credential: str,
    key: str | None,
    request: tuple[str, exchange.Ask | None],
    kind: type[A],
    work: Callable[[Session], A],
) -> A:
    """`work` in a write transaction, at most once for each key of each caller (`credential`).

    Path and parsed body (`request`) together are what "the same request" means; without a key, `work` just runs.

    Raises:
        RegistryError: 409 `idempotency_conflict`, the key was used for another request.
    """
    if key is None:
        return context.database.write(work)
    path, ask = request
    digest = hashlib.sha256(f"{path}\n{ask.model_dump_json() if ask else ''}".encode()).hexdigest()
    name, cover = secret_sha256(key), _cover(credential, key)

    def remembered(session: Session) -> A:
        row = session.get(IdempotencyRow, (credential, name))
        if row is None:
            answer = work(session)
            sealed = cover.encrypt(_NONCE, answer.model_dump_json().encode(), None)
            session.add(
                IdempotencyRow(
                    credential=credential,
                    key=name,
                    request_sha256=digest,
                    answer=keys.b64encode(sealed),
                    created_at=context.now(),
                )
            )
            return answer
        require_same(row.request_sha256, digest)
        return kind.model_validate_json(cover.decrypt(_NONCE, keys.b64decode(row.answer), None))

    return context.database.write(remembered)


def require_same(known: str, new: str) -> None:
    """Nothing for the same request; 409 `idempotency_conflict` for another one under its key."""
    if known != new:
        raise problem(
            409,
            "idempotency_conflict",
            "This Idempotency-Key was used for another request.",
            "Send every new request with a new key.",
        )


def _cover(credential: str, key: str) -> AESGCM:
    return AESGCM(hashlib.sha256(f"sosie answer\n{credential}\n{key}".encode()).digest())
