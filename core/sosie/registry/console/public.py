"""`/console` for everybody: is this file licensed, and what does the log say. No rule lives here."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import File, Query, UploadFile
from fastapi.responses import Response

from sosie.errors import RegistryError
from sosie.licence import checkpoint as notes
from sosie.licence import exchange, keys
from sosie.provenance.verify import verify_file
from sosie.registry import log, proofs
from sosie.registry.access import Context
from sosie.registry.console import sessions
from sosie.registry.console.routing import file, pages
from sosie.registry.console.web import Guest, Visit
from sosie.registry.problems import problem

router = pages()
#: Files checked for one address in ten minutes: reading one takes a moment.
MOST_FILES = 30


class _Here:
    """This registry, as `verify_file` asks one."""

    def __init__(self, house: Context) -> None:
        self._house = house

    def verify(self, *, receipt: str | None = None, sha256: str | None = None) -> exchange.Verdict:
        """What it knows of a file."""
        house = self._house
        return house.database.read(lambda session: proofs.verdict(house, session, receipt, sha256))


@router.get("/verify")
def verify(visit: Guest, receipt: Annotated[str, Query(max_length=200)] = "") -> Response:
    asked = receipt.strip()
    digest = asked if re.fullmatch("[0-9a-f]{64}", asked) else None
    name = asked if asked and digest is None else None
    verdict = _Here(visit.house).verify(receipt=name, sha256=digest) if asked else None
    return visit.page("verify.html", verdict=verdict, asked=asked, found=None)


@router.post("/verify")
def verify_upload(visit: Guest, picture: Annotated[UploadFile, File()]) -> Response:
    """The whole check of `sosie verify`, here: credentials in the file, and what the registry knows."""
    house = visit.house
    try:
        address = visit.request.client.host if visit.request.client else ""
        house.throttle.spend("file", address, at_most=MOST_FILES, seconds=sessions.WINDOW_S)
        data = picture.file.read()
        if not data:
            raise problem(422, "file_missing", "No file was sent.", "Choose the file to check.")
        found = verify_file(data, root=house.keys.root, registry=_Here(house), now=house.now())
    except RegistryError as error:
        return visit.page("verify.html", error=error, verdict=None, asked="", found=None)
    verdict = _Here(house).verify(receipt=found.receipt or None, sha256=found.sha256)
    return visit.page("verify.html", verdict=verdict, asked=found.sha256, found=found)


@router.get("/log")
def checkpoints(visit: Guest) -> Response:
    return visit.page(
        "log.html",
        note=_note(visit),
        size=visit.house.database.read(log.size),
        key=keys.public_text(visit.house.keys.checkpoint.public_key()),
    )


@router.get("/log/checkpoint.txt")
def checkpoint(visit: Guest) -> Response:
    return file(visit, _note(visit), "checkpoint.txt", "text/plain; charset=utf-8")


def _note(visit: Visit) -> str:
    house = visit.house
    head, _ = house.database.read(lambda session: log.checkpoint(session, house.settings.name, house.now()))
    return notes.sign(head, house.keys.checkpoint)
