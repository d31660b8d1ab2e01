"""Bytes that come in: streamed to a file of their own, bounded, hashed; never held in memory whole."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sosie.errors import PictureError, SosieError
from sosie.registry.access import Context, authenticate
from sosie.registry.problems import answer, answer_of, problem
from sosie.registry.settings import Settings

_BLOCK = 1 << 20
#: What nobody has written to for so long, nobody will: its process was killed.
_LEFT_OVER_S = 3600
_MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff", "WEBP": "image/webp"}


@dataclass(frozen=True)
class Picture:
    """A picture handed in: where it lies for now, and what its header says."""

    path: Path
    sha256: str
    mime: str
    width: int
    height: int

    @property
    def ready(self) -> Path:
        """Where its labelled copy lies until it is signed."""
        return self.path.with_suffix(".ready")


def clean(settings: Settings) -> None:
    """Remove what killed processes left; what is young may be another replica's, at work in the same folder."""
    for path in _folder(settings).iterdir():
        with suppress(FileNotFoundError):  # another replica was faster
            if path.stat().st_mtime < settings.clock() - _LEFT_OVER_S:
                path.unlink()


@contextmanager
def resting_place(settings: Settings) -> Iterator[Path]:
    """A new file name inside the data folder; whatever is left there goes when the block ends."""
    folder = _folder(settings)
    path = folder / settings.random(12).hex()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        path.with_suffix(".ready").unlink(missing_ok=True)


def picture(source: IO[bytes], path: Path) -> Picture:
    """Copy `source` to `path` and read its header; no pixel is decoded.

    Raises:
        PictureError: not a JPEG, PNG, TIFF or WebP picture.
    """
    digest = hashlib.sha256()
    with path.open("wb") as target:
        while block := source.read(_BLOCK):
            digest.update(block)
            target.write(block)
    try:
        with Image.open(path, formats=tuple(_MIMES)) as header:
            width, height = header.size
            mime = _MIMES[header.format or ""]
    except (OSError, ValueError, KeyError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(
            "What was handed in is no JPEG, PNG, TIFF or WebP picture.",
            remedy="Save the final picture in one of these formats, then deliver that file.",
        ) from error
    return Picture(path, digest.hexdigest(), mime, width, height)


async def save_stream(stream: AsyncIterator[bytes], path: Path) -> None:
    """Write a request's body to `path` as it comes."""
    with path.open("wb") as target:
        async for block in stream:
            await run_in_threadpool(target.write, block)


def require_room(folder: Path, needed: int) -> None:
    """That the disk can take `needed` bytes and stay usable; 507 `storage_full` otherwise."""
    free = shutil.disk_usage(folder).free
    if free < needed + 50 * _BLOCK:
        raise problem(507, "storage_full", f"{free} bytes are free.", "Tell the operator to make room.")


def _folder(settings: Settings) -> Path:
    folder = settings.data / "incoming"
    folder.mkdir(exist_ok=True)
    return folder


class BodyLimit:
    """Stops a request whose body is longer than its path allows, before it is read where it says so.

    The large limits are for callers with an account; everybody may have a file checked. FastAPI reads a form before it asks who sent it, so for these
    paths it is asked here: a stranger is answered while her body is still on its way.
    """

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context
        self._settings = context.settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = self._limit(scope["method"], scope["path"])
        refusal = None
        if limit > self._settings.max_body_bytes and not scope["path"].startswith("/console/"):
            refusal = await run_in_threadpool(self._stranger, headers.get(b"authorization", b""))
        declared = headers.get(b"content-length", b"0")
        if refusal is None and (not declared.isdigit() or int(declared) > limit):
            refusal = answer(
                413, "request_too_large", f"At most {limit} bytes are taken here.", "Send a smaller file."
            )
        if refusal is not None:
            refusal.headers["Connection"] = "close"  # the rest of the body is not waited for
            await refusal(scope, receive, send)
            return
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                # FastAPI lets only its own kind of exception through while it reads a form.
                raise HTTPException(413, f"At most {limit} bytes are taken here.")
            return message

        await self._app(scope, bounded, send)

    def _stranger(self, authorization: bytes) -> Response | None:
        try:
            self._context.database.read(lambda s: authenticate(s, authorization.decode("latin-1")))
        except SosieError as error:
            return answer_of(error)
        return None

    def _limit(self, method: str, path: str) -> int:
        if method == "PUT" and path.startswith("/v1/twins/"):
            return self._settings.max_pack_bytes
        if (method, path) == ("POST", "/v1/deliveries") or (
            method == "PUT" and path.startswith("/v1/challenges/")
        ):
            return self._settings.max_picture_bytes
        if method == "POST" and path.startswith(("/console/verify", "/console/enrolment/")):
            return self._settings.max_checked_bytes
        return self._settings.max_body_bytes
