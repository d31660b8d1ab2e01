"""One artist's machine: the agent's real classes over a faulty disk, a faulty line and clocks that go wrong."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.simulation.agreements import Lease, require
from tests.simulation.disk import FaultyDisk
from tests.simulation.model import Circumstances, Model, raw_payload
from tests.simulation.network import URL, Line, LinePlugin, Server, Weather

from sosie.agent import account
from sosie.agent.account import Member
from sosie.agent.clock import Clock
from sosie.agent.delivering import Delivering
from sosie.agent.home import Home
from sosie.agent.jobs import Job
from sosie.agent.journal import Journal
from sosie.agent.leases import Leases
from sosie.agent.lock import only_one
from sosie.agent.vault import Keyring
from sosie.client.pixels import PixelFolder
from sosie.errors import AgentError
from sosie.licence import keys
from sosie.messages import DeliverRequest, Use
from sosie.plugins import Plugins

#: The clock's mark is at most so old when a process ends.
MARK_LAG_S = 61.0
#: Keys lie in the faulty disk's files, so that snapshots and copies carry them.
NO_KEYRING = Keyring(lambda: None)


@dataclass(frozen=True)
class Parts:
    """What a machine is made of; a test that plants a bug passes another part."""

    disk: type[FaultyDisk] = FaultyDisk
    clock: type[Clock] = Clock
    journal: type[Journal] = Journal
    leases: type[Leases] = Leases


@dataclass
class _Desk:
    member: Member
    clock: Clock
    journal: Journal
    leases: Leases
    delivering: Delivering
    alone: contextlib.ExitStack


@dataclass
class Machine:
    """A device. `offset` is the error of its wall clock in seconds."""

    folder: Path
    model: Model
    parts: Parts
    rng: random.Random
    counts: Counter[str]
    server: Server
    true_time: list[float]
    name: str = ""
    offset: float = 0.0
    awake_since: float = 0.0
    slept: float = 0.0
    #: A disk was put back or copied: the machine's own past is not to be trusted any more.
    tampered: bool = False
    told: set[str] = field(default_factory=set)
    #: When, and for how many seconds, no running clock has counted.
    _lost: list[tuple[float, float]] = field(default_factory=list)
    _asked: float = 0.0
    _journal: bytes = b""
    _entries: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = Line(self.server, self.rng, self.counts)
        self.disk = self.parts.disk(self.folder, self.rng)
        self.plugins = Plugins([LinePlugin(self.line)], entry_points=False)
        self.home = Home.at(self.folder)
        self.desk: _Desk | None = None
        self.awake_since = self._asked = self.true_time[0]

    @property
    def sound(self) -> bool:
        """Nothing is wrong with this machine now."""
        wrong = self.tampered or self.offset or self.disk.full or self.disk.ending
        return not wrong and self.line.weather == Weather()

    def knows_end_of(self, licence: str) -> bool:
        """Whether the agent itself says that it has heard so."""
        return self.desk is not None and self.desk.leases.revoked(licence)

    # -- clocks -----------------------------------------------------------------------------------------

    def wall(self) -> float:
        """What the machine's clock shows."""
        return self.true_time[0] + self.offset

    def mono(self) -> float:
        """Seconds awake since the machine was switched on."""
        return self.true_time[0] - self.awake_since - self.slept

    def boot(self) -> str:
        """What this boot of the machine calls itself."""
        return f"boot at {self.awake_since}"

    # -- the process ------------------------------------------------------------------------------------

    def enrol(self, code: str, seat: str) -> None:
        """Make an account; what is written then is on the platter."""
        member = account.enrol(self.home, self.plugins, url=URL, code=code, keyring=NO_KEYRING)
        self.join(member, seat)

    def join(self, member: Member, seat: str) -> None:
        """Be this device from now on."""
        self.name = member.account.device
        self.model.tokens[member.account.token] = self.name
        self.model.seats[self.name] = seat
        self.model.heads.setdefault(self.name, [])
        self._key: Ed25519PublicKey = member.signing.public_key()
        self.disk.adopt()

    def start(self) -> _Desk:
        """The running agent."""
        if self.desk is None:
            alone = contextlib.ExitStack()
            self.home.run.address.touch()
            alone.enter_context(only_one(self.home.lock, self.home.run.address))
            member = account.load(self.home, self.plugins, NO_KEYRING)
            disk = self.disk
            clock = self.parts.clock(
                self.home.clock, wall=self.wall, mono=self.mono, boot=self.boot, disk=disk
            )
            try:
                journal = self.parts.journal(
                    self.home.journal, device=self.name, key=member.signing, clock=clock, disk=disk
                )
                leases = self.parts.leases(self.home, member, clock, journal, disk=disk)
            except BaseException:
                alone.close()
                raise
            self.desk = _Desk(member, clock, journal, leases, Delivering(member, journal), alone)
        return self.desk

    def second_agent(self) -> str:
        """The code another agent at this home ends with."""
        try:
            with only_one(self.home.lock, self.home.run.address):
                return ""
        except AgentError as error:
            return error.code

    def end(self, *, power_cut: bool = False) -> None:
        """The process ends; with a power cut the machine too."""
        if self.desk is not None:
            self.desk.alone.close()
            self.desk = None
        self.disk.restart(power_cut=power_cut)
        self._lose(MARK_LAG_S)
        if power_cut:  # the running clock begins anew
            self._lose(self.true_time[0] - self._asked)
            self._asked = self.awake_since = self.true_time[0]
            self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        """The lid is closed: the wall clock goes on, the running clock does not."""
        self.slept += seconds
        self._lose(seconds)

    def _lose(self, seconds: float) -> None:
        self._lost.append((self.true_time[0], seconds))

    # -- work -------------------------------------------------------------------------------------------

    def render(self, twin: str, use: Use, pixels: int, between: list[tuple[str, Use, int]]) -> None:
        """Allowed, drawn, written down, handed out: as `agent.rendering` does it.

        `between` are requests of another host that are looked at while the picture is being drawn.
        """
        desk = self.start()
        self.line.faults = 0
        allowed = desk.leases.allow(twin, use, pixels)
        self._asked = self.true_time[0]
        lease = self.model.leases[allowed.grant.lease]
        said = self._circumstances(lease)
        for other in between:
            desk.leases.allow(*other)
        drawn = hashlib.sha256(f"{self.name} {len(desk.journal)}".encode()).hexdigest()
        desk.journal.append(
            "render",
            licence=allowed.grant.licence,
            twin=twin,
            lease=allowed.grant.lease,
            input_sha256=drawn,
            output_sha256=drawn,
        )
        self.model.rendered(use, pixels, lease, said)
        self.counts["renders"] += 1
        self.counts["renders offline"] += not said.online

    def _circumstances(self, lease: Lease) -> Circumstances:
        online = self.line.weather.up and self.line.faults == 0
        uncounted = sum(seconds for at, seconds in self._lost if at >= lease.issued_at)
        return Circumstances(
            self.name, online, max(0.0, -self.offset), uncounted, self.tampered, frozenset(self.told)
        )

    def deliver(self, twin: str, use: Use, picture: bytes) -> None:
        """Hand in a final picture."""
        desk = self.start()
        self.line.faults = 0
        folder = PixelFolder(self.folder.with_name(f"{self.folder.name}-pixels"))
        folder.folder.mkdir(exist_ok=True)
        path = folder.folder / "final.jpg"
        path.write_bytes(picture)
        try:
            request = DeliverRequest(twin=twin, use=use, file=str(path))
            desk.delivering.deliver(request, Job(1, "simulation", "deliver", {}, folder))
        finally:
            for left in sorted(folder.folder.iterdir()):
                left.unlink()

    def reconcile(self) -> None:
        """Send the journal, and compare notes."""
        desk = self.start()
        self.line.faults = 0
        desk.journal.reconcile(desk.member.registry)
        if not self.tampered and len(self.model.heads[self.name]) == len(self._entries):
            require(self.model.heads[self.name] == self._entries, "registry and machine know two histories")

    # -- what must always hold --------------------------------------------------------------------------

    def check(self) -> None:
        """The file of the journal: nothing acknowledged is gone, and the chain holds, by rules of its own."""
        data = self.home.journal.read_bytes() if self.home.journal.exists() else b""
        if self.tampered and not data.startswith(self._journal):
            self._journal, self._entries = b"", []
        require(data.startswith(self._journal), "an entry that was synced is gone from the journal")
        if self.disk.dead or self.desk is None:
            return  # a torn tail is cut off at the next start
        for line in data[len(self._journal) :].splitlines():
            token = line.decode()
            body = raw_payload(token)
            entry = json.loads(body)
            require(entry["n"] == len(self._entries) + 1, f"entry {entry['n']} comes out of turn")
            require(
                entry["prev"] == (self._entries[-1] if self._entries else "0" * 64), "the chain is broken"
            )
            signed, _, signature = token.rpartition(".")
            self._key.verify(keys.b64decode(signature), signed.encode())
            self._entries.append(hashlib.sha256(body).hexdigest())
        self._journal = data
