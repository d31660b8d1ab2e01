"""Krita under Xvfb: pytest runs inside it, on its main thread, with a fresh profile and the built package installed.

Two of them always: the machine's own, and Debian 13's 5.2 in a chroot, which is the oldest that the package supports.
`KRITA=5.3` or `6.0` runs that one alone instead, in a chroot too. `STRESS=1` runs the large pictures in 5.2, or in that one.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.hosts import cache
from tests.hosts.chroot import Release, inside
from tests.hosts.outside import Outside
from tests.hosts.process import TIMED_OUT, Line, Step, follow
from tests.hosts.target import (
    INSIDE,
    PROBE,
    ROOT,
    builder,
    clean_environment,
    pytest_arguments,
    stage_probe,
)
from tests.hosts.world import World
from tests.hosts.xvfb import screen

APT = "apt-get install --no-install-recommends krita python3-pyqt5 python3-sip python3-greenlet xvfb"
#: Krita's Python finds its prefix by looking for python3 on PATH: with a virtual environment there, PyQt5
#: is "not found", every plugin is dead without a word, and the run would hang.
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
DRIVER, PACKAGE = "sosie_driver", "sosie_krita"
SCREEN = "3200x2800x24"
#: Bound on the tests: two quiet cores take a third of it, a fifth of that waiting for a licence to end.
TEST_SECONDS = 450.0
#: Bound on the large pictures, on a slow machine.
STRESS_SECONDS = 3600.0
#: What a run counts as when Krita ended, or was ended, before pytest did.
NO_RESULT = 75

_COMMON = ("krita", "python3-greenlet", "dbus-daemon", "libgl1-mesa-dri", "fonts-dejavu-core")
RELEASES = {
    "5.2": Release("krita-5.2", ("trixie",), (*_COMMON, "python3-pyqt5")),
    "5.3": Release("krita-5.3", ("unstable",), (*_COMMON, "python3-pyqt5"), expired=True),
    "6.0": Release(
        "krita-6.0",
        ("unstable", "experimental"),
        ("dbus-daemon", "libgl1-mesa-dri", "fonts-dejavu-core"),
        from_last=("krita", "python3-pyqt6", "qt6-svg-plugins", "python3-greenlet"),
        expired=True,
    ),
}


@dataclass(frozen=True)
class Krita:
    """The Krita on PATH, or that of a release in a chroot."""

    release: Release | None = None
    stress: bool = False  # large pictures instead of the tests of every day

    @property
    def name(self) -> str:
        """`krita`, `krita-5.2`."""
        return self.release.name if self.release else "krita"

    def prepare(self) -> None:
        """See that Krita, its Python bindings and Xvfb are there; fetch pytest for its Python."""
        for program in ("Xvfb",) if self.release else ("krita", "Xvfb"):
            if shutil.which(program, path=SYSTEM_PATH) is None:
                raise cache.MissingHostError(f"{program} is not installed.", f"Run `{APT}`.")
        bindings = "PyQt6" if self.name == "krita-6.0" else "PyQt5"
        lines: list[str] = []
        probe = self._command("/usr/bin/python3", "-c", f"import {bindings}.QtWidgets, greenlet")
        if follow(probe, lines.append, seconds=60, env={"PATH": f"{SYSTEM_PATH}:/usr/sbin"}):
            raise cache.MissingHostError(f"Krita's Python lacks bindings: {lines[-1]}.", f"Run `{APT}`.")
        self._site()

    def run(self, world: World, out: Path, line: Line) -> int:
        """Start Krita with driver, probe and the built package installed, and wait for pytest's result."""
        result = out / "result.json"
        result.unlink(missing_ok=True)
        seconds = STRESS_SECONDS if self.stress else TEST_SECONDS
        with (
            tempfile.TemporaryDirectory(prefix="sosie-krita-") as profile,
            screen(out / "xvfb.log", SCREEN) as display,
            Outside(world) as outside,
        ):
            home = Path(profile)
            environment = {
                **clean_environment(world),
                **self._profile(home, out),
                "DISPLAY": display,
                "PATH": f"{SYSTEM_PATH}:/usr/sbin",
                "QT_QPA_PLATFORM": "xcb",
                "QT_SCALE_FACTOR": os.environ.get("SOSIE_TEST_SCALE", "1"),
                "SOSIE_TEST_ARGUMENTS": json.dumps(pytest_arguments(out, *self._tests())),
                "SOSIE_TEST_CLIENT": f"{PROBE}._sosie",
                "SOSIE_TEST_OUT": str(out),
                "SOSIE_TEST_OUTSIDE": outside.address,
                "SOSIE_TEST_RESULT": str(result),
                "SOSIE_TEST_SECONDS": str(seconds * 0.8),
                "SOSIE_TEST_SITE": str(self._site()),
            }
            status = _follow_krita(self._command("krita", "--nosplash"), environment, out, line, seconds)
        told = json.loads(result.read_text("utf-8")) if result.exists() else {}
        line(f"krita {told.get('krita', '?')}, python {told.get('python', '?')}; log: {out / 'krita.log'}")
        for trace in told.get("unhandled", []):
            line(f"unhandled inside Krita:\n{trace}")
        if status == TIMED_OUT or "status" not in told:
            line(f"no result from Krita; its last stage: {told.get('stage', 'not started')}")
            return status or NO_RESULT
        return int(told["status"] or status or bool(told.get("unhandled")))

    def _tests(self) -> list[Path]:
        """`SOSIE_TEST_ONLY` names one file or folder below inside/, for whoever works on it."""
        inside_krita = INSIDE / "krita"
        if only := os.environ.get("SOSIE_TEST_ONLY"):
            return [INSIDE / only]
        if self.stress:
            return [inside_krita / "stress"]
        kind = "supported" if self.release else "too_old"
        return [INSIDE / "test_client.py", inside_krita / "test_pixels.py", inside_krita / kind]

    def _command(self, *command: str) -> list[str]:
        if self.release is None:
            return list(command)
        shared = [Path(tempfile.gettempdir()), ROOT, cache.root()]
        return inside(self.release.folder(), command, shared)

    def _site(self) -> Path:
        pins = cache.PINS / "krita.txt"
        version = self._python_version()

        def build(folder: Path) -> None:
            tool = cache.environment(folder / "pip", cache.python_for({"3.11", "3.12", "3.13", "3.14"}))
            target = [
                "--target",
                str(folder / "site"),
                "--python-version",
                version,
                "--only-binary=:all:",
            ]
            cache.install(tool, *target, "--require-hashes", "--requirement", str(pins))
            shutil.rmtree(folder / "pip")

        return cache.built(f"krita-pytest-{version}", [pins, version], build) / "site"

    def _python_version(self) -> str:
        lines: list[str] = []
        asked = ["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        follow(self._command(*asked), lines.append, seconds=60)
        return lines[-1]

    def _profile(self, home: Path, out: Path) -> dict[str, str]:
        """A fresh user's folders with driver, probe and package enabled; the variables that point there."""
        places = {
            "HOME": home,
            "XDG_CONFIG_HOME": home / "config",
            "XDG_DATA_HOME": home / "data",
            "XDG_CACHE_HOME": home / "cache",
            "XDG_RUNTIME_DIR": home / "run",
        }
        for place in places.values():
            place.mkdir(exist_ok=True)
        places["XDG_RUNTIME_DIR"].chmod(0o700)
        resources = places["XDG_DATA_HOME"] / "krita"
        plugins = resources / "pykrita"
        shutil.copytree(INSIDE / "krita" / "driver", plugins, ignore=shutil.ignore_patterns("__pycache__"))
        package = stage_probe("krita", plugins)
        (package / f"{PROBE}.desktop").rename(plugins / f"{PROBE}.desktop")
        enabled = [DRIVER, PROBE, *([PACKAGE] if self.release else [])]
        lines = "".join(f"enable_{name}=true\n" for name in enabled)
        (places["XDG_CONFIG_HOME"] / "kritarc").write_text(f"[python]\n{lines}", "utf-8")
        made = builder().build("krita", out)
        if self.release:
            self._import(made, resources)
        else:
            self._install(made, {name: str(place) for name, place in places.items()})
        # no OpenGL canvas: a software renderer gives it nothing but surprises
        (places["XDG_CONFIG_HOME"] / "kritadisplayrc").write_text("OpenGLRenderer=none\n", "utf-8")
        return {name: str(place) for name, place in places.items()}

    def _install(self, package: Path, places: dict[str, str]) -> None:
        """As `sosie hosts install krita` does for this user, who switches nothing on herself."""
        command = [sys.executable, "-m", "sosie", "hosts", "install", "krita", "--package", str(package)]
        Step("installing the package with sosie hosts", seconds=60).run(command, env={**os.environ, **places})

    def _import(self, package: Path, resources: Path) -> None:
        """What "Import Python Plugin from File" does, by the code that does it."""
        importer = "/usr/share/krita/pykrita/plugin_importer/plugin_importer.py"
        # from 5.3 on it speaks through a name that Krita puts there
        run = "import builtins, runpy, sys; builtins.i18n = str; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
        command = self._command("/usr/bin/python3", "-c", run, importer, str(package), str(resources))
        Step("importing the package with Krita's importer", seconds=60).run(command)


def targets() -> list[Krita]:
    """The machine's own and 5.2; or the one that `KRITA` names."""
    chosen, stress = os.environ.get("KRITA"), bool(os.environ.get("STRESS"))
    if chosen or stress:
        return [Krita(RELEASES[chosen or "5.2"], stress)]
    return [Krita(), Krita(RELEASES["5.2"])]


def _follow_krita(
    command: list[str], environment: dict[str, str], out: Path, line: Line, seconds: float
) -> int:
    """Run Krita; all it says goes to a log, what is not its own chatter to `line`."""
    chatter = ("krita.lib", "qt.", "QObject", "Warning", "kf.", "QStandardPaths", "/usr/lib")
    with (out / "krita.log").open("w", encoding="utf-8") as log:

        def sort(text: str) -> None:
            log.write(f"{text}\n")
            if not text.startswith(chatter):
                line(text)

        return follow(command, sort, seconds=seconds, env=environment, cwd=out)
