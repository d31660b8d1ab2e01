"""Faces, comparisons, previews and catalogues: real perception on the people in the tree, a real registry."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sosie.render
from sosie.agent.studio import Studio
from sosie.codec import encode
from sosie.errors import AgentError, FaceNotFoundError, OptionError, RefusedError, RegistryError
from sosie.faces import Faces
from sosie.messages import CompareRequest, FaceChoice, Pixels, RenderRequest, Use
from sosie.pictures import read_picture
from sosie.render.layers import Layers

FRANCE = Use(territory=("FR",))


@pytest.fixture
def seeing(office: Any, monkeypatch: pytest.MonkeyPatch, faces: Faces) -> Any:
    monkeypatch.setattr(Studio, "faces", lambda self: faces)
    return office


def put(office: Any, path: Path) -> Pixels:
    picture = read_picture(path)
    return office.pixels.put(
        np.ascontiguousarray(picture.pixels[..., :3]).tobytes(),
        width=picture.width,
        height=picture.height,
        depth="u8",
        channels="RGB",
    )


def captures(people: Path) -> list[list[Path]]:
    """Two frontal photographs of each person."""
    return [
        [folder / "frontal.jpg", folder / "smile.jpg"] for folder in sorted((people / "captures").iterdir())
    ]


def test_faces_need_no_account(
    tmp_path: Path, people: Path, reopen: Any, faces: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(Studio, "faces", lambda self: faces)
    stranger = reopen(tmp_path / "stranger")
    picture = put(stranger, captures(people)[0][0])
    (found,) = stranger.ask("faces", {"picture": encode(picture)})["faces"]
    x0, y0, x1, y1 = found["box"]
    assert 0 <= x0 < x1 <= picture.width
    assert 0 <= y0 < y1 <= picture.height
    assert len(found["landmarks"]) == 478
    blank = stranger.pixels.put(bytes(300), width=10, height=10, depth="u8", channels="RGB")
    assert stranger.ask("faces", {"picture": encode(blank)})["faces"] == []


def test_a_request_without_a_picture_is_named(office: Any, code_of: Any) -> None:
    assert code_of(lambda: office.ask("faces", {}), AgentError) == "message_invalid"


def test_two_people_are_told_apart(seeing: Any, people: Path, code_of: Any) -> None:
    (one, again), (other, _) = captures(people)[:2]
    first = put(seeing, one)

    def alike(second: Path) -> Any:
        return seeing.ask("compare", encode(CompareRequest(picture=first, other=put(seeing, second))))

    assert alike(again)["same_person"]
    assert not alike(other)["same_person"]
    both = CompareRequest(picture=first, other=first, twin="twn_nobody")
    assert code_of(lambda: seeing.ask("compare", encode(both)), OptionError) == "option_invalid"
    nowhere = CompareRequest(picture=first, other=first, face=FaceChoice(index=7))
    assert code_of(lambda: seeing.ask("compare", encode(nowhere)), FaceNotFoundError)


def test_comparing_with_a_twin_asks_the_gate(
    seeing: Any, scene: Any, people: Path, faces: Faces, monkeypatch: pytest.MonkeyPatch, code_of: Any
) -> None:
    photograph = captures(people)[0][0]
    picture = read_picture(photograph).pixels[..., :3]
    (face,) = faces.find(picture)

    class Known:
        identity = faces.embed(picture, face)

    asked = encode(CompareRequest(picture=put(seeing, photograph), twin=scene.twin))
    monkeypatch.setattr("sosie.agent.packs.Packs.twin", lambda self, verified: Known)
    assert seeing.ask("compare", asked)["distance"] == pytest.approx(0, abs=1e-4)
    stranger = {**asked, "twin": "twn_somebody_else"}
    assert code_of(lambda: seeing.ask("compare", stranger), RefusedError) == "lease_missing"
    scene.world.revoke()
    monkeypatch.setattr("sosie.agent.freshness.REFRESH_SECONDS", 0)
    assert code_of(lambda: seeing.ask("compare", asked), RefusedError) == "licence_revoked"


def drawn(pixels: Any) -> Any:
    """What a render gives: everything changed."""
    return Layers(
        plate=pixels,
        parts={"composite": 255 - pixels},
        box=(0, 0, pixels.shape[1], pixels.shape[0]),
        confidence=1.0,
        reasons=(),
        provider="none",
    )


@pytest.fixture
def previewed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A stand-in render that shows the plate's every second pixel; the first call of a test breaks after that."""
    calls: list[str] = []

    def render(plate: Any, twin: Any, *, preview: Any, **_: Any) -> Any:
        calls.append("render")
        if preview is not None:
            preview(drawn(plate.pixels[::2, ::2]))
        if len(calls) == 1:
            raise RuntimeError
        return drawn(plate.pixels)

    monkeypatch.setattr(sosie.render, "render", render)
    return calls


