"""Ends that nobody asked for: real processes, a real registry, a real twin, a real journal.

A device that breaks in the middle of a render costs that render at most, and is kept off. Then `kill -9` under load,
again and again: three hosts render as fast as they can; the agent is killed at a random moment; then the journal on the
disk is read. By default a few rounds; `SOSIE_KILLS=200 pytest tests/agent/test_kill.py` does the whole number.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.agent.device import vulkan
from tests.agent.load import PATIENCE, Load, composite, request

from sosie.agent import account
from sosie.agent.clock import Clock
from sosie.agent.home import Home
from sosie.agent.journal import Journal, verify_journal
from sosie.agent.work import built_in_plugins
from sosie.client import Session, folders
from sosie.client.discovery import Files
from sosie.demo.world import World
from sosie.errors import AgentError
from sosie.faces import Faces
from sosie.licence import jws
from sosie.licence.documents import JournalEntry, Lease, Quota
from sosie.pictures import read_picture
from sosie.studio import photographs_in

KILLS = int(os.environ.get("SOSIE_KILLS", "4"))
#: Seconds after the hosts have connected; a render takes about 0.3.
EARLIEST, LATEST = 0.2, 3.0
RENDERS = 20_000


def extended(plugin: str, *before: str) -> str:
    """The record of an agent that has the plugin of this name; its command begins with `before`."""
    here = Path(__file__).parent
    return json.dumps({"command": [*before, sys.executable, str(here / "extended.py"), str(here / plugin)]})


@pytest.fixture(scope="module")
def licensed(
    tmp_path_factory: pytest.TempPathFactory, people: Path, faces: Faces
) -> Iterator[tuple[World, str]]:
    with World(tmp_path_factory.mktemp("kill")) as world:
        world.start_registry()
        world.enrol_people()
        world.sign_consent()
        packed = world.make_twin(
            photographs_in(people / "captures" / "p04"), faces=faces, progress=lambda *_: None
        )
        world.upload(packed)
        world.license(packed.header.twin, quota=Quota(renders=RENDERS, delivered=1))
        home = Files(world.home)
        folders.private_folder(home.folder)
        home.python.write_text(extended("fast"))
        with world.enrol_machine():
            pass
        yield world, packed.header.twin


@pytest.fixture(scope="module")
def plate(people: Path) -> np.ndarray:
    """A picture of a stand-in, small: (H, W, 3), 8 bit."""
    picture = read_picture(people / "plates" / "s01" / "plate_p01.webp")
    return np.ascontiguousarray(picture.pixels[::2, ::2, :3])


def journal_of(home: Path) -> tuple[Journal, list[JournalEntry]]:
    """The journal as it lies on the disk, its chain verified."""
    made = Home(home)
    member = account.load(made, built_in_plugins())
    journal = Journal(made.journal, device=member.account.device, key=member.signing, clock=Clock(made.clock))
    public = member.signing.public_key()
    return journal, verify_journal(made.journal, public, device=member.account.device)


def test_a_running_agent_goes_on_under_new_keys(licensed: tuple[World, str], plate: np.ndarray) -> None:
    """The operator replaces the key that signs leases and revokes the old one while the agent runs."""
    world, twin = licensed
    command = [sys.executable, "-m", "sosie", "registry", "keys", "rotate", "licence", "--revoke"]
    with Session.connect("host", home=world.home) as session:
        assert session.status().reachable
        subprocess.run([*command, "--data", str(world.folder / "registry")], check=True)
        session.render(request(session, plate, twin))
    assert account.load(Home(world.home), built_in_plugins()).root.document.version == 2


@pytest.fixture
def plugged(licensed: tuple[World, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Gives the next agents another plugin than `fast`, and an environment that says how it is to break."""
    home = Files(licensed[0].home)
    sound = home.python.read_text()

    def stop() -> None:
        with contextlib.suppress(AgentError), Session.connect("end", start=False, home=home.home) as session:
            session.stop()

    def plug(plugin: str, *before: str, **environment: str) -> None:
        stop()
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        home.python.write_text(extended(plugin, *before))

    yield plug
    stop()
    home.python.write_text(sound)


def test_a_device_that_fails_is_left_for_the_processor(
    licensed: tuple[World, str], plate: np.ndarray, plugged: Callable[..., None]
) -> None:
    """Nothing may touch the spoiled device again: that would end the agent."""
    world, twin = licensed
    plugged("broken", BROKEN="fault")
    with Session.connect("krita", home=world.home) as session:
        pid = session.status().pid
        for _ in range(2):
            assert session.render(request(session, plate, twin)).provider == "OpenCV"
        status = session.status()
        assert status.pid == pid
        assert any("CUDAExecutionProvider broke" in warning for warning in status.warnings)


@pytest.mark.parametrize(("way", "device"), [("crash", "CUDAExecutionProvider"), ("load", "GPU")])
def test_a_device_that_ends_the_agent_is_told_of_and_then_kept_off(
    licensed: tuple[World, str], plate: np.ndarray, plugged: Callable[..., None], way: str, device: str
) -> None:
    world, twin = licensed
    plugged("broken", BROKEN=way)
    for _ in range(2):
        with Session.connect("krita", home=world.home) as session:
            with pytest.raises(AgentError, match="in the middle of this request") as caught:
                session.render(request(session, plate, twin))
            assert caught.value.code == "agent_gone"
    kept_off(world, plate, twin, device)


def kept_off(world: World, plate: np.ndarray, twin: str, device: str) -> None:
    """The next start says whose render the device cut off, and draws without it."""
    with Session.connect("krita", home=world.home) as session:
        assert session.render(request(session, plate, twin)).provider == "OpenCV"
        told = " ".join(session.status().warnings)
        assert f"in the middle of a render for krita on {device}" in told
        assert f"{device} broke" in told


