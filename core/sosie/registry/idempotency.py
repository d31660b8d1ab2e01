"""Writes that may be repeated: the same `Idempotency-Key` and body give the first answer, and one effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from sosie.licence import exchange
from sosie.registry.access import Context, Principal
from sosie.registry.problems import problem
from sosie.registry.tables import IdempotencyRow

A = TypeVar("A", bound=exchange.Answer)


def once(
    context: Context,
    principal: Principal,
    key: str | None,
    request: tuple[str, exchange.Ask | None],
    kind: type[A],
    work: Callable[[Session], A],
) -> A:
    """`work` in a write transaction, at most once for each key of each caller.

    Path and parsed body (`request`) together are what "the same request" means; without a key, `work` just runs.

    Raises:
        RegistryError: 409 `idempotency_conflict`, the key was used for another request.
    """
    if key is None:
        return context.database.write(work)
    path, ask = request
    digest = hashlib.sha256(f"{path}\n{ask.model_dump_json() if ask else ''}".encode()).hexdigest()

    def remembered(session: Session) -> A:
        row = session.get(IdempotencyRow, (principal.credential, key))
        if row is None:
            answer = work(session)
            session.add(
                IdempotencyRow(
                    credential=principal.credential,
                    key=key,
                    request_sha256=digest,
                    answer=answer.model_dump_json(),
                    created_at=context.now(),
                )
            )
            return answer
        require_same(row.request_sha256, digest)
        return kind.model_validate_json(row.answer)

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
