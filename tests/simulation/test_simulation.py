"""The simulation tells the same history twice, and nothing breaks in it."""

from __future__ import annotations

import pytest
from tests.simulation.run import Report, simulate


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
