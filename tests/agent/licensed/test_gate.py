"""Two gates: what is refused, what is written down, what is delivered and what a plugin may do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.agent.licensed.conftest import upload

from sosie.agent.work import IN_FILES
from sosie.codec import decode, encode
from sosie.errors import (
    AgentError,
    CancelledError,
    OptionError,
    RefusedError,
)
from sosie.hookspecs import hookimpl
from sosie.messages import Pixels, RenderRequest, Use
from sosie.plugins import Plugins
from sosie.remote.transport import HttpsPlugin

FRANCE = Use(territory=("FR",))


def test_render_journals_before_it_hands_out(office: Any, scene: Any) -> None:
    result = office.render(scene.twin)
    assert office.journal == ["render"]
    assert result["licence"] == scene.licence.id
    assert set(result["layers"]) == {"composite", "flat", "matte"}
    composite = office.pixels.read(decode(Pixels, result["layers"]["composite"]))
    assert composite == bytes(255 - value for value in range(48))
    info = office.ask("status", {})["leases"][0]
    assert info["renders_left"] == 24
    assert office.ask("twins", {})["twins"][0]["twin"] is not None


@pytest.mark.parametrize(
    ("use", "code"),
    [
        (Use(territory=("JP",)), "territory_not_licensed"),
        (Use(territory=("FR",), media=("tv",)), "media_not_licensed"),
        (Use(territory=("FR",), operation="face_swap_onto_other"), "operation_not_licensed"),
        (Use(territory=("FR",), categories=("tobacco",)), "category_prohibited"),
        (Use(), "use_incomplete"),
    ],
)
def test_out_of_scope_is_refused_and_written_down(
    office: Any, scene: Any, use: Use, code: str, code_of: Any
) -> None:
    assert code_of(lambda: office.render(scene.twin, use), RefusedError) == code
    assert office.journal == [f"refused {code}"]
    assert len(list(office.pixels.folder.iterdir())) == 1  # the plate alone


def test_a_twin_nobody_licensed_is_refused(office: Any, code_of: Any) -> None:
    assert code_of(lambda: office.render("twn_somebody_else"), RefusedError) == "lease_missing"


def test_a_revocation_stops_delivery_at_once_and_renders_within_a_minute(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, code_of: Any
) -> None:
    office.render(scene.twin)
    scene.world.revoke()
    assert "revoked" in code_of(lambda: office.deliver(scene.twin), RefusedError)
    monkeypatch.setattr("sosie.agent.freshness.REFRESH_SECONDS", 0)
    assert code_of(lambda: office.render(scene.twin), RefusedError) == "licence_revoked"


def test_delivery_signs_receipts_and_counts(office: Any, scene: Any, code_of: Any) -> None:
    delivery = office.deliver(scene.twin)
    assert Path(delivery["file"]).read_bytes()[:2] == b"\xff\xd8"
    assert delivery["delivered_left"] == 4
    assert office.journal == [f"delivered {delivery['receipt']}"]
    assert office.ask("status", {})["journal_unsent"] == 0
    assert code_of(lambda: office.deliver(scene.twin, Use(territory=("JP",)))) == "territory_not_licensed"


def test_each_picture_waits_for_a_yes_and_the_artist_is_told_what_to_do(
    office: Any, scene: Any, code_of: Any, command: Callable[..., Any]
) -> None:
    twin = upload(scene.world)
    scene.world.license(twin, approval="per_image")
    with pytest.raises(RefusedError, match="approves each picture") as caught:
        office.deliver(twin)
    assert caught.value.code == "approval_pending"
    assert "deliver the same picture again, unchanged" in caught.value.remedy
    assert code_of(lambda: office.deliver(twin)) == "approval_pending"
    (waiting,) = command("picture", "waiting", "--as", "talent")
    preview = scene.world.folder / "preview.jpg"
    command("picture", "fetch", waiting["id"], "--out", str(preview), "--as", "talent")
    assert hashlib.sha256(preview.read_bytes()).hexdigest() == waiting["input_sha256"]
    assert command("picture", "delegate", "--to-agency")["pictures"]
    assert command("picture", "approve", waiting["id"], "--as", "agency")["state"] == "approved"
    assert office.deliver(twin)["delivered_left"] == 4

    other = Use(territory=("BE",))
    assert code_of(lambda: office.deliver(twin, other)) == "approval_pending"
    (waiting,) = command("picture", "waiting", "--as", "talent")
    command("picture", "decline", waiting["id"], "--reason", "The skin is too smooth.", "--as", "talent")
    for _ in range(2):  # she is not asked twice about the same picture
        with pytest.raises(RefusedError, match="too smooth") as caught:
            office.deliver(twin, other)
        assert caught.value.code == "approval_declined"
    assert command("picture", "waiting", "--as", "talent") == []


def test_a_plugin_can_refuse_and_is_told_of_what_was_rendered(
    office: Any, scene: Any, tmp_path: Path, reopen: Any, code_of: Any
) -> None:
    seen: list[str] = []

    class House:
        @hookimpl
        def sosie_refuse(self, request: Any, grant: Any) -> str | None:
            return "Not on Mondays." if request.use.purpose == "campaign" else None

        @hookimpl
        def sosie_rendered(self, request: Any, grant: Any, result: Any) -> None:
            seen.append(result.licence)

    strict = reopen(office.home.path, Plugins([HttpsPlugin(), House()]))
    strict.render(scene.twin)
    assert seen == [scene.licence.id]
    assert strict.ask("status", {})["warnings"] == (IN_FILES,)

    class Strict(House):
        @hookimpl
        def sosie_refuse(self, request: Any, grant: Any) -> str | None:
            return "Never."

    stricter = reopen(office.home.path, Plugins([HttpsPlugin(), Strict()]))
    assert code_of(lambda: stricter.render(scene.twin), RefusedError) == "refused_by_plugin"
    assert stricter.journal == ["render", "refused refused_by_plugin"]


def test_cancelling_uses_no_budget(office: Any, scene: Any, code_of: Any) -> None:
    def stop_at_half(fraction: float, stage: str) -> None:
        if fraction > 0.5:
            raise CancelledError("Enough.", remedy="None.")

    plate = office.pixels.put(bytes(48), width=4, height=4, depth="u8", channels="RGB")
    request = encode(RenderRequest(plate=plate, twin=scene.twin, use=FRANCE))
    assert code_of(lambda: office.ask("render", request, stop_at_half), CancelledError) == "cancelled"
    assert office.journal == []
    assert [path.name for path in office.pixels.folder.iterdir()] == [Path(plate.path).name]


def test_odd_requests_are_input_errors(office: Any, scene: Any, code_of: Any) -> None:
    good = encode(RenderRequest(plate=plate_of(office), twin=scene.twin, use=FRANCE))
    assert code_of(lambda: office.ask("render", {**good, "layers": ["halo"]}), OptionError) == "layer_unknown"
    assert code_of(lambda: office.ask("render", {**good, "surprise": 1}), AgentError) == "message_invalid"
    assert code_of(lambda: office.ask("render", {"twin": scene.twin}), AgentError) == "message_invalid"
    loud = {**good, "options": {"strength": 7}}
    assert code_of(lambda: office.ask("render", loud), OptionError) == "option_invalid"
    mask = encode(office.pixels.put(bytes(4), width=2, height=2, depth="u8", channels="L"))
    assert code_of(lambda: office.ask("render", {**good, "mask": mask}), OptionError) == "mask_size"
    assert office.journal == []


def plate_of(office: Any) -> Any:
    return office.pixels.put(bytes(48), width=4, height=4, depth="u8", channels="RGB")
