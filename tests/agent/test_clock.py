"""Trusted time: signed times only move forward, and a restart forgets nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sosie.agent.clock import Clock
from sosie.errors import RefusedError


class Times:
    """A wall clock and a monotonic clock to turn."""

    def __init__(self, wall: float) -> None:
        self.wall, self.mono = wall, 0.0

    def clock(self, path: Path) -> Clock:
        return Clock(path, wall=lambda: self.wall, mono=lambda: self.mono)


def test_the_wall_clock_counts_when_it_is_right(tmp_path: Path) -> None:
    times = Times(1_000_000)
    assert times.clock(tmp_path / "c").now() == 1_000_000


def test_turning_the_clock_back_is_refused_also_after_a_restart(tmp_path: Path) -> None:
    times = Times(1_000_000)
    times.clock(tmp_path / "c").saw(1_000_000)
    times.wall = 900_000
    for _ in range(2):
        with pytest.raises(RefusedError) as caught:
            times.clock(tmp_path / "c").now()
        assert caught.value.code == "clock_behind"


def test_a_clock_a_little_behind_does_not_gain_time(tmp_path: Path) -> None:
    times = Times(1_000_000)
    clock = times.clock(tmp_path / "c")
    clock.saw(1_000_000)
    times.wall, times.mono = 999_900, 50
    assert clock.now() == 1_000_050


def test_time_that_passed_between_documents_is_kept(tmp_path: Path) -> None:
    times = Times(1_000_000)
    clock = times.clock(tmp_path / "c")
    clock.saw(1_000_000)
    times.wall, times.mono = 1_003_600, 3_600
    clock.now()
    times.wall = 1_000_000
    with pytest.raises(RefusedError):
        times.clock(tmp_path / "c").now()


def test_a_damaged_mark_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("not json")
    assert Times(5).clock(tmp_path / "c").now() == 5
