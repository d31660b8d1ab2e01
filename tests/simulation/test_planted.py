"""Every invariant of the simulation can break: each of these faults, planted in agent or registry, is found by its name."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.simulation.disk import ForgetfulDisk
from tests.simulation.machine import Parts
from tests.simulation.run import Report, simulate
from tests.simulation.world import Plan

from sosie.agent.clock import Clock
from sosie.agent.journal import Journal
from sosie.agent.leases import Allowed, Leases
from sosie.errors import RefusedError
from sosie.licence import exchange
from sosie.licence.chain import VerifiedLease
from sosie.licence.documents import JournalEntry
from sosie.messages import Use

STEPS, TRIES = 1_000, 8


class BlindLeases(Leases):
    """Looks at no revocation list."""

    def _revoked(self, held: VerifiedLease) -> bool:
        return False


class WideLeases(Leases):
    """Asks the gate for anything that is allowed, and draws what it was asked for."""

    def allow(self, twin: str, use: Use | None, pixels: int) -> Allowed:
        return super().allow(twin, None, 0)


class StubbornLeases(Leases):
    """Is safe, and useless."""

    def allow(self, twin: str, use: Use | None, pixels: int) -> Allowed:
        raise RefusedError("No.", code="quota_exhausted")


class TrustingClock(Clock):
    """Believes whatever the machine's wall clock says."""

    def now(self) -> int:
        return self.stamp()[0]


class ForgetfulJournal(Journal):
    """Does not count what was made on a lease."""

    def renders(self, lease: str) -> int:
        return 0


class LooseJournal(Journal):
    """Does not chain an entry to the one before."""

    def _note(self, entry: JournalEntry) -> None:
        super()._note(entry)
        self._hashes[-1] = self._hashes[0]


class HastyJournal(Journal):
    """Leaves what it writes to the page cache."""

    def _write(self, token: str) -> None:
        with mock.patch.object(self._disk, "sync"):
            super()._write(token)


def keyless(app: ASGIApp) -> ASGIApp:
    """A registry that does not see which requests for a lease are repeated."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/v1/leases":
            headers = [pair for pair in scope["headers"] if pair[0] != b"idempotency-key"]
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return wrapped


def _generous(*numbers: Any) -> int:
    """`min` as `leases.give` would have it, were it careless: what was asked for, not what is left."""
    return int(numbers[0] if len(numbers) == 2 else min(*numbers))


def _overlook(_context: Any, _session: Any, device: Any, _entry: Any, _token: str) -> exchange.JournalHead:
    return exchange.JournalHead(n=device.journal_n, sha256=device.journal_sha256)


def found(plan: Plan, seed: int) -> str:
    """What breaks in the first history that breaks: `seed` is one where that is soon, those after it do too."""
    reports = (simulate(STEPS, seed=seed + number, plan=plan) for number in range(TRIES))
    report = next((report for report in reports if report.broken), Report(seed=0))
    assert report.last
    return report.broken


@pytest.mark.parametrize(
    ("parts", "seed", "breaks"),
    [
        (Parts(leases=WideLeases), 1, "rendered outside the agreed"),
        (Parts(leases=BlindLeases), 6, "after a revocation, online"),
        (Parts(leases=StubbornLeases), 1, "refused without a reason"),
        (Parts(clock=TrustingClock), 18, "after the lease ended"),
        (Parts(journal=ForgetfulJournal), 7, "renders on a lease of"),
        (Parts(journal=LooseJournal), 1, "the chain is broken"),
        (Parts(journal=HastyJournal), 1, "an entry that was synced is gone"),
        (Parts(disk=ForgetfulDisk), 1, "an entry that was synced is gone"),
    ],
    ids=lambda value: _name(value) if isinstance(value, Parts) else "",
)
def test_a_faulty_agent_is_found(parts: Parts, seed: int, breaks: str) -> None:
    assert breaks in found(Plan(parts=parts), seed)


@pytest.mark.parametrize(
    ("place", "fault", "seed", "breaks"),
    [
        ("leases.require_usable", lambda *_: None, 14, "a lease was given under"),
        ("handed.require_usable", lambda *_: None, 1, "delivered under"),
        ("leases.min", _generous, 1, "renders taken"),
        ("journals._taken", lambda lease: lease.used, 1, "taken in the books"),
        ("ledger.charge", lambda *_, **__: None, 1, "the brand owes"),
    ],
    ids=[
        "leases what has ended",
        "delivers what has ended",
        "overdraws",
        "counts wrong",
        "forgets money",
    ],
)
def test_a_faulty_registry_is_found(place: str, fault: Any, seed: int, breaks: str) -> None:
    with mock.patch(f"sosie.registry.{place}", fault, create=place == "leases.min"):
        assert breaks in found(Plan(), seed)


def test_a_registry_that_overlooks_forks_is_found() -> None:
    """Machines are put back more often than in a usual history, where a fork may be thousands of steps away."""
    with mock.patch("sosie.registry.journals._fork", _overlook):
        assert "a second history" in found(Plan(snapshots=8), 1)


def test_a_registry_that_does_everything_twice_is_found() -> None:
    assert "had a second effect" in found(Plan(wrap=keyless), 1)


def _name(parts: Parts) -> str:
    plain = Parts()
    kinds = (
        (parts.leases, plain.leases),
        (parts.clock, plain.clock),
        (parts.journal, plain.journal),
        (parts.disk, plain.disk),
    )
    return next(kind.__name__ for kind, usual in kinds if kind is not usual)
