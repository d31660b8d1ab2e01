"""Krita's own things for tests: the application, waiting, documents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sosie_driver import driver

from krita import Krita

Wait = Callable[..., bool]


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
        krita.activeWindow().addView(document)
        assert wait(lambda: document.activeNode() is not None)
        document.waitForDone()
        return document

    yield open_document
    for document in opened:
        document.setBatchmode(True)
        document.setModified(False)
        document.close()
    driver.pause(100)
