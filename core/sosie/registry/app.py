"""The registry as an application: settings in, FastAPI out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import sosie
from sosie.registry import (
    api,
    ceremony,
    directory_api,
    money_api,
    parties,
    people_api,
    problems,
    proving_api,
    public,
    sign_in_api,
)
from sosie.registry.access import Context
from sosie.registry.console import pages as console_pages
from sosie.registry.database import Database
from sosie.registry.incoming import BodyLimit, clean
from sosie.registry.keystore import Keyring
from sosie.registry.pages import device as device_page
from sosie.registry.settings import Settings
from sosie.registry.stamping import Stamping
from sosie.registry.throttle import Throttle
from sosie.storage import write_file

OPERATOR_TOKEN = "operator.token"  # noqa: S105  # a file's name


def create_app(settings: Settings) -> FastAPI:
    """A registry over `settings.data`; keys, tables and the operator's token are made at the first start.

    Raises:
        SetupError: `database_unreachable`, `keys_incomplete`, `keys_exist`, `storage_full`.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    ceremony.ensure(settings)
    keyring = Keyring(settings)
    database = Database(settings.url)
    database.migrate()
    stamping = Stamping(lambda: keyring.keys.authority, settings.clock, settings.random)
    context = Context(settings, database, keyring, stamping, Throttle(settings.clock))

    def save(token: str) -> None:
        write_file(settings.data / OPERATOR_TOKEN, token.encode(), private=True)

    parties.ensure_operator(context, save)
    clean(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        stamping.close()
        database.close()

    app = FastAPI(
        title="Sosie registry",
        version=sosie.__version__,
        lifespan=lifespan,
        redoc_url=None,
        responses=problems.RESPONSES,
    )
    app.state.context = context
    app.include_router(public.router)
    app.include_router(public.well_known)
    app.include_router(money_api.router)  # before the licences' other events
    app.include_router(api.router)
    app.include_router(people_api.router)
    app.include_router(directory_api.router)
    app.include_router(proving_api.router)
    app.include_router(sign_in_api.router)
    app.include_router(device_page.router)
    for router in console_pages.ROUTERS:
        app.include_router(router)
    app.add_middleware(BodyLimit, context=context)
    problems.install(app)
    return app
