"""What a registry answered, read strictly: a model, a list of models, or the problem it is.

A problem (RFC 9457) keeps the registry's own code and remedy: a RefusedError where the code is one of
`licence.refusals`, so that a no is a no whoever says it, else a RegistryError. An answer that is no problem and does
not fit either is `answer_malformed`. Nothing in an answer is taken on trust here: signatures are checked
by whoever uses the documents inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sosie.errors import RefusedError, RegistryError
from sosie.licence.refusals import REFUSALS
from sosie.remote.transport import Response

A = TypeVar("A", bound=BaseModel)


def model(answer: Response, kind: type[A]) -> A:
    """The one `kind` an answer holds; raises RegistryError (`answer_malformed`)."""
    return _model(kind, mapping(answer))


def models(answer: Response, kind: type[A]) -> list[A]:
    """The list of `kind` an answer holds under `items`; raises RegistryError (`answer_malformed`)."""
    items = mapping(answer).get("items")
    if not isinstance(items, list):
        raise _nonsense("a list was expected")
    return [_model(kind, item) for item in items]


def mapping(answer: Response) -> dict[str, Any]:
    """An answer's JSON object; raises RegistryError (`answer_malformed`)."""
    value = _loads(answer.content)
    if not isinstance(value, dict):
        raise _nonsense("an object was expected")
    return value


def problem(answer: Response) -> RegistryError | RefusedError:
    """The error an answer stands for whose status says that it did not work."""
    try:
        value = _loads(answer.content)
    except RegistryError:
        value = None
    found: Mapping[str, Any] = value if isinstance(value, dict) else {}
    message = str(found.get("detail") or f"The registry answered with status {answer.status}.")
    remedy = str(found.get("remedy") or "Check the address, then try again.")
    code = str(found.get("code") or "registry_problem")
    if code in REFUSALS:
        return RefusedError(message, remedy=remedy, code=code)
    return RegistryError(message, remedy=remedy, code=code, status=answer.status)


def _model(kind: type[A], value: Any) -> A:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise _nonsense(f"{kind.__name__}: {error.error_count()} fields do not fit") from error


def _loads(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _nonsense("it is not JSON") from error


def _nonsense(why: str) -> RegistryError:
    return RegistryError(
        f"The registry's answer cannot be read: {why}.",
        remedy="Check the address and the registry's version.",
        code="answer_malformed",
    )
