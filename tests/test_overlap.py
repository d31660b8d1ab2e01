"""Work that overlaps: really side by side, in order, one ahead at most, and no error is lost."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError

import pytest

from sosie.overlap import Behind, Beside, ahead, attended


def test_the_next_is_made_while_this_one_is_in_hand() -> None:
    begun = [threading.Event() for _ in range(4)]

    def make(number: int) -> int:
        begun[number].set()
        return number * 10

    for number, made in ahead(make, range(4)):
        assert made == number * 10
        assert all(event.wait(5) for event in begun[: number + 2])
        assert not any(event.is_set() for event in begun[number + 2 :])


def test_an_error_comes_with_its_own_item() -> None:
    def make(number: int) -> int:
        return 1 // (2 - number)

    seen = []
    with pytest.raises(ZeroDivisionError):
        for number, _ in ahead(make, range(5)):
            seen.append(number)
    assert seen == [0, 1]


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(ahead(str, [])) == []


def test_what_is_behind_runs_beside_and_in_order() -> None:
    free, done = threading.Event(), []

    def slow() -> None:
        assert free.wait(5)
        done.append("slow")

    with Behind() as behind:
        behind.do(slow)
        assert not done  # we are here while it waits
        free.set()
        behind.do(lambda: done.append("next"))
    assert done == ["slow", "next"]


def test_an_error_behind_is_raised_at_the_next_or_at_the_end() -> None:
    def broken() -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"), Behind() as behind:
        behind.do(broken)
        behind.do(lambda: None)
    with pytest.raises(OSError, match="no room"), Behind() as behind:
        behind.do(broken)


def test_who_waits_hears_a_cancel_while_the_work_goes_on_and_the_work_hears_it_next() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(beside: Beside) -> None:
        begun.set()
        try:
            for _ in range(500):
                time.sleep(0.02)
                beside.go_on()
        finally:
            ended.set()

    def cancelled() -> None:
        if begun.is_set():
            raise InterruptedError

    with pytest.raises(InterruptedError), Beside(1) as beside:
        running = beside.submit(work, beside)
        waiting = beside.submit(work, beside)
        attended(running, cancelled)
    assert ended.wait(5)
    with pytest.raises(CancelledError):
        running.result(5)
    assert waiting.cancelled()


def test_who_waits_gets_what_the_work_comes_to() -> None:
    with Beside(1) as beside:
        assert attended(beside.submit(max, 2, 3), lambda: None) == 3
        with pytest.raises(ZeroDivisionError):
            attended(beside.submit(divmod, 1, 0), lambda: None)