def test_a_device_that_hangs_keeps_nobody_from_ending_the_agent(
    licensed: tuple[World, str], plate: np.ndarray, plugged: Callable[..., None], tmp_path: Path
) -> None:
    world, twin = licensed
    plugged("broken", BROKEN="hang", HANGS=str(hangs := tmp_path / "hangs"))
    told: list[str] = []

    def wait() -> None:
        with Session.connect("krita", home=world.home) as session, pytest.raises(AgentError) as caught:
            session.render(request(session, plate, twin))
        told.append(caught.value.code)

    host = threading.Thread(target=wait)
    host.start()
    with Session.connect("terminal", home=world.home) as session:
        until = time.monotonic() + PATIENCE
        while not hangs.exists() and time.monotonic() < until:
            time.sleep(0.01)
        session.stop()
    host.join(PATIENCE)
    assert told == ["agent_gone"]
    with Session.connect("terminal", home=world.home) as session:
        assert "in the middle of a render for krita on CUDAExec" in " ".join(session.status().warnings)


def test_a_real_device_draws_fails_and_ends_the_agent(
    licensed: tuple[World, str], plate: np.ndarray, plugged: Callable[..., None], tmp_path: Path
) -> None:
    """ONNX Runtime's WebGPU provider on a Vulkan driver; what goes wrong, goes wrong in them (`webgpu/sosie_webgpu.py`)."""
    world, twin = licensed
    way, small = tmp_path / "way", cv2.resize(plate, (208, 208), interpolation=cv2.INTER_AREA)
    way.write_text("sound")
    plugged("webgpu", *vulkan(), WEBGPU=str(way))
    with Session.connect("krita", home=world.home) as session:
        pid = session.status().pid
        drawn = [session.render(request(session, small, twin))]
        way.write_text("large")
        drawn += [session.render(request(session, small, twin)) for _ in range(2)]
        assert [result.provider for result in drawn] == ["WebGpuExecutionProvider", "OpenCV", "OpenCV"]
        on_device, *others = (composite(session, result) for result in drawn)
        assert not np.array_equal(on_device, small)
        for other in others:
            assert np.abs(on_device.astype(int) - other).max() <= 1
        status = session.status()
        assert status.pid == pid
        assert any("WebGpuExecutionProvider broke" in warning for warning in status.warnings)
        session.stop()
    way.write_text("full")
    for _ in range(2):
        with Session.connect("krita", home=world.home) as session:
            assert "broke" not in " ".join(session.status().warnings)
            with pytest.raises(AgentError, match="in the middle of this request") as caught:
                session.render(request(session, small, twin))
            assert caught.value.code == "agent_gone"
    kept_off(world, small, twin, "WebGpuExecutionProvider")
    kept = {entry.n for entry in journal_of(world.home)[1] if entry.op == "render"}
    assert {int(result.job.rpartition("-")[2]) for result in drawn} <= kept


def test_a_driver_that_is_not_there_is_told_of_and_done_without(
    licensed: tuple[World, str], plate: np.ndarray, plugged: Callable[..., None], tmp_path: Path
) -> None:
    world, twin = licensed
    (tmp_path / "way").write_text("sound")
    plugged("webgpu", *vulkan(str(tmp_path / "gone.json")), WEBGPU=str(tmp_path / "way"))
    with Session.connect("krita", home=world.home) as session:
        for _ in range(2):
            assert session.render(request(session, plate, twin)).provider == "OpenCV"
        assert any("GPU broke" in warning for warning in session.status().warnings)


def test_killed_under_load_nothing_acknowledged_is_lost(
    licensed: tuple[World, str], plate: np.ndarray
) -> None:
    world, twin = licensed
    load = Load(world.home, plate, twin)
    chance = random.Random(1)
    for round_ in range(KILLS):
        load.until_killed(chance.uniform(EARLIEST, LATEST), drawn=bool(round_ % 2))
        _, entries = journal_of(world.home)
        renders = {entry.n for entry in entries if entry.op == "render"}
        assert load.acknowledged <= renders, f"round {round_}: lost {load.acknowledged - renders}"
        assert load.unexpected == [], f"round {round_}"
        with Session.connect("next", home=world.home) as session:
            status = session.status()
            assert status.journal_entries == len(entries)
            assert not any("damaged" in warning or "fork" in warning for warning in status.warnings)
            left = [path for place in folders.pixel_folders(world.home) for path in place.glob("*/*")]
            assert left == [], f"round {round_}: orphaned pixels"
    assert load.acknowledged, "nothing was rendered: this was no load"
    print(f"{KILLS} kills, {len(load.acknowledged)} renders acknowledged")  # noqa: T201 - pytest -s
    budgets_hold(world, journal_of(world.home)[1])


def budgets_hold(world: World, entries: list[JournalEntry]) -> None:
    """No lease has more renders than it reserved, and the registry has the whole journal."""
    used = Counter(entry.lease for entry in entries if entry.op == "render" and entry.lease)
    with contextlib.suppress(AgentError), Session.connect("last", home=world.home) as session:
        session.stop()
    member = account.load(Home(world.home), built_in_plugins())
    assert member.registry.journal_head().n == len(journal_of(world.home)[1])
    (licence,) = member.registry.licences()
    reserved = RENDERS - licence.renders_left
    assert sum(used.values()) <= reserved <= RENDERS
    for path in Home(world.home).leases.glob("*.json"):
        lease = jws.verify(json.loads(path.read_text())["lease"], Lease, member.root.licence_keys)
        assert used[lease.id] <= lease.renders
    assert max(used.values()) <= 25
