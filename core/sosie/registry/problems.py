"""Problems as RFC 9457 says: status, stable code, what happened, what to do now. No traceback leaves here."""

from __future__ import annotations

import logging
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import Route

from sosie.errors import InputError, PackError, RefusedError, RegistryError, SosieError, VerificationError
from sosie.licence.document import named_rule
from sosie.licence.refusals import VERIFICATIONS

_log = logging.getLogger("sosie.registry")
_STATUS: dict[type[SosieError], int] = {
    RefusedError: 403,
    VerificationError: 422,
    PackError: 422,
    InputError: 422,
}
_CONFLICTS = frozenset({"licence_state", "journal_fork", "journal_gap"})
_TITLES = {
    400: "Not understood",
    401: "Not signed in",
    403: "Refused",
    404: "Not found",
    405: "Not possible here",
    409: "In conflict",
    413: "Too large",
    422: "Not valid",
    429: "Too often",
    500: "The registry failed",
}

#: Every operation's answers that are problems, for OpenAPI.
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {
        "description": "A problem (RFC 9457): what happened, and what to do now.",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "code", "detail", "remedy"],
                    "properties": {
                        **{
                            name: {"type": "string"} for name in ("type", "title", "code", "detail", "remedy")
                        },
                        "status": {"type": "integer"},
                    },
                }
            }
        },
    }
}


def problem(status: int, code: str, message: str, remedy: str) -> RegistryError:
    """An error that a handler raises and that leaves as a problem."""
    return RegistryError(message, remedy=remedy, code=code, status=status)


def missing(what: str, name: str) -> RegistryError:
    """Nothing there, or nothing this caller may know of: the same answer for both."""
    return problem(404, f"{what}_unknown", f"There is no {what} {name}.", "Check the id and the account.")


def install(app: FastAPI) -> None:
    """Every error of `app` leaves as a problem."""

    @app.exception_handler(SosieError)
    def _sosie(_: Request, error: SosieError) -> JSONResponse:
        return answer_of(error)

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        found = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        code = named_rule(error.errors())
        remedy = VERIFICATIONS[code].remedy if code else "Correct the named fields."
        return answer(422, code or "request_invalid", found, remedy)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        code = {404: "path_unknown", 405: "method_unknown", 413: "request_too_large"}.get(
            error.status_code, "request_invalid"
        )
        refusal = answer(error.status_code, code, str(error.detail), "See /docs for what can be asked.")
        if error.status_code == 405:
            refusal.headers["Allow"] = ", ".join(sorted(_methods(app, request.url.path)))
        return refusal

    @app.exception_handler(DataError)
    def _data(_: Request, __: DataError) -> JSONResponse:
        return answer(
            422,
            "request_invalid",
            "A value does not fit the database.",
            "Send plain text without NUL characters.",
        )

    @app.exception_handler(OperationalError)
    def _busy(_: Request, error: OperationalError) -> JSONResponse:
        _log.error("the database does not answer", exc_info=error)
        return answer(
            503,
            "registry_busy",
            "The registry's database does not answer; nothing was recorded.",
            "Try again soon.",
        )

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("unexpected error at %s", request.url.path, exc_info=error)
        return answer(
            500,
            "internal",
            "Something unexpected happened; nothing was recorded.",
            "Try again, then ask the operator.",
        )


def _methods(app: FastAPI, path: str) -> set[str]:
    """What can be asked of `path`, over all routes that share it."""
    routes = [route for route in app.routes if isinstance(route, Route) and route.path_regex.match(path)]
    return {method for route in routes for method in route.methods or ()}


def answer_of(error: SosieError) -> JSONResponse:
    """The problem that `error` is."""
    return answer(_status(error), error.code, error.message, error.remedy)


def answer(status: int, code: str, detail: str, remedy: str) -> JSONResponse:
    """The problem as a response."""
    body = {
        "type": f"urn:sosie:problem:{code}",
        "title": _TITLES.get(status, "Problem"),
        "status": status,
        "code": code,
        "detail": detail,
        "remedy": remedy,
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")


def _status(error: SosieError) -> int:
    if isinstance(error, RegistryError) and error.status:
        return error.status
    if error.code in _CONFLICTS:
        return 409
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
