"""The agent against a real registry on loopback: enrolment, leases, gate, journal, delivery, revocation.

Only the pixels are not real here: the pack holds a token texture and a stand-in renders. The demo's test runs
the same path with the real twin.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import sosie.render
from sosie.agent.home import Home
from sosie.agent.jobs import Answer, Job
from sosie.agent.log import Log
from sosie.agent.rendering import Studio
from sosie.agent.work import Work
from sosie.client.pixels import PixelFolder
from sosie.demo.world import World
from sosie.errors import (
    AgentError,
    CancelledError,
    OptionError,
    PackError,
    RefusedError,
    RegistryError,
    SetupError,
    SosieError,
    VerificationError,
)
from sosie.hookspecs import hookimpl
from sosie.licence import exchange, keys
from sosie.messages import DeliverRequest, RenderRequest, Use, decode, encode
from sosie.plugins import Plugins
from sosie.remote.transport import HttpsPlugin
from sosie.twin.header import TwinHeader
from sosie.twin.pack import write_pack
from sosie.twin.twin import Twin

FRANCE = Use(territory=("FR",))


@dataclass
class Scene:
    """A licensed twin at a running registry."""

    world: World
    twin: str
    licence: exchange.LicenceRecord

    def code(self) -> str:
        brand = self.world.people.registry(self.world.people.get("brand"))
        return brand.create_seat(exchange.NewSeat(name="seat")).code


def upload(world: World) -> str:
    """A pack with next to nothing in it, bound to the talent's consent."""
    talent = world.people.get("talent")
    caller = world.people.registry(talent)
    consent = next(item.sha256 for item in caller.consents() if item.live)
    twin, key = f"twn_{secrets.token_hex(8)}", secrets.token_bytes(32)
    header = TwinHeader(twin, talent.id, 1, consent, int(time.time()), 16)
    path = world.folder / f"{twin}.pack"
    sections = {"texture": np.zeros((16, 16, 3), np.float32)}
    digest = write_pack(path, header, sections, key=key, thumbnail=b"", nonce_source=secrets.token_bytes)
    info = keys.pack_info(pack_sha256=digest, consent_sha256=consent)
    sealed = keys.wrap(key, world.root().pack_key, info=info)
    caller.upload_pack(path, twin=twin, pack_sha256=digest, wrapped_key=sealed)
    return twin


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        world.start_registry()
        world.enrol_people()
        yield world


@pytest.fixture
def scene(world: World) -> Scene:
    """A fresh consent, twin and licence: a revocation in one test does not reach another."""
    world.sign_consent()
    twin = upload(world)
    return Scene(world, twin, world.license(twin))


