"""`/console/proofs`: proofs and signed files, for talent and brand; for a talent, everything that is held about her."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import Path as PathField
from fastapi.responses import Response
from sqlalchemy.orm import Session

from sosie.licence import keys
from sosie.registry import dossier, proof_files
from sosie.registry.console.parts import Part, fetched
from sosie.registry.console.routing import file, pages
from sosie.registry.console.web import Guest

router = pages()


@router.get("/proofs")
def proofs(visit: Guest) -> Response:
    caller = visit.caller

    def work(session: Session) -> Part[proof_files.Leaf]:
        total = proof_files.count(session, caller)
        return fetched(visit, "leaves", total, lambda page: proof_files.listed(session, caller, page))

    found = visit.house.database.read(work)
    key = keys.public_text(visit.house.keys.checkpoint.public_key())
    return visit.page("proofs.html", script="htmx", leaves=found, key=key)


@router.get("/proofs/verify_proof.py")
def verifier(visit: Guest) -> Response:
    """The program alone, for everybody."""
    source = Path(proof_files.__file__).with_name(proof_files.VERIFIER).read_bytes()
    return file(visit, source, proof_files.VERIFIER, "text/x-python; charset=utf-8")


@router.get("/proofs/everything.zip")
def everything(visit: Guest) -> Response:
    data = visit.house.database.snapshot(lambda session: dossier.export(session, visit.caller))
    return file(visit, data, "everything.zip", "application/zip")


@router.get("/proofs/{leaf}.zip")
def proof(visit: Guest, leaf: Annotated[int, PathField(ge=0, le=2**53)]) -> Response:
    house = visit.house
    found = house.database.read(lambda session: proof_files.proof(house, session, visit.caller, leaf))
    return file(visit, proof_files.archive(found), f"proof-{leaf}.zip", "application/zip")
