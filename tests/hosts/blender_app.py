"""The Blender application in Debian's unstable release, in a chroot: without a window, and with one under Xvfb.

What the wheels cannot show is shown here: the installed extension in the real window, its panels as pictures, a render
that runs beside the interface, and Blender's own tools for extensions. The machine's release has no such Blender.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.hosts import cache
from tests.hosts.chroot import Release, inside
from tests.hosts.outside import Outside
from tests.hosts.process import TIMED_OUT, Line, follow
from tests.hosts.target import (
    INSIDE,
    PROBE,
    ROOT,
    RUN_SECONDS,
    Target,
    builder,
    clean_environment,
    pytest_arguments,
    stage_probe,
)
from tests.hosts.world import World
from tests.hosts.xvfb import screen

RELEASE = Release(
    "blender-5.2",
    ("unstable",),
    (
        "blender",
        "fonts-dejavu-core",
        "imagemagick",
        "libegl-mesa0",
        "libegl1",
        "libgl1",
        "libgl1-mesa-dri",
        "libglx-mesa0",
        "python3-cattr",  # without it and requests Blender's extensions do not start
        "python3-greenlet",
        "python3-numpy",
        "python3-pytest",
        "python3-requests",
        "xdotool",
    ),
    expired=True,
    keep=("/usr/share/locale/languages", "/usr/share/locale/fr*", "/usr/share/locale/es*"),
)
SIZE = (1500, 1000)
#: What a run counts as when Blender ended, or was ended, before pytest did.
NO_RESULT = 75
#: Without a window: what differs between versions, and Blender's own tools.
HEADLESS = (
    "test_pixels.py",
    "test_frames.py",
    "test_outputs.py",
    "test_fingers.py",
    "test_head.py",
    "test_onto.py",
    "test_assets.py",
    "test_deliver.py",
    "application/test_extension.py",
)


@dataclass(frozen=True)
class Application:
    """Blender 5.2, with or without its window."""

    window: bool

    @property
    def name(self) -> str:
        """`blender-5.2`, `blender-5.2-window`."""
        return f"{RELEASE.name}-window" if self.window else RELEASE.name

    def prepare(self) -> None:
        """Install the chroot, and see that Blender starts."""
        if self.window and shutil.which("Xvfb") is None:
            raise cache.MissingHostError("Xvfb is not installed.", "Run `apt-get install xvfb`.")
        lines: list[str] = []
        if follow(self._inside("blender", "--version"), lines.append, seconds=60):
            raise cache.MissingHostError(
                f"Blender does not start: {lines[-1:]}.", "Remove it from the cache."
            )

    def run(self, world: World, out: Path, line: Line) -> int:
        """Run pytest in Blender, on its main thread, with the built package to install in a fresh profile."""
        result = out / "result.json"
        result.unlink(missing_ok=True)
        folder = INSIDE / "blender"
        tests = [folder / "window"] if self.window else [folder / name for name in HEADLESS]
        arguments = ["-p", "blender_profile", *pytest_arguments(out, *tests)]
        with ExitStack() as stack:
            profile = stack.enter_context(tempfile.TemporaryDirectory(prefix="sosie-blender-"))
            outside = stack.enter_context(Outside(world))
            environment = {
                **clean_environment(world),
                "PATH": "/usr/bin:/bin:/usr/sbin",
                "HOME": profile,
                "LIBGL_ALWAYS_SOFTWARE": "1",
                "BLENDER_USER_RESOURCES": profile,
                "SOSIE_TEST_ARGUMENTS": json.dumps(arguments),
                "SOSIE_TEST_CLIENT": f"bl_ext.user_default.{PROBE}._sosie",
                "SOSIE_TEST_EXTENSION": str(
                    builder().archive(stage_probe("blender", out), out / f"{PROBE}.zip")
                ),
                "SOSIE_TEST_OUT": str(out),
                "SOSIE_TEST_OUTSIDE": outside.address,
                "SOSIE_TEST_PACKAGE": str(builder().build("blender", out)),
                "SOSIE_TEST_RESULT": str(result),
                "SOSIE_TEST_SECONDS": str(RUN_SECONDS * 0.8),
            }
            command = ["blender", "--factory-startup"]
            if self.window:
                width, height = SIZE
                environment["DISPLAY"] = stack.enter_context(screen(out / "xvfb.log", f"{width}x{height}x24"))
                command += ["--window-geometry", "0", "0", str(width), str(height)]
            else:
                command += ["--background"]
            command += ["--python", str(folder / "driver.py")]
            status = follow(self._inside(*command), line, seconds=RUN_SECONDS, env=environment, cwd=out)
        told = json.loads(result.read_text("utf-8")) if result.exists() else {}
        if status == TIMED_OUT or "status" not in told:
            line(f"no result from Blender; status {status}")
            return status or NO_RESULT
        return int(told["status"])

    def _inside(self, *command: str) -> list[str]:
        shared = [Path(tempfile.gettempdir()), ROOT, cache.root()]
        return inside(RELEASE.folder(), command, shared)


def applications() -> list[Target]:
    """Without a window, then with one."""
    return [Application(window=False), Application(window=True)]