class Office:
    """An agent's work in this process, with a stand-in for the render."""

    def __init__(self, path: Path, plugins: Plugins | None = None) -> None:
        self.home = Home.at(path)
        self.pixels = PixelFolder(path / "pixels")
        self.pixels.folder.mkdir(exist_ok=True)
        self.work = Work(self.home, Log(self.home.log), plugins or Plugins([HttpsPlugin()]))
        self.methods: dict[str, Callable[[Job], Answer]] = self.work.handlers()

    def ask(self, method: str, params: dict[str, Any], report: Any = None) -> Answer:
        job = Job(1, "test", method, params, self.pixels, *([report] if report else []))
        return self.methods[method](job)

    def render(self, twin: str, use: Use = FRANCE, **more: Any) -> Answer:
        plate = self.pixels.put(bytes(range(48)), width=4, height=4, depth="u8", channels="RGB")
        request = RenderRequest(plate=plate, twin=twin, use=use, **more)
        return self.ask("render", encode(request))

    def deliver(self, twin: str, use: Use = FRANCE) -> Answer:
        noise = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)
        picture = self.pixels.put(noise.tobytes(), width=256, height=256, depth="u8", channels="RGB")
        return self.ask("deliver", encode(DeliverRequest(twin=twin, use=use, picture=picture)))

    @property
    def journal(self) -> list[str]:
        return [f"{entry.op} {entry.detail}".strip() for entry in self.entries]

    @property
    def entries(self) -> list[Any]:
        from sosie.licence import jws
        from sosie.licence.documents import JournalEntry

        public = keys.signing_private((self.home.keys / "signing.pem").read_bytes()).public_key()
        lines = self.home.journal.read_text().splitlines() if self.home.journal.exists() else []
        return [jws.verify(line, JournalEntry, [public]) for line in lines]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def render(plate: Any, twin: Any, *, progress: Any, **_: Any) -> Any:
        progress(0.5)
        pixels = plate.pixels
        likeness = np.dstack([pixels[..., :3], np.full(pixels.shape[:2], 255, pixels.dtype)])
        return SimpleNamespace(
            composite=255 - pixels,
            likeness=likeness,
            matte=likeness[..., 3],
            box=(0, 0, 4, 4),
            confidence=0.5,
            reasons=("a stand-in",),
            provider="none",
        )

    monkeypatch.setattr(sosie.render, "render", render, raising=False)
    monkeypatch.setattr(Studio, "open", lambda self: (None, None))
    monkeypatch.setattr(Twin, "from_sections", classmethod(lambda cls, sections: sections["texture"]))


@pytest.fixture
def office(tmp_path: Path, scene: Scene) -> Office:
    office = Office(tmp_path / "office")
    office.ask("enrol", {"url": scene.world.url, "token": scene.code()})
    return office


def code_of(call: Callable[[], Any], kind: type[SosieError] = SosieError) -> str:
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.remedy
    return caught.value.code


def test_enrolling_keeps_secrets_to_this_user(office: Office, scene: Scene) -> None:
    for path in (office.home.account, office.home.keys / "signing.pem", office.home.keys / "sealing.pem"):
        assert path.stat().st_mode & 0o077 == 0
    assert code_of(lambda: office.ask("enrol", {"url": "x", "token": "y"})) == "enrolled_already"
    status = office.ask("status", {})
    assert status["reachable"]
    assert status["device"].startswith("dev_")


def test_a_wrong_code_enrols_nobody(tmp_path: Path, scene: Scene) -> None:
    office = Office(tmp_path / "other")
    asked = {"url": scene.world.url, "token": "not-a-code-at-all"}
    assert code_of(lambda: office.ask("enrol", asked), RegistryError)
    assert not office.home.account.exists()
    assert code_of(lambda: office.ask("twins", {}), AgentError) == "not_enrolled"


def test_render_journals_before_it_hands_out(office: Office, scene: Scene) -> None:
    result = office.render(scene.twin)
    assert office.journal == ["render"]
    assert result["licence"] == scene.licence.id
    assert set(result["layers"]) == {"composite", "likeness", "matte"}
    composite = office.pixels.read(decode(type_of_pixels(), result["layers"]["composite"]))
    assert composite == bytes(255 - value for value in range(48))
    info = office.ask("status", {})["leases"][0]
    assert info["renders_left"] == 24
    assert office.ask("twins", {})["twins"][0]["twin"] is not None


def type_of_pixels() -> type:
    from sosie.messages import Pixels

    return Pixels


def test_the_pack_on_the_disk_stays_locked(office: Office, scene: Scene) -> None:
    office.render(scene.twin)
    (pack,) = office.home.packs.iterdir()
    assert scene.twin.encode() in pack.read_bytes()  # the open header
    assert pack.stat().st_mode & 0o077 == 0
    everything = b"".join(path.read_bytes() for path in office.home.path.rglob("*") if path.is_file())
    held = office.work._ready().leases.scope_of(scene.licence.id)
    assert held is not None
    assert held.pack_key(office.work._ready().member.sealing) not in everything


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
def test_out_of_scope_is_refused_and_written_down(office: Office, scene: Scene, use: Use, code: str) -> None:
    assert code_of(lambda: office.render(scene.twin, use), RefusedError) == code
    assert office.journal == [f"refused {code}"]
    assert len(list(office.pixels.folder.iterdir())) == 1  # the plate alone


