"""The panel's routes under /sosie/ in ComfyUI's own web server; `panel` decides, this file only carries."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web
from server import PromptServer

from . import panel, texts
from ._sosie.errors import SosieError
from .host import catalogue, connect

BODY_BYTES = 4096


def register() -> None:
    """Add the routes; called once, before the server starts."""
    routes = PromptServer.instance.routes

    @routes.post("/sosie/language")
    async def language(request: web.Request) -> web.Response:
        return await _answer(request, lambda _: {})

    @routes.get("/sosie/state")
    async def state(request: web.Request) -> web.Response:
        return await _answer(request, lambda _: panel.state(connect, refresh=False, now=time.time()))

    @routes.post("/sosie/refresh")
    async def refresh(request: web.Request) -> web.Response:
        return await _answer(request, lambda _: panel.state(connect, refresh=True, now=time.time()))

    @routes.post("/sosie/sign-in")
    async def sign_in(request: web.Request) -> web.Response:
        return await _answer(request, lambda body: panel.sign_in(connect, body))

    @routes.get("/sosie/sign-in")
    async def sign_in_state(request: web.Request) -> web.Response:
        return await _answer(request, lambda _: panel.sign_in_state(connect))

    @routes.post("/sosie/sign-out")
    async def sign_out(request: web.Request) -> web.Response:
        return await _answer(request, lambda _: panel.sign_out(connect))


async def _answer(request: web.Request, work: Callable[[object], dict[str, Any]]) -> web.Response:
    """Guard, do the blocking `work` in a thread, and answer in JSON that no cache keeps."""
    try:
        panel.guard(request.headers, request.remote)
        if language := request.headers.get("Accept-Language"):
            texts.speak(language)
        body = await _body(request) if request.method == "POST" else None
        told, status = await asyncio.to_thread(work, body), 200
    except SosieError as error:
        told, status = panel.told(error), 403 if error.code == "panel_foreign" else 409
    if request.method == "POST":
        catalogue.forget()
    return web.json_response(told, status=status, headers={"Cache-Control": "no-store"})


async def _body(request: web.Request) -> object:
    """The request's JSON; None where it is none or too long."""
    data = await request.content.read(BODY_BYTES + 1)
    try:
        return json.loads(data) if len(data) <= BODY_BYTES else None
    except ValueError:
        return None
