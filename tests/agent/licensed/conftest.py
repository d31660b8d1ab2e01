"""An agent's work in this process against a real registry on loopback.

Only the pixels are not real here: the pack holds a token texture and a stand-in renders. The demo's test runs
the same path with the real twin.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import sosie.render
from sosie.agent.home import Home
from sosie.agent.jobs import Answer, Job
from sosie.agent.log import Log
from sosie.agent.studio import Studio
from sosie.agent.work import Work
from sosie.cli import cli
from sosie.client.pixels import PixelFolder
from sosie.codec import encode
from sosie.demo.world import World
from sosie.errors import (
    SosieError,
)
from sosie.licence import exchange, keys
from sosie.messages import DeliverRequest, RenderRequest, Use
from sosie.plugins import Plugins
from sosie.remote.transport import HttpsPlugin
from sosie.render.layers import Layers
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


def thumbnail() -> bytes:
    done, data = cv2.imencode(".jpg", np.full((400, 300, 3), 128, np.uint8))
    assert done
    return data.tobytes()


def upload(world: World) -> str:
    """A pack with next to nothing in it, bound to the talent's consent."""
    talent = world.people.get("talent")
    caller = world.people.registry(talent)
    consent = next(item.sha256 for item in caller.consents() if item.live)
    twin, key = f"twn_{secrets.token_hex(8)}", secrets.token_bytes(32)
    header = TwinHeader(twin, talent.id, 1, consent, int(time.time()), 16)
    path = world.folder / f"{twin}.pack"
    sections = {"texture": np.zeros((16, 16, 3), np.float32)}
    digest = write_pack(
        path, header, sections, key=key, thumbnail=thumbnail(), nonce_source=secrets.token_bytes
    )
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


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command of the people of `world`; what it printed as JSON."""
    monkeypatch.setenv("SOSIE_HOME", str(world.folder))

    def ask(*words: str) -> Any:
        done = CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return ask


class Office:
    """An agent's work in this process, with a stand-in for the render."""

    def __init__(self, path: Path, plugins: Plugins | None = None) -> None:
        self.home = Home.at(path)
        self.pixels = PixelFolder(path / "pixels")
        self.pixels.folder.mkdir(exist_ok=True)
        self.work = Work(self.home, Log(self.home.log), plugins or Plugins([HttpsPlugin()]))
        self.methods: dict[str, Callable[[Job], Answer]] = self.work.handlers()

    def job(self, method: str, params: dict[str, Any], **hooks: Any) -> Job:
        return Job(1, "test", method, params, self.pixels, **hooks)

    def ask(self, method: str, params: dict[str, Any], report: Any = None) -> Answer:
        job = self.job(method, params, **({"report": report} if report else {}))
        with job.afterwards:  # as a lane's worker does
            return self.methods[method](job)

    def render(self, twin: str, use: Use = FRANCE, **more: Any) -> Answer:
        plate = self.pixels.put(bytes(range(48)), width=4, height=4, depth="u8", channels="RGB")
        request = RenderRequest(plate=plate, twin=twin, use=use, **more)
        return self.ask("render", encode(request))

    def deliver(self, twin: str, use: Use = FRANCE) -> Answer:
        noise = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)
        picture = self.pixels.put(noise.tobytes(), width=256, height=256, depth="u8", channels="RGB")
        return self.ask("deliver", encode(DeliverRequest(twin=twin, use=use, picture=picture)))

    def end(self) -> None:
        """No thread outlives the test: a renewal that goes on disturbs the tests after it."""
        if (desk := self.work._desk) is not None:
            desk.renewal.stop()

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
        return Layers(
            plate=pixels,
            parts={"composite": 255 - pixels, "flat": likeness, "matte": likeness[..., 3]},
            box=(0, 0, 4, 4),
            confidence=0.5,
            reasons=("a stand-in",),
            provider="none",
        )

    monkeypatch.setattr(sosie.render, "render", render, raising=False)
    monkeypatch.setattr(Studio, "faces", lambda self: None)
    monkeypatch.setattr(Studio, "kernel", lambda self: None)
    monkeypatch.setattr(Twin, "from_sections", classmethod(lambda cls, sections: sections["texture"]))


@pytest.fixture
def office(tmp_path: Path, scene: Scene, reopen: Callable[..., Office]) -> Office:
    office = reopen(tmp_path / "office")
    office.ask("enrol", {"url": scene.world.url, "token": scene.code()})
    return office


@pytest.fixture
def reopen() -> Iterator[Callable[..., Office]]:
    """An agent at a home that may be there already, as after a restart."""
    opened: list[Office] = []

    def at(path: Path, plugins: Plugins | None = None) -> Office:
        opened.append(Office(path, plugins))
        return opened[-1]

    yield at
    for office in opened:
        office.end()


@pytest.fixture
def code_of() -> Callable[..., str]:
    """The code of the error that a call raises; every error has a remedy."""

    def raised(call: Callable[[], Any], kind: type[SosieError] = SosieError) -> str:
        with pytest.raises(kind) as caught:
            call()
        assert caught.value.remedy
        return caught.value.code

    return raised
