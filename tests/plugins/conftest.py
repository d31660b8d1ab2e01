"""The Krita package as it is built, outside Krita."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.hosts.target import builder

Load = Callable[[str], Any]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """Modules of the package as it is built."""
    folder = tmp_path_factory.mktemp("krita")
    builder().build("krita", folder)
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"sosie_krita.{name}")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "sosie_krita"]:
        del sys.modules[name]
