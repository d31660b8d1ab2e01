"""`/console/enrolment`: a talent proves that it is she in the captures, with a code, a pose and a photograph."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Annotated

from fastapi import File, UploadFile
from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.errors import SosieError
from sosie.licence.exchange import TwinRecord
from sosie.licence.people import Challenge
from sosie.registry import incoming, proving, twins
from sosie.registry.console.routing import Name, pages
from sosie.registry.console.web import Guest, Posted, Visit
from sosie.registry.problems import problem
from sosie.registry.tables import TwinRow

router = pages()


@dataclass(frozen=True)
class Likeness:
    """The newest revision of one of her own twins, and where its proof stands."""

    twin: TwinRecord
    proven: bool
    challenge: Challenge | None  # the newest
    open: bool  # it waits for her photograph


@router.get("/enrolment")
def enrolment(visit: Guest) -> Response:
    return _page(visit)


@router.post("/enrolment")
def begin(visit: Guest, form: Posted) -> Response:
    """A fresh code and a pose, for one of her twins."""
    house, caller, twin = visit.house, visit.caller, form.get("twin", "")
    try:
        house.database.write(lambda session: proving.begin(house, session, caller, twin))
    except SosieError as error:
        return _page(visit, error)
    return visit.to(f"/console/enrolment#{twin}")


@router.post("/enrolment/{challenge}")
def answer(visit: Guest, form: Posted, challenge: Name, picture: Annotated[UploadFile, File()]) -> Response:
    """Her photograph. What a machine says of it stands on the page."""
    del form  # that it is ours is all that counts
    house = visit.house
    try:
        if not picture.size:
            raise problem(422, "file_missing", "No file was sent.", "Choose the photograph.")
        with incoming.resting_place(house.settings) as path:
            with path.open("wb") as target:
                shutil.copyfileobj(picture.file, target)
            proving.answer(house, visit.caller, challenge, path)
    except SosieError as error:
        return _page(visit, error)
    return visit.to("/console/enrolment")


def unproven(session: Session, visit: Visit) -> bool:
    """Whether one of her twins waits for a proof before anybody can license it."""
    return not all(likeness.proven for likeness in _likenesses(session, visit))


def _page(visit: Visit, error: SosieError | None = None) -> Response:
    visit.caller.require("talent")
    found = visit.house.database.read(lambda session: _likenesses(session, visit))
    return visit.page(
        "enrolment.html",
        error=error,
        at="/console/enrolment",
        likenesses=found,
        looks=visit.house.settings.matcher is not None,
    )


def _likenesses(session: Session, visit: Visit) -> list[Likeness]:
    house, caller = visit.house, visit.caller
    own = (twin for twin in twins.listed(session, caller).items if twin.usable and twin.likeness == "person")
    newest = {twin.id: twin for twin in own}  # revisions rise
    asked: dict[tuple[str, int], Challenge] = {}
    for challenge in proving.listed(session, caller).items:
        asked.setdefault((challenge.twin, challenge.twin_revision), challenge)
    found = []
    for twin in newest.values():
        last = asked.get((twin.id, twin.revision))
        waits = last is not None and last.state == "open" and last.expires_at > house.now()
        proven = proving.proven(house, session, session.get_one(TwinRow, (twin.id, twin.revision)))
        found.append(Likeness(twin, proven, last, waits))
    return found
