"""Bytes to a registry and back: one small interface, HTTPS by default, a simulator in tests.

A transport carries and bounds; it does not trust. What comes back is verified by `sosie.licence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

import requests
from urllib3.exceptions import HTTPError

from sosie.errors import RegistryError, RegistryUnreachableError
from sosie.hookspecs import hookimpl
from sosie.remote.multipart import Files, Multipart

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class RegistryConfig:
    """Where a registry is and how one speaks to it. The token never appears in a repr."""

    url: str
    token: str | None = field(default=None, repr=False)
    #: Seconds to connect, and between two bytes of an answer.
    timeout: tuple[float, float] = (5.0, 60.0)
    #: The longest answer that is held in memory.
    max_answer_bytes: int = 400 * MEGABYTE


@dataclass(frozen=True)
class Response:
    """An answer: status, headers (lower-case names), whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport(Protocol):
    """One request, one answer. Raises RegistryUnreachableError when there is none."""

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Files | None = None,
        headers: Mapping[str, str] | None = None,
        content: IO[bytes] | Iterable[bytes] | None = None,
        save_to: Path | None = None,
    ) -> Response:
        """Send and wait. `content` is streamed; with `save_to` a 2xx body goes into that file instead."""
        ...


class HttpsTransport:
    """`requests` with limits: time, size, no redirects, certificates checked."""

    def __init__(self, config: RegistryConfig) -> None:
        self._config = config
        self._base = config.url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = not _is_loopback(config.url)  # a proxy has no business on this machine
        self._session.headers["Accept"] = "application/json, application/problem+json;q=0.9, */*;q=0.1"
        if config.token:
            self._session.headers["Authorization"] = f"Bearer {config.token}"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Files | None = None,
        headers: Mapping[str, str] | None = None,
        content: IO[bytes] | Iterable[bytes] | None = None,
        save_to: Path | None = None,
    ) -> Response:
        """See `Transport.request`.

        Raises:
            RegistryUnreachableError: no connection, no answer in time, or it broke off.
            RegistryError: `answer_too_large`.
        """
        body: Any = content if content is not None else data
        sent = dict(headers or {})
        if files:
            body = Multipart(data or {}, files)
            sent["Content-Type"] = body.content_type
        try:
            with self._session.request(
                method,
                self._base + path,
                json=json,
                data=body,
                headers=sent,
                timeout=self._config.timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                lower = {name.lower(): value for name, value in answer.headers.items()}
                if save_to is not None and answer.status_code < 300:
                    with save_to.open("wb") as sink:
                        for chunk in self._bounded(answer):
                            sink.write(chunk)
                    return Response(answer.status_code, lower, b"")
                return Response(answer.status_code, lower, b"".join(self._bounded(answer)))
        except (requests.RequestException, HTTPError) as error:
            raise RegistryUnreachableError(
                f"The registry at {self._base} does not answer: {_cause(error)}.",
                remedy="Check the network and the address; rendering goes on until the lease ends.",
            ) from error

    def _bounded(self, answer: requests.Response) -> Iterable[bytes]:
        taken = 0
        for chunk in answer.iter_content(1 << 18):
            taken += len(chunk)
            if taken > self._config.max_answer_bytes:
                raise RegistryError(
                    f"The registry's answer is longer than {self._config.max_answer_bytes} bytes.",
                    remedy="Check the address: this may not be a Sosie registry.",
                    code="answer_too_large",
                )
            yield chunk


class HttpsPlugin:
    """Built-in plugin: http and https addresses."""

    @hookimpl
    def sosie_registry(self, config: RegistryConfig) -> Transport | None:
        """An HTTPS transport; plain http only on this machine's loopback."""
        if config.url.startswith("https://") or _is_loopback(config.url):
            return HttpsTransport(config)
        return None


def _is_loopback(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "http://[::1]:"))


def _cause(error: BaseException) -> str:
    """The innermost reason in a few words; requests nests four errors deep."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # the loop's condition says not None
    return str(error) or type(error).__name__
