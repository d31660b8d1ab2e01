"""The simulation tells the same history twice, and finds what is planted."""

from __future__ import annotations

import pytest
from tests.simulation.machine import Parts
from tests.simulation.run import Report, simulate
from tests.simulation.world import Plan

from sosie.agent.clock import Clock
from sosie.agent.leases import Leases
from sosie.licence.chain import VerifiedLease


class BlindLeases(Leases):
    """Looks at no revocation list."""

    def _revoked(self, held: VerifiedLease) -> bool:
        return False


class TrustingClock(Clock):
    """Believes whatever the machine's wall clock says."""

    def now(self) -> int:
        return self.stamp()[0]


@pytest.fixture(scope="module")
def history() -> Report:
    return simulate(400, seed=7)


def test_nothing_breaks_and_things_really_happen(history: Report) -> None:
    assert not history.broken
    assert history.steps == 400
    for what in ("renders", "leases given", "refused: territory_not_licensed"):
        assert history.counts[what], what


def test_the_same_seed_tells_the_same_history(history: Report) -> None:
    assert simulate(400, seed=7).trace == history.trace
    assert simulate(50, seed=8).trace != history.trace


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        (Parts(leases=BlindLeases), "after a revocation, online"),
        (Parts(clock=TrustingClock), "after the lease ended"),
    ],
    ids=["blind to revocations", "trusts the wall clock"],
)
def test_a_planted_fault_is_found(parts: Parts, found: str) -> None:
    reports = (simulate(1500, seed=seed, plan=Plan(parts=parts)) for seed in range(1, 9))
    report = next((report for report in reports if report.broken), Report(seed=0))
    assert found in report.broken
    assert report.last
