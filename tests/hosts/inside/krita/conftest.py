"""Krita's own things for tests: the application, waiting, documents; the docker and its desk; the world outside."""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import pytest
from sosie_driver import driver

from krita import Krita

Wait = Callable[..., bool]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A failure is told at once: Krita may not live to see the end."""
    if report.failed:
        told = f"\n{report.nodeid}\n{report.longreprtext}".encode("ascii", "backslashreplace").decode()
        print(told, flush=True)  # noqa: T201 - the run's log, which may know ASCII alone


@pytest.fixture
def krita() -> Any:
    return Krita.instance()


@pytest.fixture
def wait() -> Wait:
    """`wait(until, seconds)` lets Krita's event loop run until `until()` is true; whether it became so."""

    def wait(until: Callable[[], Any], seconds: float = 30.0) -> bool:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            driver.pause(10)
        return bool(until())

    return wait


@pytest.fixture
def open_document(krita: Any, wait: Wait) -> Iterator[Callable[[Path], Any]]:
    """Open a picture as a user would, in a view of the window; closed without questions at the end."""
    opened = []

    def open_document(path: Path) -> Any:
        document = krita.openDocument(str(path))
        assert document is not None
        opened.append(document)
        document.setBatchmode(True)
        krita.windows()[0].addView(document)
        assert wait(lambda: document.activeNode() is not None)
        document.waitForDone()
        return document

    yield open_document
    for document in opened:
        if document.rootNode() is None:
            continue  # the test closed it; Krita crashes when a closed one is told anything
        document.setBatchmode(True)
        document.setModified(False)
        document.close()
    driver.pause(100)


def module(name: str) -> Any:
    """A module of the package as Krita's importer installed it."""
    return importlib.import_module(f"sosie_krita.{name}")


def krita_picture(document: Any) -> Any:
    """The document as the docker sees it."""
    return module("host.documents").KritaPicture(document)


def make_new(document: Any, rows: int) -> None:
    """A picture that the agent has not understood yet: one that it knows is drawn before anybody can come between."""
    layer, width = document.activeNode(), document.width()
    layer.setPixelData(bytes(layer.pixelData(0, 1, width, rows)), 0, 0, width, rows)


@pytest.fixture
def docker(krita: Any) -> Any:
    # while no window has the focus, krita.dockers() ends Krita; 5.1 has no other
    dockers = getattr(krita.windows()[0], "dockers", krita.dockers)
    (found,) = [one for one in dockers() if one.objectName() == "sosie_docker"]
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
def choose_settings(desk: Any) -> Iterator[Callable[..., None]]:
    """`choose_settings(parts=False)`: until the end of the test."""
    kept = desk.settings
    yield lambda **chosen: desk.keep(replace(kept, **chosen))
    desk.keep(kept)


@pytest.fixture
def rendered(desk: Any, wait: Callable[..., bool]) -> Callable[[], Any]:
    """`rendered()` renders and waits; the newest result, in the document."""

    def newest() -> int | None:
        return desk.results._entries[0].number if desk.results._entries else None

    def rendered() -> Any:
        before = newest()
        desk.render()
        # by number: where room is short a new result takes the place of an old one
        assert wait(lambda: newest() != before or desk.notice is not None, 120)
        assert wait(lambda: desk.renders.current is None, 60)
        assert desk.notice is None, desk.notice
        return desk.results._entries[0]

    return rendered


@pytest.fixture
def outside() -> Callable[..., dict[str, Any]]:
    """`outside(what, ...)` has `tests/hosts/outside.py` do something."""

    def outside(*request: str) -> dict[str, Any]:
        with Client(os.environ["SOSIE_TEST_OUTSIDE"], family="AF_UNIX") as connection:
            connection.send_bytes(json.dumps(request).encode())
            answer = dict(json.loads(connection.recv_bytes()))
        assert "error" not in answer, answer
        return answer

    return outside


@pytest.fixture
def out() -> Path:
    """Where files for people go."""
    return Path(os.environ["SOSIE_TEST_OUT"])
