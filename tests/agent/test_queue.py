"""The queue's order, for any mixture of hosts and priorities."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sosie import allocator
from sosie.agent.jobs import Jobs
from sosie.agent.queue import TURNS, FairQueue


@dataclass(frozen=True, eq=False)
class Waiting:
    host: str
    batch: bool = False


def drained(queue: FairQueue[Waiting]) -> list[Waiting]:
    taken = []
    while (job := queue.take()) is not None:
        taken.append(job)
    return taken


def filled(*jobs: Waiting) -> FairQueue[Waiting]:
    queue: FairQueue[Waiting] = FairQueue()
    for job in jobs:
        queue.put(job)
    return queue


def test_hosts_take_turns() -> None:
    queue = filled(*[Waiting("krita")] * 3, Waiting("blender"), *[Waiting("comfyui")] * 2)
    order = [job.host for job in drained(queue)]
    assert order == ["krita", "blender", "comfyui", "krita", "comfyui", "krita"]


def test_interactive_goes_first_and_a_batch_is_not_starved() -> None:
    queue = filled(*[Waiting("farm", batch=True)] * 2, *[Waiting("krita")] * (3 * TURNS))
    order = [job.host for job in drained(queue)]
    assert order.index("farm") == TURNS
    assert order[TURNS + 1 : 2 * TURNS + 2].index("farm") == TURNS


def test_a_batch_alone_is_not_held_back() -> None:
    queue = filled(*[Waiting("krita")] * (2 * TURNS))
    for _ in range(2 * TURNS):
        queue.take()
    queue.put(Waiting("farm", batch=True))
    queue.put(Waiting("krita"))
    assert [job.host for job in drained(queue)] == ["krita", "farm"]


hosts = some.sampled_from(["a", "b", "c"])
jobs = some.lists(some.builds(Waiting, hosts, some.booleans()), max_size=40)


@given(jobs)
def test_every_job_is_taken_once_and_a_host_s_own_stay_in_order(sent: list[Waiting]) -> None:
    queue = filled(*sent)
    assert len(queue) == len(sent)
    taken = drained(queue)
    assert len(queue) == 0
    assert set(map(id, taken)) == set(map(id, sent))
    for host in "abc":
        for batch in (False, True):
            kind = [job for job in sent if (job.host, job.batch) == (host, batch)]
            assert [job for job in taken if job in kind] == kind


@given(jobs)
def test_between_two_jobs_of_one_host_no_other_is_passed_over(sent: list[Waiting]) -> None:
    taken = [job.host for job in drained(filled(*[Waiting(job.host) for job in sent]))]
    served: Counter[str] = Counter()
    left = Counter(job.host for job in sent)
    for host in taken:
        others = [served[other] for other in left if left[other] > served[other]]
        assert served[host] == min(others)
        served[host] += 1


@given(jobs, some.randoms())
def test_a_removed_job_never_comes(sent: list[Waiting], chance: object) -> None:
    queue = filled(*sent)
    gone = sent[::3]
    for job in gone:
        assert queue.remove(job)
        assert not queue.remove(job)
    assert [job for job in drained(queue) if job in gone] == []


def test_memory_is_given_back_once_nobody_has_rendered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    given = threading.Event()
    monkeypatch.setattr("sosie.agent.jobs.REST_SECONDS", 0.01)
    monkeypatch.setattr(allocator, "give_back", given.set)
    lanes = Jobs()
    try:
        assert given.wait(20)
    finally:
        lanes.close()