def test_a_twin_nobody_licensed_is_refused(office: Office) -> None:
    assert code_of(lambda: office.render("twn_somebody_else"), RefusedError) == "lease_missing"


def test_a_revocation_stops_delivery_at_once_and_renders_within_a_minute(
    office: Office, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.render(scene.twin)
    scene.world.revoke()
    assert "revoked" in code_of(lambda: office.deliver(scene.twin), RegistryError)
    monkeypatch.setattr("sosie.agent.leases.REFRESH_SECONDS", 0)
    assert code_of(lambda: office.render(scene.twin), RefusedError) == "licence_revoked"


def test_delivery_signs_receipts_and_counts(office: Office, scene: Scene) -> None:
    delivery = office.deliver(scene.twin)
    assert Path(delivery["file"]).read_bytes()[:2] == b"\xff\xd8"
    assert delivery["delivered_left"] == 4
    assert office.journal == [f"delivered {delivery['receipt']}"]
    assert office.ask("status", {})["journal_unsent"] == 0
    assert code_of(lambda: office.deliver(scene.twin, Use(territory=("JP",)))) == "territory_not_licensed"


def test_without_the_registry_a_lease_lasts_and_then_the_words_are_clear(
    office: Office, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.render(scene.twin)
    again = Office(office.home.path)  # as after a restart
    transport = again.work._ready().member.registry._transport
    monkeypatch.setattr(transport, "_base", "http://127.0.0.1:9")
    monkeypatch.setattr("sosie.agent.leases.REFRESH_SECONDS", 0)
    again.render(scene.twin)
    assert again.journal == ["render", "render"]
    assert [twin["twin"] for twin in again.ask("twins", {})["twins"]] == [scene.twin]
    assert not again.ask("status", {})["reachable"]
    assert code_of(lambda: again.deliver(scene.twin), RegistryError) == "registry_unreachable"
    monkeypatch.setattr("sosie.agent.clock.trusted_now", lambda **_: int(time.time()) + 3600)
    assert code_of(lambda: again.render(scene.twin), RefusedError) == "lease_expired"


def test_a_used_budget_is_renewed_and_the_rest_returned(
    office: Office, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.render(scene.twin)
    before = scene.world.people.registry(scene.world.people.get("brand")).licence(scene.licence.id)
    leases = office.work._ready().leases
    first = leases.info()[0].lease
    monkeypatch.setattr(leases._journal, "renders", lambda lease: 25 if lease == first else 0)
    office.render(scene.twin)
    assert office.journal == ["render", "returned", "render"]
    after = scene.world.people.registry(scene.world.people.get("brand")).licence(scene.licence.id)
    assert before.renders_left - after.renders_left == 1  # 25 more reserved, 24 unused ones given back


def test_a_damaged_pack_is_fetched_again_and_a_foreign_one_refused(office: Office, scene: Scene) -> None:
    office.render(scene.twin)
    (pack,) = office.home.packs.iterdir()
    pack.write_bytes(pack.read_bytes()[:-1] + b"x")
    Office(office.home.path).render(scene.twin)
    fresh = Office(office.home.path)
    registry = fresh.work._ready().member.registry
    pack.unlink()
    registry.download_pack = lambda twin, revision, target: target.write_bytes(b"other") and None  # type: ignore[method-assign]  # the server's lie
    assert code_of(lambda: fresh.render(scene.twin), PackError) == "pack_corrupt"
    assert list(office.home.packs.iterdir()) == []


def test_a_tampered_lease_on_the_disk_is_thrown_away(office: Office, scene: Scene) -> None:
    office.render(scene.twin)
    (cached,) = office.home.leases.iterdir()
    text = cached.read_text()
    cached.write_text(text.replace('"lease": "ey', '"lease": "ez'))
    again = Office(office.home.path)
    assert again.ask("status", {})["leases"] == ()
    assert not cached.exists()
    again.render(scene.twin)


def test_another_root_is_not_trusted(office: Office) -> None:
    office.home.root.write_bytes(office.home.root.read_bytes().replace(b"}", b"} ", 1))
    again = Office(office.home.path)
    assert code_of(lambda: again.ask("twins", {}), VerificationError) == "root_pin"


def test_no_room_for_the_journal_means_no_pixels(
    office: Office, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.render(scene.twin)
    before = set(office.pixels.folder.iterdir())

    def full(*_: object) -> None:
        raise SetupError("No room.", remedy="Free some.", code="storage_full")

    monkeypatch.setattr(office.work._ready().journal, "_write", full)
    assert code_of(lambda: office.render(scene.twin), SetupError) == "storage_full"
    assert len(set(office.pixels.folder.iterdir()) - before) == 1  # the plate of the second try
    monkeypatch.undo()
    assert office.journal == ["render"]


def test_a_plugin_can_refuse_and_is_told_of_what_was_rendered(
    office: Office, scene: Scene, tmp_path: Path
) -> None:
    seen: list[str] = []

    class House:
        @hookimpl
        def sosie_refuse(self, request: Any, grant: Any) -> str | None:
            return "Not on Mondays." if request.use.purpose == "campaign" else None

        @hookimpl
        def sosie_rendered(self, request: Any, grant: Any, result: Any) -> None:
            seen.append(result.licence)

    strict = Office(office.home.path, Plugins([HttpsPlugin(), House()]))
    strict.render(scene.twin)
    assert seen == [scene.licence.id]
    assert strict.ask("status", {})["warnings"] == ()

    class Strict(House):
        @hookimpl
        def sosie_refuse(self, request: Any, grant: Any) -> str | None:
            return "Never."

    stricter = Office(office.home.path, Plugins([HttpsPlugin(), Strict()]))
    assert code_of(lambda: stricter.render(scene.twin), RefusedError) == "refused_by_plugin"
    assert stricter.journal == ["render", "refused refused_by_plugin"]


def test_cancelling_uses_no_budget(office: Office, scene: Scene) -> None:
    def stop_at_half(fraction: float, stage: str) -> None:
        if fraction > 0.5:
            raise CancelledError("Enough.", remedy="None.")

    plate = office.pixels.put(bytes(48), width=4, height=4, depth="u8", channels="RGB")
    request = encode(RenderRequest(plate=plate, twin=scene.twin, use=FRANCE))
    assert code_of(lambda: office.ask("render", request, stop_at_half), CancelledError) == "cancelled"
    assert office.journal == []
    assert [path.name for path in office.pixels.folder.iterdir()] == [Path(plate.path).name]


def test_odd_requests_are_input_errors(office: Office, scene: Scene) -> None:
    good = encode(RenderRequest(plate=plate_of(office), twin=scene.twin, use=FRANCE))
    assert code_of(lambda: office.ask("render", {**good, "layers": ["halo"]}), OptionError) == "layer_unknown"
    assert code_of(lambda: office.ask("render", {**good, "surprise": 1}), AgentError) == "message_invalid"
    assert code_of(lambda: office.ask("render", {"twin": scene.twin}), AgentError) == "message_invalid"
    loud = {**good, "options": {"strength": 7}}
    assert code_of(lambda: office.ask("render", loud), OptionError) == "option_invalid"
    mask = encode(office.pixels.put(bytes(4), width=2, height=2, depth="u8", channels="L"))
    assert code_of(lambda: office.ask("render", {**good, "mask": mask}), OptionError) == "mask_size"
    assert office.journal == []


def plate_of(office: Office) -> Any:
    return office.pixels.put(bytes(48), width=4, height=4, depth="u8", channels="RGB")
