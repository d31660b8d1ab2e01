"""All pages of the console, in the order their paths are tried."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from sosie.registry.console import (
    account,
    brand,
    enrolment,
    entrance,
    home,
    licence,
    money,
    operator,
    proofs,
    public,
    request,
    rules,
    talent,
)
from sosie.registry.console.routing import pages
from sosie.registry.problems import missing

_rest = pages()


@_rest.get("/{path:path}")
def nothing(path: str) -> Response:
    raise missing("page", path[:100])


_PARTS: Final = (
    entrance,
    account,
    public,
    home,
    talent,
    rules,
    enrolment,
    proofs,
    money,
    licence,
    brand,
    request,
    operator,
)
ROUTERS: Final[tuple[APIRouter, ...]] = (*(part.router for part in _PARTS), _rest)
