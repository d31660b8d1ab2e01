"""What a path is given: the registry, who is asking, and the key under which a write may be repeated."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Path, Request

from sosie.registry.access import Context, Principal, authenticate


def context_of(request: Request) -> Context:
    """The registry this application serves."""
    context: Context = request.app.state.context
    return context


def principal_of(
    request: Request, authorization: Annotated[str | None, Header(include_in_schema=False)] = None
) -> Principal:
    """Who is asking."""
    return context_of(request).database.read(lambda session: authenticate(session, authorization))


House = Annotated[Context, Depends(context_of)]
Caller = Annotated[Principal, Depends(principal_of)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200, min_length=1)]
Name = Annotated[str, Path(max_length=200)]
