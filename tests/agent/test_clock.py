"""Trusted time: signed times only move forward, and a restart forgets nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sosie.agent.clock import Clock, this_boot
from sosie.errors import RefusedError


class Times:
    """A wall clock and a monotonic clock to turn."""

    def __init__(self, wall: float) -> None:
        self.wall, self.mono, self.boot = wall, 0.0, "first"

    def clock(self, path: Path) -> Clock:
        return Clock(path, wall=lambda: self.wall, mono=lambda: self.mono, boot=lambda: self.boot)


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


def test_what_has_passed_is_not_asked_of_the_wall_clock(tmp_path: Path) -> None:
    times = Times(1_000_000)
    clock = times.clock(tmp_path / "c")
    clock.saw(1_000_000)
    times.wall, times.mono = 9_000_000, 50
    assert clock.passed() == 1_000_050
    times.wall = 0
    assert clock.passed() == 1_000_050


def test_a_damaged_mark_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("not json")
    assert Times(5).clock(tmp_path / "c").now() == 5


def test_the_running_clock_counts_on_over_a_restart_of_the_process(tmp_path: Path) -> None:
    times = Times(1_000_000)
    times.clock(tmp_path / "c").saw(1_000_000)
    times.mono = 290.0  # and the wall clock stands still: turned back just as far
    assert times.clock(tmp_path / "c").now() == 1_000_290
    times.mono = 3_600.0
    with pytest.raises(RefusedError) as caught:
        times.clock(tmp_path / "c").now()
    assert caught.value.code == "clock_behind"


@pytest.mark.parametrize("boot", ["second", ""])
def test_another_boot_begins_to_count_anew(tmp_path: Path, boot: str) -> None:
    times = Times(1_000_000)
    times.boot = boot and "first"
    times.clock(tmp_path / "c").saw(1_000_000)
    times.mono, times.boot = 3_600.0, boot
    assert times.clock(tmp_path / "c").now() == 1_000_000


def test_a_running_clock_that_went_back_is_another_machine_s(tmp_path: Path) -> None:
    """A copied disk, in a boot that calls itself the same."""
    times = Times(1_000_000)
    times.mono = 5_000.0
    times.clock(tmp_path / "c").saw(1_000_000)
    times.mono = 10.0
    assert times.clock(tmp_path / "c").now() == 1_000_000


def test_this_machine_says_which_boot_it_is_and_the_same_each_time() -> None:
    assert this_boot() == this_boot()
    assert this_boot() or sys.platform not in {"linux", "darwin"}
