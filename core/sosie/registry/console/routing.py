"""Paths of the console: whatever they answer is a page, an error too. A browser without a session goes to the door."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from sosie.errors import SosieError
from sosie.registry.asking import slowly
from sosie.registry.console.web import Visit, visit_of
from sosie.registry.problems import problem

Name = Annotated[str, Path(max_length=200)]


class PageRoute(APIRoute):
    """A path whose errors are read by a person; a program, which does not ask for HTML, gets a problem."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, guarded."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                if not _reads(request):
                    raise
                return await run_in_threadpool(_page, request, _unreadable(error))
            except SosieError as error:
                if error.code == "session_over" and request.method == "GET":
                    return visit_of(request).to("/console/sign-in")
                if not _reads(request):
                    raise
                return await run_in_threadpool(_page, request, error)

        return guarded


def pages(prefix: str = "/console") -> APIRouter:
    """A router for pages below `prefix`."""
    return APIRouter(
        prefix=prefix,
        include_in_schema=False,
        default_response_class=HTMLResponse,
        dependencies=[Depends(slowly)],
        route_class=PageRoute,
    )


def file(visit: Visit, data: bytes | str, name: str, mime: str) -> Response:
    """An answer that the browser keeps as the file `name`."""
    answer = Response(data, media_type=mime)
    answer.headers.update({**visit.headers, "Content-Disposition": f'attachment; filename="{name}"'})
    return answer


def _reads(request: Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")


def _unreadable(error: RequestValidationError) -> SosieError:
    found = "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors()[:5])
    return problem(422, "form_unreadable", found, "Correct the named fields.")


def _page(request: Request, error: SosieError) -> Response:
    return visit_of(request).page(
        "problem.html", error=error, at="" if request.method == "GET" else "/console"
    )
