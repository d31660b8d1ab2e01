"""Agents of their own home: real processes, and services in this process with handlers of the test's."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.agent.journals import Registry

from sosie.agent.guest import Limits
from sosie.agent.home import Home
from sosie.agent.jobs import Answer, Job
from sosie.agent.log import Log
from sosie.agent.service import Service
from sosie.client import Session, discovery, folders
from sosie.errors import AgentError

Handlers = Mapping[str, Callable[[Job], Answer]]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose agent, if one is running at the end, is stopped; nothing of it may stay in memory folders."""
    path = tmp_path / "home"
    discovery.record_python(path)
    yield path
    with contextlib.suppress(AgentError), Session.connect("teardown", start=False, home=path) as session:
        session.stop()
    left = [place for place in (*folders.pixel_folders(path), _socket_folder(path)) if place.exists()]
    assert left == []


def _socket_folder(path: Path) -> Path:
    return folders.pixel_folders(path)[0].with_name(
        folders.pixel_folders(path)[0].name.removesuffix("-pixels")
    )


@pytest.fixture
def serve(home: Path) -> Iterator[Callable[[Handlers], Service]]:
    """A service in this process that answers with the test's own handlers."""
    running: list[tuple[Service, threading.Thread]] = []

    def start(handlers: Handlers, *, idle_seconds: float = 600, limits: Limits | None = None) -> Service:
        made = Home.at(home)
        service = Service(made, handlers, log=Log(made.log), idle_seconds=idle_seconds, limits=limits)
        ready = threading.Event()
        thread = threading.Thread(target=service.run, args=(ready.set,))
        thread.start()
        running.append((service, thread))
        assert ready.wait(10)
        return service

    yield start
    for service, thread in running:
        service.stop()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def key() -> Ed25519PrivateKey:
    """A device's signing key."""
    return Ed25519PrivateKey.generate()


@pytest.fixture
def registry(key: Ed25519PrivateKey) -> Registry:
    """Where that device's journal goes."""
    return Registry(key.public_key())
