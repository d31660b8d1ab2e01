"""Packs, pictures and requests that are none: refused with a reason, nothing kept, nothing billed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from PIL import Image
from tests.registry.people import code


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
        answer = requests.request(method, world.url + path, headers=header, timeout=10, **more)
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
