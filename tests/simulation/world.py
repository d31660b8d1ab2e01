"""One world: a brand, twenty machines, ninety days, and everything that can go wrong in them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp
from tests.simulation.agreements import Break, Deal, require, some_use
from tests.simulation.chance import BREAK, DAY, NIGHT, some_offset, some_seconds
from tests.simulation.disk import ProcessEnd
from tests.simulation.ledger import Books
from tests.simulation.machine import NO_KEYRING, Machine, Parts
from tests.simulation.model import ONLINE_BOUND_S, Model
from tests.simulation.network import Server, Weather, unchanged
from tests.simulation.people import People
from tests.simulation.pictures import numbered

from sosie.agent import account
from sosie.errors import SosieError
from sosie.licence import exchange
from sosie.messages import Use
from sosie.provenance.certificates import Authority
from sosie.registry.settings import Settings

EPOCH = 1_767_600_000  # 2026-01-05: a history does not depend on the day it is run
MACHINES, DAYS, MOST_DEALS = 20, 90, 3
GOOD, BAD = Weather(), Weather(lost=0.1, deaf=0.1, doubled=0.2, late=0.1, stale=0.05)
FROZEN = Weather(stale=1)  # somebody between shows what the registry once said, for ever
OFFLINE = Weather(up=False)


@dataclass(frozen=True)
class Plan:
    """What a world is built of; a test that plants a bug changes it."""

    parts: Parts = field(default_factory=Parts)
    wrap: Callable[[ASGIApp], ASGIApp] = unchanged
    snapshots: float = 0.2  # how often one is taken or put back, beside the other acts


class World:
    """A history: `step` by `step`, until `over`."""

    def __init__(
        self, folder: Path, rng: random.Random, counts: Counter[str], authority: Authority, plan: Plan
    ) -> None:
        self.rng, self.counts = rng, counts
        self.time = [float(EPOCH)]
        self.model = Model()
        self.model.now = EPOCH
        self._folder, self._plan = folder, plan
        settings = Settings(data=folder / "registry", clock=lambda: int(self.time[0]), random=rng.randbytes)
        self.server = Server(settings, authority, wrap=plan.wrap, observe=self.model.observe)
        self.people = People(self.server, self.model, rng, counts, folder)
        self.books = Books(settings.data / "registry.sqlite", self.server, self.model)
        self.machines: list[Machine] = []
        for index in range(MACHINES):
            if index % 2 == 0:
                seat = self.people.brand.create_seat(exchange.NewSeat(name=f"seat {index}"))
            code = seat.code if index % 2 == 0 else self.people.brand.invite_device(seat.id).code
            self._machine(f"machine-{index}").enrol(code, seat.id)
        for _ in range(4):
            self.people.agree()
        self._shift, self._pictures = self.machines[:2], 0
        self._last: dict[str, tuple[str, Use, bytes]] = {}
        self._images: dict[str, tuple[Machine, dict[str, bytes]]] = {}
        self._acts: list[tuple[Callable[[], str], float]] = [
            (self._render, 75), (self._deliver, 3), (self._reconcile, 4), (self._line, 3),
            (self._clock, 1), (self._process, 3), (self._disk, 1), (self._snapshot, plan.snapshots), (self._clone, 0.03),
            (self._second, 0.3), (self._talent, 0.8), (self._brand, 0.35), (self._late, 1), (self._registry, 0.1),
        ]  # fmt: skip

    @property
    def over(self) -> bool:
        """Whether the ninety days have passed."""
        return self.time[0] >= EPOCH + DAYS * DAY

    def step(self) -> str:
        """Something happens; what it was."""
        self._pass_time()
        acts, weights = zip(*self._acts, strict=True)
        told = self.rng.choices(acts, weights)[0]()
        self.books.check()
        return told

    def close(self) -> None:
        """Every process ends."""
        for machine in self.machines:
            machine.end()
        self.server.close()

    # -- time and choice --------------------------------------------------------------------------------

    def _pass_time(self) -> None:
        seconds = some_seconds(self.rng)
        if seconds > NIGHT:
            for machine in self.machines:
                if self.rng.random() < 0.5:
                    machine.sleep(seconds)
        if seconds > BREAK:  # other people come to work, and somebody puts the clock right
            self._shift = self.rng.sample(self.machines, 2)
            self._shift[0].offset = 0.0
        self.time[0] += seconds
        self.model.now = int(self.time[0])

    def _some(self) -> Machine:
        """A machine; mostly one of those that somebody works on."""
        return self.rng.choice(self._shift if self.rng.random() < 0.92 else self.machines)

    def _deal(self) -> Deal | None:
        """A licence; mostly one of the last few that still hold."""
        deals = list(self.model.deals.values())[-8:]
        alive = [deal for deal in deals if self._alive(deal)]
        if alive and self.rng.random() < 0.85:
            return alive[int(self.rng.random() ** 2 * len(alive))]
        return self.rng.choice(deals) if deals else None

    def _alive(self, deal: Deal) -> bool:
        """Whether there is anything left to render under it."""
        return deal.dead_since(self.model.now) is None and deal.taken < deal.terms["quota"]["renders"]

    # -- what machines do -------------------------------------------------------------------------------

    def _try(self, machine: Machine, what: str, act: Callable[[], object], told: Deal | None = None) -> str:
        """Do it; a refusal is counted, an end of the process survived, everything else is a break."""
        try:
            act()
            result = "done"
        except SosieError as error:
            result = error.code
            self.counts[f"refused: {result}"] += 1
            if told is not None and machine.knows_end_of(told.id) and told.dead_since(self.model.now):
                machine.told.add(told.id)
            if result == "journal_damaged":
                raise Break("a machine cannot read its own journal") from error
        except ProcessEnd:
            power_cut = self.rng.random() < 0.5
            machine.end(power_cut=power_cut)
            result = "power cut" if power_cut else "killed"
            self.counts[f"{result} at a write"] += 1
        machine.check()
        return f"{machine.folder.name} {what} {result}"

    def _render(self) -> str:
        machine, deal = self._some(), self._deal()
        if deal is None:
            return "nothing to render"
        use, pixels = some_use(self.rng, deal)
        between = []
        if self.rng.random() < 0.05:
            other = self._deal() or deal
            between = [(other.twin, *some_use(self.rng, other))]
        must = self._must_work(machine, deal) and not deal.outside(use, pixels) and not between
        told = f"render {deal.twin} {use} {pixels}"
        told = self._try(machine, told, lambda: machine.render(deal.twin, use, pixels, between), deal)
        require(not must or told.endswith("done"), f"{told}: refused without a reason")
        return told

    def _must_work(self, machine: Machine, deal: Deal) -> bool:
        """Whether nothing at all stands against a render: a gate that refuses everything would be safe, and useless."""
        now = self.model.now
        rivals = [
            other for other in self.model.deals.values() if other.twin == deal.twin and other is not deal
        ]
        settled = now - deal.since > ONLINE_BOUND_S and not any(other.leases for other in rivals)
        return settled and machine.sound and self._alive(deal)

    def _deliver(self) -> str:
        machine, deal = self._some(), self._deal()
        if deal is None:
            return "nothing to deliver"
        self._pictures += 1
        job = deal.twin, some_use(self.rng, deal)[0], numbered(self._pictures)
        if machine.name in self._last and self.rng.random() < 0.4:
            job = self._last[machine.name]  # the artist tries again
        self._last[machine.name] = job
        self.server.signer.stop_once = self.rng.random() < 0.05
        told = self._try(machine, "deliver", lambda: machine.deliver(*job))
        self.server.signer.stop_once = False
        self.counts["deliveries" if told.endswith("done") else "deliveries not done"] += 1
        return told

    def _reconcile(self) -> str:
        machine = self._some()
        return self._try(machine, "reconcile", machine.reconcile)

    def _line(self) -> str:
        machine, kind = self._some(), self.rng.random()
        weather = GOOD if kind < 0.5 else BAD if kind < 0.7 else FROZEN if kind < 0.75 else OFFLINE
        machine.line.weather = weather
        self.counts["offline spells"] += weather is OFFLINE
        self.counts["frozen lines"] += weather is FROZEN
        return f"{machine.folder.name} line {kind:.3f}"

    def _clock(self) -> str:
        machine, jump = self._some(), some_offset(self.rng)
        self.counts[f"clock jumps {'forward' if jump > machine.offset else 'back'}"] += jump != machine.offset
        machine.offset = jump
        return f"{machine.folder.name} clock {jump:.0f}"

    def _process(self) -> str:
        machine, kind = self._some(), self.rng.random()
        if kind < 0.6:
            told = self._try(machine, "starts and will end soon", machine.start)
            machine.disk.end_after(self.rng.randrange(14))
            return told
        machine.end(power_cut=kind > 0.8)
        self.counts["power cut at rest" if kind > 0.8 else "restarts"] += 1
        machine.check()
        return f"{machine.folder.name} ends"

    def _disk(self) -> str:
        for other in self.machines:
            other.disk.full = False
        machine = self._some()
        machine.disk.full = self.rng.random() < 0.4
        self.counts["full disks"] += machine.disk.full
        return f"{machine.folder.name} disk full: {machine.disk.full}"

    def _snapshot(self) -> str:
        """A snapshot is taken now, or the machine is put back to its last one."""
        machine = self._some()
        machine.end()
        if machine.folder.name in self._images:
            machine.disk.restore(self._images.pop(machine.folder.name)[1])
            machine.tampered = True
            self.counts["snapshots put back"] += 1
        else:
            self._images[machine.folder.name] = machine, machine.disk.image()
        machine.check()
        return f"{machine.folder.name} snapshot"

    def _clone(self) -> str:
        """A machine's whole disk is copied to another computer, and both go on."""
        first = self._some()
        first.end()
        second = self._machine(f"copy-{len(self.machines)}")
        second.disk.restore(first.disk.image())
        second.join(account.load(second.home, second.plugins, NO_KEYRING), self.model.seats[first.name])
        first.tampered = second.tampered = True
        self.counts["machines copied"] += 1
        return f"{first.folder.name} copied"

    def _second(self) -> str:
        """A second agent is started at the same home."""
        machine = self._some()
        told = self._try(machine, "second agent", machine.start)
        if told.endswith("done"):
            require(machine.second_agent() == "agent_running", "two agents run at one home")
            self.counts["second agents refused"] += 1
        return told

    def _machine(self, name: str) -> Machine:
        folder, parts = self._folder / name, self._plan.parts
        made = Machine(folder, self.model, parts, self.rng, self.counts, self.server, self.time)
        self.machines.append(made)
        return self.machines[-1]

    # -- what people and the registry do ----------------------------------------------------------------

    def _talent(self) -> str:
        deal, kind = self._deal(), self.rng.random()
        suspended = [other for other in self.model.deals.values() if other.state == "suspended"]
        if suspended and kind < 0.5:
            deal, kind = suspended[0], 0.5
        if deal is None or (deal.dead_since(self.model.now) is not None and deal.state != "suspended"):
            return "nothing to decide"
        revoked = deal.revoked_at is not None or deal.consent.revoked_at is not None
        if kind < 0.45 or revoked:
            self.people.decide()
        elif kind < 0.8:
            if deal.state in {"active", "suspended"} and deal.terms["not_after"] > self.model.now:
                self.people.suspend_or_resume(deal)
                for machine in self.machines:
                    machine.told.discard(deal.id)
        else:
            reason = self.rng.choice(("notice", "safety"))
            self.people.revoke(deal, whole=kind > 0.95, reason=reason)
        return f"talent {deal.id} {kind:.3f}"

    def _brand(self) -> str:
        alive = [deal for deal in self.model.deals.values() if self._alive(deal)]
        if len(alive) < MOST_DEALS:
            self.people.agree()
        return f"{len(alive)} licences"

    def _late(self) -> str:
        if self.server.late:
            self.server.deliver_late(self.rng)
            self.counts["late requests arrived"] += 1
        return "late"

    def _registry(self) -> str:
        self.server.restart()
        self.counts["registry restarts"] += 1
        return "registry restarts"
