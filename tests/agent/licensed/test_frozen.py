"""A line that shows one old checkpoint for ever: what it hides is found out within minutes, or the lease ends first."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sosie.errors import RefusedError, VerificationError


@pytest.fixture
def frozen(office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An agent whose line shows what the registry said before the licence was revoked."""
    office.render(scene.twin)
    registry = office.work._ready().member.registry
    note, bits = registry.checkpoint(), registry.status()
    scene.world.revoke()
    monkeypatch.setattr(registry, "checkpoint", lambda: note)
    monkeypatch.setattr(registry, "status", lambda: bits)
    monkeypatch.setattr("sosie.agent.freshness.REFRESH_SECONDS", 0)
    return office


def let_pass(office: Any, seconds: float) -> None:
    """So much later by the running clock; the wall clock is set back just as far, so that the lease lasts."""
    office.work._ready().leases._clock._mono = lambda: time.monotonic() + seconds


def test_a_line_that_stands_still_is_refused(frozen: Any, scene: Any, code_of: Any) -> None:
    frozen.render(scene.twin)  # nothing tells an answer of this minute from one of the last
    let_pass(frozen, 400)
    assert code_of(lambda: frozen.render(scene.twin), VerificationError) == "checkpoint_frozen"


def test_the_true_line_is_believed_again_and_says_what_was_hidden(
    frozen: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, code_of: Any
) -> None:
    let_pass(frozen, 200)
    frozen.render(scene.twin)
    monkeypatch.undo()
    frozen.work._ready().leases._freshness._heard_ms = None
    assert code_of(lambda: frozen.render(scene.twin), RefusedError) == "licence_revoked"


def test_a_mark_that_was_removed_does_not_set_the_clock_back(
    office: Any, scene: Any, reopen: Any, code_of: Any
) -> None:
    """The newest checkpoint says the time too."""
    office.render(scene.twin)
    office.home.clock.unlink()
    for lease in office.home.leases.iterdir():
        lease.unlink()
    clock = reopen(office.home.path).work._ready().leases._clock
    clock._wall = lambda: time.time() - 7_200
    assert code_of(clock.now, RefusedError) == "clock_behind"
