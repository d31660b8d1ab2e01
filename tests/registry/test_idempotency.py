"""Every write of `/v1` takes an `Idempotency-Key`, as the OpenAPI document says; what needs none is named, with why."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from tests.registry.people import Cast, World

from sosie.errors import RegistryError
from sosie.remote.registry import Registry

#: Writes that repeat safely by a rule of their own.
BY_ITS_OWN_RULE = {
    ("put", "/v1/twins/{twin}/pack"): "the pack's hash names it",
    ("put", "/v1/challenges/{challenge}/picture"): "a challenge is answered once",
    ("post", "/v1/journal"): "known entries are skipped",
    ("post", "/v1/deliveries/{delivery}/complete"): "what is complete answers the same",
    ("post", "/v1/me/erasure"): "the account ends with it",
    ("post", "/v1/sign-out"): "the token ends with it",
    ("post", "/v1/sign-ins"): "nobody is known yet; an unused code runs out",
    ("post", "/v1/sign-ins/poll"): "the secret in it is the key",
}
BANK = {"holder": "Inès", "account": "DE89370400440532013000", "country": "DE"}
_READS = {"get", "head", "options"}


def test_every_write_takes_a_key_or_says_why_not(world: World) -> None:
    answer = world.operator._call("GET", "/openapi.json")
    paths: dict[str, Any] = json.loads(answer.content)["paths"]
    writes = {
        (method, path): {item["name"] for item in operation.get("parameters", [])}
        for path, operations in paths.items()
        for method, operation in operations.items()
        if path.startswith("/v1/") and method not in _READS
    }
    without = {write for write, names in writes.items() if "Idempotency-Key" not in names}
    assert without == set(BY_ITS_OWN_RULE)
    assert len(writes) > len(without)


def test_the_same_key_has_one_effect(scene: Cast) -> None:
    writes: list[tuple[Registry, str, str, dict[str, Any], dict[str, Any]]] = [
        (scene.talent, "PUT", "/v1/me/delegation", {"pictures": True}, {"pictures": False}),
        (scene.talent, "PUT", "/v1/me/attributes", {"height_cm": 178}, {"height_cm": 170}),
        (scene.talent, "PUT", "/v1/bank-account", BANK, BANK | {"holder": "Ines"}),
    ]
    counter = itertools.count()
    for caller, method, path, first, other in writes:
        key = {"Idempotency-Key": f"key-{next(counter)}"}
        answer = caller._call(method, path, json=first, headers=key)
        caller._call(method, path, json=other, headers={"Idempotency-Key": f"key-{next(counter)}"})
        assert caller._call(method, path, json=first, headers=key).content == answer.content
        with pytest.raises(RegistryError) as caught:
            caller._call(method, path, json=other, headers=key)
        assert (caught.value.code, caught.value.status) == ("idempotency_conflict", 409)
    assert not scene.talent.delegation().pictures, "the repeated write had no second effect"
    assert scene.talent.attributes().height_cm == 170
