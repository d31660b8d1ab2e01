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
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sosie.agent import account
from sosie.agent.clock import Clock
from sosie.agent.home import Home
from sosie.agent.journal import Journal, verify_journal
from sosie.agent.work import built_in_plugins
from sosie.client import Session, folders
from sosie.client.discovery import Files
from sosie.demo.world import World
from sosie.errors import AgentError, SosieError
from sosie.faces import Faces
from sosie.licence import jws
from sosie.licence.documents import JournalEntry, Lease, Quota
from sosie.messages import RenderRequest, Use
from sosie.pictures import read_picture
from sosie.studio import photographs_in

KILLS = int(os.environ.get("SOSIE_KILLS", "4"))
HOSTS = 3
#: Seconds after the hosts have connected; a render takes about 0.3.
EARLIEST, LATEST = 0.2, 3.0
#: For a first render, on a machine with other work.
PATIENCE = 60.0
RENDERS = 20_000
#: What a host may be told while its agent dies.
DYING = {"agent_gone", "agent_failed", "agent_not_running", "agent_running"}


class Load:
    """Hosts that render until the agent is gone; what they were answered."""

    def __init__(self, home: Path, plate: np.ndarray, twin: str) -> None:
        self._home, self._plate, self._twin = home, plate, twin
        self.acknowledged: set[int] = set()
        self.unexpected: list[str] = []

    def until_killed(self, seconds: float, *, drawn: bool) -> None:
        """Kill the agent after `seconds`; with `drawn`, not before a render is acknowledged."""
        with Session.connect("watcher", home=self._home) as watcher:
            pid = watcher.status().pid
            hosts = [threading.Thread(target=self._render) for _ in range(HOSTS)]
            for host in hosts:
                host.start()
            before, until = len(self.acknowledged), time.monotonic() + PATIENCE
            while drawn and len(self.acknowledged) == before and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
            for host in hosts:
                host.join(30)
                assert not host.is_alive(), "a host hangs on a dead agent"

    def _render(self) -> None:
        try:
            with Session.connect("host", home=self._home, start=False) as session:
                while True:
                    result = session.render(request(session, self._plate, self._twin))
                    self.acknowledged.add(int(result.job.rpartition("-")[2]))
        except FileNotFoundError:
            pass  # the next agent has cleaned up already
        except SosieError as error:
            if error.code not in DYING:
                self.unexpected.append(str(error))


def extended(plugin: str) -> str:
    """The record of an agent that has the plugin of this name."""
    here = Path(__file__).parent
    return json.dumps({"command": [sys.executable, str(here / "extended.py"), str(here / plugin)]})


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


def request(session: Session, picture: np.ndarray, twin: str) -> RenderRequest:
    """The licensed twin into `picture`, handed over in this session."""
    height, width = picture.shape[:2]
    plate = session.pixels.put(picture.data, width=width, height=height, depth="u8", channels="RGB")
    return RenderRequest(plate=plate, twin=twin, use=Use(territory=("FR",)))


@pytest.fixture
def broken(licensed: tuple[World, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Chooses how the device of the next agents breaks (`broken/sosie_broken.py`)."""
    home = Files(licensed[0].home)
    sound = home.python.read_text()

    def stop() -> None:
        with contextlib.suppress(AgentError), Session.connect("end", start=False, home=home.home) as session:
            session.stop()

    def choose(way: str) -> None:
        stop()
        monkeypatch.setenv("BROKEN", way)
        home.python.write_text(extended("broken"))

    yield choose
    stop()
    home.python.write_text(sound)


def test_a_device_that_fails_is_left_for_the_processor(
    licensed: tuple[World, str], plate: np.ndarray, broken: Callable[[str], None]
) -> None:
    """Nothing may touch the spoiled device again: that would end the agent."""
    world, twin = licensed
    broken("fault")
    with Session.connect("krita", home=world.home) as session:
        pid = session.status().pid
        for _ in range(2):
            assert session.render(request(session, plate, twin)).provider == "OpenCV"
        status = session.status()
        assert status.pid == pid
        assert any("CUDAExecutionProvider broke" in warning for warning in status.warnings)


def test_a_device_that_ends_the_agent_is_told_of_and_then_kept_off(
    licensed: tuple[World, str], plate: np.ndarray, broken: Callable[[str], None]
) -> None:
    world, twin = licensed
    broken("crash")
    for _ in range(2):
        with Session.connect("krita", home=world.home) as session:
            with pytest.raises(AgentError, match="in the middle of this request") as caught:
                session.render(request(session, plate, twin))
            assert caught.value.code == "agent_gone"
    with Session.connect("krita", home=world.home) as session:
        assert session.render(request(session, plate, twin)).provider == "OpenCV"
        told = " ".join(session.status().warnings)
        assert "in the middle of a render for krita on CUDAExecutionProvider" in told
        assert "CUDAExecutionProvider broke" in told


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
