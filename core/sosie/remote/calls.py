"""How a typed call is made of a request and an answer; what every part of `Registry` is built on."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel

from sosie.licence import exchange
from sosie.remote import answers
from sosie.remote.transport import Response, Transport

A = TypeVar("A", bound=BaseModel)


class Calls:
    """One caller's requests; the transport carries the caller's token."""

    def __init__(
        self, transport: Transport, *, new_key: Callable[[], str] = lambda: secrets.token_urlsafe(18)
    ) -> None:
        self._transport = transport
        self._new_key = new_key

    def _get(self, path: str, kind: type[A]) -> A:
        return answers.model(self._call("GET", path), kind)

    def _post(self, path: str, ask: exchange.Ask | None, kind: type[A], key: str | None = None) -> A:
        return self._write("POST", path, ask, kind, key)

    def _put(self, path: str, ask: exchange.Ask, kind: type[A], key: str | None = None) -> A:
        return self._write("PUT", path, ask, kind, key)

    def _write(self, method: str, path: str, ask: exchange.Ask | None, kind: type[A], key: str | None) -> A:
        body = ask.model_dump(mode="json") if ask is not None else {}
        headers = {"Idempotency-Key": key or self._new_key()}
        return answers.model(self._call(method, path, json=body, headers=headers), kind)

    def _list(self, path: str, kind: type[A], **only: Any) -> list[A]:
        """All of a list, or of what is `only` so, page by page."""
        found: list[A] = []
        asked = {name: value for name, value in only.items() if value is not None}
        while True:
            answer = self._call("GET", f"{path}?{urlencode(asked, doseq=True)}" if asked else path)
            items = answers.models(answer, kind)
            found += items
            after = answers.mapping(answer).get("next")
            if not items or not after:
                return found
            asked["after"] = str(after)

    def _call(self, method: str, path: str, **parts: Any) -> Response:
        answer = self._transport.request(method, path, **parts)
        if 200 <= answer.status < 300:
            return answer
        raise answers.problem(answer)
