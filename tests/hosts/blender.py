"""Blender as the `bpy` wheels: three versions, each in an environment of its own, pinned with hashes.

The application itself, with its window, is in `blender_app.py`.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.hosts import cache
from tests.hosts.blender_app import applications
from tests.hosts.outside import Outside
from tests.hosts.process import Line, follow
from tests.hosts.target import (
    INSIDE,
    PROBE,
    RUN_SECONDS,
    Target,
    builder,
    clean_environment,
    pytest_arguments,
    stage_probe,
)
from tests.hosts.world import World

VERSIONS = ("4.2", "4.5", "5.0")
#: The wheels of these versions exist for this Python only.
PYTHONS = {"3.11"}


@dataclass(frozen=True)
class Blender:
    """One Blender."""

    version: str

    @property
    def name(self) -> str:
        """`blender-4.2`."""
        return f"blender-{self.version}"

    def prepare(self) -> None:
        """Install the wheel, and see that it starts."""
        python = self._python()
        lines: list[str] = []
        if follow([str(python), "-c", "import bpy"], lines.append, seconds=120):
            raise cache.MissingHostError(
                f"bpy {self.version} does not start here: {lines[-1] if lines else 'no words'}.",
                "Install the libraries that .ci/run lists.",
            )

    def run(self, world: World, out: Path, line: Line) -> int:
        """Build probe and package, and run pytest in Blender's Python with both installed in a throw-away profile."""
        probe = builder().archive(stage_probe("blender", out), out / f"{PROBE}.zip")
        package = builder().build("blender", out)
        tests = [INSIDE / "test_client.py", *sorted((INSIDE / "blender").glob("test_*.py"))]
        with tempfile.TemporaryDirectory(prefix="sosie-blender-") as profile, Outside(world) as outside:
            environment = {
                **clean_environment(world),
                "BLENDER_USER_RESOURCES": profile,  # bpy reads it when it is imported
                "SOSIE_TEST_EXTENSION": str(probe),
                "SOSIE_TEST_PACKAGE": str(package),
                "SOSIE_TEST_OUT": str(out),
                "SOSIE_TEST_OUTSIDE": outside.address,
                "SOSIE_TEST_CLIENT": f"bl_ext.user_default.{PROBE}._sosie",
            }
            command = [
                str(self._python()),
                "-m",
                "pytest",
                "-p",
                "blender_profile",
                *pytest_arguments(out, *tests),
            ]
            environment["PYTHONPATH"] = str(INSIDE / "blender")
            return follow(command, line, seconds=RUN_SECONDS, env=environment, cwd=out)

    def _python(self) -> Path:
        pins = cache.PINS / f"{self.name}.txt"
        interpreter = cache.python_for(PYTHONS)

        def build(folder: Path) -> None:
            python = cache.environment(folder, interpreter)
            cache.install(python, "--only-binary=:all:", "--require-hashes", "--requirement", str(pins))

        return cache.built(self.name, [pins, interpreter], build) / "bin" / "python"


def targets() -> list[Target]:
    """Every Blender the tests run in; `BLENDER=5.0` or `5.2` is that one alone."""
    found: list[Target] = [*(Blender(version) for version in VERSIONS), *applications()]
    only = os.environ.get("BLENDER")
    return [target for target in found if only is None or only in target.name]