def test_a_preview_comes_first_and_takes_the_budget_once(
    office: Any, scene: Any, previewed: list[str]
) -> None:
    """Even where the engine breaks after it and everything is drawn again."""
    shown: list[Pixels] = []
    office.methods["render"](office.job("render", request_of(office, scene), show=shown.append))
    assert len(previewed) == 2
    (picture,) = shown
    assert (picture.width, picture.height, picture.channels) == (512, 256, "BGRA")
    assert office.pixels.read(picture) == bytes([255, 254, 253, 252]) * 512 * 256
    first, second = office.entries
    assert (first.detail, second.detail) == ("preview", "after 1")
    assert second.lease is None
    assert office.ask("status", {})["leases"][0]["renders_left"] == first_budget(office) - 1


def test_no_preview_is_drawn_that_nobody_asked_for(office: Any, scene: Any, previewed: list[str]) -> None:
    shown: list[Pixels] = []
    asked = {**request_of(office, scene), "preview": False}
    office.methods["render"](office.job("render", asked, show=shown.append))
    assert (shown, [entry.detail for entry in office.entries]) == ([], [""])


def request_of(office: Any, scene: Any) -> dict[str, Any]:
    plate = office.pixels.put(
        bytes(range(4)) * 1024 * 512, width=1024, height=512, depth="u8", channels="BGRA"
    )
    return encode(
        RenderRequest(plate=plate, twin=scene.twin, use=FRANCE, layers=("composite",), preview=True)
    )


def first_budget(office: Any) -> int:
    (held,) = office.work._ready().leases._held.values()
    return int(held.lease.renders)


def test_a_catalogue_outlives_the_network_and_the_process(
    office: Any, scene: Any, reopen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = office.ask("twins", {"refresh": True})["twins"]
    again = reopen(office.home.path)
    transport = again.work._ready().member.registry._transport
    monkeypatch.setattr(transport, "request", None)  # any call would be a TypeError
    assert again.ask("twins", {"refresh": False})["twins"] == listed
    assert office.home.catalogue.stat().st_mode & 0o077 == 0
    mine = next(twin for twin in listed if twin["twin"] == scene.twin)
    assert mine["operations"]
    assert mine["purpose"]
    assert mine["reason"] == ""


def test_the_epoch_changes_with_what_a_render_depends_on(office: Any, scene: Any) -> None:
    def mine() -> dict[str, Any]:
        return next(t for t in office.ask("twins", {})["twins"] if t["twin"] == scene.twin)

    before = mine()
    office.render(scene.twin)
    after = mine()
    assert after["epoch"] == before["epoch"]  # one render less is no other picture
    assert after["renders_left"] == before["renders_left"] - 1
    scene.world.revoke()
    revoked = mine()
    assert revoked["epoch"] != before["epoch"]
    assert revoked["state"] == "revoked"
    assert revoked["reason"]
    assert revoked["remedy"]


def test_a_thumbnail_comes_from_the_open_part_once(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine,) = [t for t in office.ask("twins", {})["twins"] if t["twin"] == scene.twin]
    with Image.open(io.BytesIO(Path(mine["thumbnail"]).read_bytes())) as picture:
        assert picture.format == "JPEG"
    assert not list(office.home.packs.iterdir())  # the pack itself was not fetched
    registry = office.work._ready().member.registry
    monkeypatch.setattr(registry, "pack_start", None)
    (again,) = [t for t in office.ask("twins", {})["twins"] if t["twin"] == scene.twin]
    assert again["thumbnail"] == mine["thumbnail"]


def test_a_registry_that_cannot_give_a_thumbnail_still_lists(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> bytes:
        raise RegistryError("No.", remedy="None.")

    monkeypatch.setattr(office.work._ready().member.registry, "pack_start", fail)
    (mine,) = [t for t in office.ask("twins", {})["twins"] if t["twin"] == scene.twin]
    assert mine["thumbnail"] == ""
