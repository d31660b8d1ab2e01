"""Packs, pictures and requests that are none: refused with a reason, nothing kept, nothing billed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image
from tests.registry.people import Clock, code

from sosie.registry import incoming
from sosie.registry.settings import Settings


def test_packs_without_consent(scene: Any) -> None:
    world = scene.world
    path, twin, digest = world.pack(scene.talent_id, "0" * 64)
    assert code(world.upload, scene.talent, path, twin, digest, "0" * 64) == "pack_unbound"
    consent = scene.consent.sha256()
    path, twin, digest = world.pack(scene.talent_id, consent)
    other, _, _ = world.party("talent")
    assert code(world.upload, other, path, twin, digest, consent) == "talent_other"
    assert code(world.upload, scene.talent, path, "twn_another0", digest, consent) == "pack_other"
    assert code(world.upload, scene.talent, path, twin, "0" * 64, consent) == "pack_corrupt"
    assert code(world.upload, scene.talent, path, twin, digest, "0" * 64) == "key_not_for_us"
    assert code(world.upload, scene.brand, path, twin, digest, consent) == "role_refused"
    scene.revoke()
    assert code(world.upload, scene.talent, path, twin, digest, consent) == "pack_unbound"
    assert not list((world.data / "incoming").iterdir())


def test_what_is_no_picture(scene: Any, tmp_path: Path) -> None:
    record = scene.licence()
    bad = tmp_path / "bad.jpg"
    for content in (b"", b"not a picture", b"\xff\xd8\xff\xe0" + bytes(100), b"GIF89a" + bytes(100)):
        bad.write_bytes(content)
        assert code(scene.deliver, record.id, picture=bad) == "picture_unreadable"


def test_requests_that_are_none(scene: Any) -> None:
    world = scene.world
    header = {"Authorization": f"Bearer {scene.device.token}"}

    def ask(method: str, path: str, **more: Any) -> tuple[int, str]:
        answer = requests.request(method, world.url + path, headers=header, timeout=60, **more)
        body = answer.json()
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert body["status"] == answer.status_code
        assert {"title", "detail", "remedy", "code"} <= body.keys()
        return answer.status_code, body["code"]

    assert ask("GET", "/v1/nothing") == (404, "path_unknown")
    assert ask("DELETE", "/v1/leases") == (405, "method_unknown")
    assert ask("POST", "/v1/leases", data=b"{") == (422, "request_invalid")
    assert ask("POST", "/v1/leases", json={"licence": "lic_unknown0", "more": 1}) == (422, "request_invalid")
    assert ask("POST", "/v1/leases", data=b"x" * 3_000_000) == (413, "request_too_large")
    endless = (b"x" * 100_000 for _ in range(40))
    assert ask("POST", "/v1/leases", data=endless) == (413, "request_too_large")
    assert ask("GET", "/v1/verify") == (422, "request_invalid")
    assert ask("GET", "/v1/log/proof?index=99&size=1") == (404, "proof_unknown")
    size = world.registry().health()["log_size"]
    for more in (1, 2, 3, 2**50):  # a log that is not so long
        assert ask("GET", f"/v1/log/proof?index=0&size={size + more}") == (404, "proof_unknown")
        assert ask("GET", f"/v1/log/consistency?old=1&size={size + more}") == (404, "proof_unknown")
    assert world.registry().log_proof(0, size).size == size
    assert ask("GET", "/v1/licences/%00")[0] in {404, 422}


def test_a_picture_that_cannot_be_labelled_is_not_billed(scene: Any, tmp_path: Path) -> None:
    record = scene.licence()
    whole = tmp_path / "final.jpg"
    scene.deliver(record.id)
    broken, tiny, ink = (tmp_path / name for name in ("broken.jpg", "tiny.png", "ink.jpg"))
    broken.write_bytes(whole.read_bytes()[:6000])
    Image.new("RGB", (8, 8)).save(tiny)
    Image.new("CMYK", (300, 300)).save(ink)
    assert code(scene.deliver, record.id, picture=broken) == "picture_unreadable"
    assert code(scene.deliver, record.id, picture=tiny) == "picture_too_small"
    assert code(scene.deliver, record.id, picture=ink) == "picture_mode_unsupported"
    assert scene.device.registry.licence(record.id).delivered_left == 19
    assert not list((scene.world.data / "incoming").iterdir())


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/deliveries"), ("PUT", "/v1/twins/twn_x/pack")])
@pytest.mark.parametrize("token", ["", "Authorization: Bearer nobody\r\n"])
def test_a_stranger_is_answered_before_her_body_is_read(
    world: Any, method: str, path: str, token: str
) -> None:
    head = f"{method} {path} HTTP/1.1\r\nHost: registry\r\n{token}Content-Length: 50000000\r\n\r\n"
    address = urlsplit(world.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as line:
        line.sendall(head.encode() + bytes(10_000))  # and nothing after it, for as long as it takes
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"token_" in answer


def test_a_strangers_upload_ends_early(world: Any) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(500):
            sent += 100_000
            yield bytes(100_000)

    headers = {"Authorization": "Bearer nobody"}
    answer = requests.put(f"{world.url}/v1/twins/twn_x/pack", data=body(), headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")
    assert sent < 50_000_000


def test_what_a_killed_process_left_is_cleaned_away(tmp_path: Path, clock: Clock) -> None:
    settings = Settings(data=tmp_path, clock=clock)
    with incoming.resting_place(settings) as path:
        old, young = path.with_name("old"), path.with_name("young")
        for left, age in ((old, 7200), (young, 60)):
            left.write_bytes(b"half a picture")
            os.utime(left, (clock.now - age,) * 2)
        incoming.clean(settings)
        assert [left.exists() for left in (old, young)] == [False, True]
