"""The docker in a real Krita 5.2 or newer: its desk, the world's licensed twin, documents of every depth."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

PACKAGE = "sosie_krita"


def module(name: str) -> Any:
    """A module of the package as Krita's importer installed it."""
    return importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture
def docker(krita: Any) -> Any:
    (found,) = [one for one in krita.dockers() if one.objectName() == "sosie_docker"]
    found.setVisible(True)
    return found


@pytest.fixture
def desk(docker: Any, wait: Callable[..., bool], world: dict[str, Any]) -> Iterator[Any]:
    """The docker's own, signed in, its twin chosen, everything else as at the start."""
    desk = docker.desk
    messages = module("_sosie.messages")
    desk.account.refresh()
    assert wait(lambda: desk.account.standing.state == "in" and desk.account.twin, 60), desk.notice
    desk.account.choose(world["twin"])
    desk.options = messages.RenderOptions()
    desk.stated = module("model.use").Stated(
        territory=" ".join(world["use"]["territory"]),
        media=world["use"]["media"][0],
        purpose=world["use"]["purpose"],
    )
    desk.dismiss()
    yield desk
    desk.renders.cancel_all()
    assert wait(lambda: desk.renders.current is None, 60)
    desk.live = False


@pytest.fixture
def rendered(desk: Any, wait: Callable[..., bool]) -> Callable[[], Any]:
    """`rendered()` renders and waits; the newest result, in the document."""

    def rendered() -> Any:
        before = len(desk.results._entries)
        desk.render()
        assert wait(lambda: len(desk.results._entries) > before or desk.notice is not None, 120)
        assert wait(lambda: desk.renders.current is None, 60)
        assert desk.notice is None, desk.notice
        return desk.results._entries[0]

    return rendered
