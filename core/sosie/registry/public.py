"""`/v1` for everybody: no account is needed to read the log, fetch the root, enrol, or verify a file."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

import sosie
from sosie.licence import checkpoint as notes
from sosie.licence import exchange
from sosie.licence.export import rsl
from sosie.registry import (
    consents,
    log,
    parties,
    proofs,
)
from sosie.registry.access import secret_sha256
from sosie.registry.asking import House, Key, slowly
from sosie.registry.idempotency import once
from sosie.registry.problems import missing

router = APIRouter(prefix="/v1", dependencies=[Depends(slowly)])
well_known = APIRouter(dependencies=[Depends(slowly)])


class _Rsl(Response):
    media_type = "application/rsl+xml"


class _Bits(Response):
    media_type = "application/octet-stream"


@well_known.get("/.well-known/rsl-media.xml", response_class=_Rsl)
def rsl_media(house: House, request: Request) -> Response:
    """The standing posture of every consent (RSL Media), where machines look for it."""
    found = house.database.read(consents.standing)
    return _Rsl(rsl.document(found, server=str(request.base_url)))


@router.get("/health")
def health(house: House) -> dict[str, Any]:
    size = house.database.read(log.size)
    return {
        "status": "ok",
        "registry": house.settings.name,
        "version": sosie.__version__,
        "time": house.now(),
        "log_size": size,
    }


@router.get("/root")
def root(house: House) -> Response:
    return Response(house.keys.root.data, media_type="application/json")


@router.get("/roots/{version}")
def root_version(house: House, version: Annotated[int, Path(ge=1, le=2**31)]) -> Response:
    """Every version there was: whoever trusts one follows from it to the newest."""
    data = house.keyring.root_version(version)
    if data is None:
        raise missing("root", str(version))
    return Response(data, media_type="application/json")


@router.post("/enrol", status_code=201)
def enrol(house: House, ask: exchange.Enrolment, key: Key = None) -> exchange.Enrolled:
    """Who lost the answer gets the same token with the same key."""
    invited = f"code:{secret_sha256(ask.code)}"
    return once(
        house,
        invited,
        key,
        ("/enrol", ask),
        exchange.Enrolled,
        lambda session: parties.enrol(house, session, ask),
    )


@router.get("/checkpoint", response_class=PlainTextResponse)
def get_checkpoint(house: House) -> PlainTextResponse:
    note, _ = house.database.read(lambda s: log.checkpoint(s, house.settings.name, house.now()))
    return PlainTextResponse(notes.sign(note, house.keys.checkpoint))


@router.get("/status", response_class=_Bits)
def get_status(house: House) -> Response:
    bits = house.database.read(lambda session: log.status_list(session, house.now()))
    return _Bits(bits)


@router.get("/log/proof")
def log_proof(
    house: House, index: Annotated[int, Query(ge=0, le=2**53)], size: Annotated[int, Query(ge=1, le=2**53)]
) -> exchange.LogProof:
    return house.database.read(lambda session: proofs.inclusion(session, index, size))


@router.get("/log/consistency")
def log_consistency(
    house: House, old: Annotated[int, Query(ge=1, le=2**53)], size: Annotated[int, Query(ge=1, le=2**53)]
) -> exchange.LogProof:
    return house.database.read(lambda session: proofs.consistency(session, old, size))


@router.get("/verify")
def verify(
    house: House,
    receipt: Annotated[str | None, Query(max_length=200)] = None,
    sha256: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
) -> exchange.Verdict:
    return house.database.read(lambda session: proofs.verdict(house, session, receipt, sha256))
