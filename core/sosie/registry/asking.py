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
    """Who is asking; nobody asks without end."""
    house = context_of(request)
    principal = house.database.read(lambda session: authenticate(session, authorization))
    _spend(house, principal.credential)
    return principal


def address_of(request: Request) -> str:
    """Where a request comes from, for throttles only; it is never written down."""
    return request.client.host if request.client else ""


def slowly(request: Request) -> None:
    """For those without an account: no address asks without end."""
    _spend(context_of(request), address_of(request))


def _spend(house: Context, caller: str) -> None:
    house.throttle.spend("request", caller, at_most=house.settings.requests_per_minute, seconds=60)


House = Annotated[Context, Depends(context_of)]
Caller = Annotated[Principal, Depends(principal_of)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200, min_length=1)]
Name = Annotated[str, Path(max_length=200)]
