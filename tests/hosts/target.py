"""What every host under test offers, and what they share: the probe package and the tests' environment."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Protocol

from tests.hosts.process import Line
from tests.hosts.world import World

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INSIDE = HERE / "inside"
PROBE = "sosie_probe"
#: Bound on the tests of a host that sets none of its own; bringing it up has limits of its own.
RUN_SECONDS = 300.0

_CLOSING = re.compile(
    r"\b(\d+ (passed|failed|skipped|deselected|xfailed|errors?|warnings?)\b.*|no tests ran) in [\d.]+s"
)


class Target(Protocol):
    """One version of one host."""

    @property
    def name(self) -> str:
        """For people and for folders: `blender-4.2`."""

    def prepare(self) -> None:
        """Bring the host up in the cache; MissingHostError when this machine cannot have it."""

    def run(self, world: World, out: Path, line: Line) -> int:
        """Run its tests, handing their output to `line`; pytest's status. Files for people go to `out`."""


def stage_probe(host: str, into: Path) -> Path:
    """The probe of `host`, a throw-away host package, with the client vendored into it by the real build."""
    package = into / PROBE
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(INSIDE / host / "probe", package, ignore=shutil.ignore_patterns("__pycache__"))
    builder().vendor(package)
    return package


def builder() -> ModuleType:
    """`plugins/build.py`, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("sosie_plugins_build", ROOT / "plugins" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clean_environment(world: World) -> dict[str, str]:
    """Our environment without what would reach into another Python or toolkit, plus the tests' world."""
    foreign = ("PYTHON", "QT_", "VIRTUAL_ENV", "BLENDER_", "LC_", "KDE", "PYTEST_", "COV_")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **ours,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "SOSIE_HOME": str(world.home),
        "SOSIE_TEST_WORLD": str(world.file),
    }


def pytest_arguments(out: Path, *tests: Path) -> list[str]:
    """Arguments of a pytest that runs inside a host: its own settings, no cache in the tree."""
    settings = ["-c", str(INSIDE / "pytest.ini"), "--rootdir", str(INSIDE), "-p", "no:cacheprovider"]
    return [*settings, f"--junitxml={out / 'junit.xml'}", *(str(test) for test in tests)]


def is_closing(line: str) -> bool:
    """Whether `line` is the one that closes a pytest run."""
    return _CLOSING.search(line) is not None
