"""The auditor reads everybody's business and writes nothing but a second person's word on a proof of enrolment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.registry.people import INTENDED_USE, Cast

from sosie.errors import RegistryError

TOKEN = {"token": "x.y.z"}
#: What a body must say to be understood, by path; an empty one is enough elsewhere.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/parties": {"role": "talent", "name": "Inès"},
    "/v1/seats": {"name": "Retoucher"},
    "/v1/consents": TOKEN,
    "/v1/revocations": TOKEN,
    "/v1/revocations/batch": {"tokens": ["x.y.z"]},
    "/v1/contributions": TOKEN,
    "/v1/leases": {"licence": "lic_000000"},
    "/v1/journal": {"entries": []},
    "/v1/me/erasure": {"talent": "tal_000000"},
    "/v1/me/delegation": {"pictures": True},
    "/v1/bank-account": {"holder": "Inès", "account": "DE89370400440532013000", "country": "DE"},
    "/v1/licences/{licence}/pay": {"method": "credit"},
    "/v1/licences/{licence}/payments": {"minor": 1},
    "/v1/blends/{blend}": {
        "shares": [
            {"contributor": "tal_000000", "share_bp": 4_000},
            {"contributor": "tal_000001", "share_bp": 6_000},
        ]
    },
}
#: Its own entrance and exit, and the one thing it decides.
ALLOWED = {
    "/v1/me/console",
    "/v1/sign-out",
    "/v1/challenges/{challenge}/pass",
    "/v1/challenges/{challenge}/refuse",
}
#: Anybody's, before the registry knows who it is.
OF_NOBODY = {"/v1/enrol", "/v1/sign-ins", "/v1/sign-ins/poll"}


def test_it_writes_nothing(scene: Cast) -> None:
    world = scene.world
    auditor, _, _ = world.party("auditor")
    licence = scene.licence()
    scene.deliver(licence.id)
    (delivery,) = scene.talent.deliveries()
    before = world.operator._call("GET", "/v1/checkpoint").content
    named = {"licence": licence.id, "delivery": delivery.id, "twin": scene.twin, "seat": scene.device.seat}
    named |= {"blend": scene.talent_id, "event": "suspend", "challenge": "chl_000000"}
    named |= {"user_code": "BCDF-GHJK", "decision": "approve"}
    paths: dict[str, Any] = json.loads(world.operator._call("GET", "/openapi.json").content)["paths"]
    refused: dict[str, tuple[str, int | None]] = {}
    for path, operations in paths.items():
        for method in {"post", "put", "delete", "patch"} & set(operations):
            if path in ALLOWED | OF_NOBODY or not path.startswith("/v1/"):
                continue
            parts = _parts(path, scene)
            with pytest.raises(RegistryError) as caught:
                auditor._call(method.upper(), path.format(**named), **parts)
            refused[f"{method} {path}"] = (caught.value.code, caught.value.status)
    assert {one: said for one, said in refused.items() if said != ("role_refused", 403)} == {}
    assert len(refused) > 25
    assert world.operator._call("GET", "/v1/checkpoint").content == before


def test_it_reads_everybodys_business(scene: Cast) -> None:
    auditor, _, _ = scene.world.party("auditor")
    licence = scene.licence()
    scene.deliver(licence.id)
    assert [one.id for one in auditor.licences()] == [licence.id]
    assert [one.sha256 for one in auditor.consents()] == [scene.consent.sha256()]
    assert [one.id for one in auditor.deliveries()] == [scene.talent.deliveries()[0].id]
    assert {one.role for one in auditor.parties()} == {"operator", "talent", "agency", "brand", "auditor"}
    assert auditor.statement().balance == scene.world.operator.statement().balance


def _parts(path: str, scene: Cast) -> dict[str, Any]:
    """A request that is understood, whoever asks."""
    if path.endswith(("/pack", "/picture")):
        return {"content": b"x", "headers": {"Sosie-Pack-Sha256": "0" * 64, "Sosie-Pack-Key": "x"}}
    if path == "/v1/deliveries":
        data = {"licence": "lic_000000", "use": "{}"}
        picture = ("picture.jpg", b"x", "image/jpeg")
        return {"data": data, "files": {"picture": picture}, "headers": {"Idempotency-Key": "a key"}}
    if path == "/v1/licences":
        now = scene.world.clock.now
        return {
            "json": {
                "twin": scene.twin,
                "advertiser": "A",
                "product_lines": ["coats"],
                "intended_use": INTENDED_USE,
                "territory": ["FR"],
                "not_before": now,
                "not_after": now + 86_400,
            }
        }
    return {"json": BODIES.get(path, {}), "headers": {"Idempotency-Key": f"key {path}"[:200]}}
