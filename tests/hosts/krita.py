"""The distribution's Krita under Xvfb: pytest runs inside it, on its main thread, with a fresh profile."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.hosts import cache
from tests.hosts.process import TIMED_OUT, Line, follow
from tests.hosts.target import INSIDE, PROBE, RUN_SECONDS, clean_environment, pytest_arguments, stage_probe
from tests.hosts.world import World
from tests.hosts.xvfb import screen

APT = "apt-get install --no-install-recommends krita python3-pyqt5 python3-sip python3-greenlet xvfb"
#: Krita's Python finds its prefix by looking for python3 on PATH: with a virtual environment there, PyQt5
#: is "not found", every plugin is dead without a word, and the run would hang.
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
DRIVER = "sosie_driver"
#: What a run counts as when Krita ended, or was ended, before pytest did.
NO_RESULT = 75


@dataclass(frozen=True)
class Krita:
    """The Krita on PATH."""

    name: str = "krita"

    def prepare(self) -> None:
        """See that Krita, its Python bindings and Xvfb are there; fetch pytest for its Python."""
        for program in ("krita", "Xvfb"):
            if shutil.which(program, path=SYSTEM_PATH) is None:
                raise cache.MissingHostError(f"{program} is not installed.", f"Run `{APT}`.")
        lines: list[str] = []
        probe = ["/usr/bin/python3", "-c", "import PyQt5.QtWidgets, greenlet"]
        if follow(probe, lines.append, seconds=60, env={"PATH": SYSTEM_PATH}):
            raise cache.MissingHostError(f"Krita's Python lacks bindings: {lines[-1]}.", f"Run `{APT}`.")
        self._site()

    def run(self, world: World, out: Path, line: Line) -> int:
        """Start Krita with the driver and the probe installed, and wait for pytest's result."""
        result = out / "result.json"
        result.unlink(missing_ok=True)
        tests = [INSIDE / "test_client.py", INSIDE / "krita"]
        with (
            tempfile.TemporaryDirectory(prefix="sosie-krita-") as profile,
            screen(out / "xvfb.log") as display,
        ):
            home = Path(profile)
            environment = {
                **clean_environment(world),
                **_profile(home),
                "DISPLAY": display,
                "PATH": SYSTEM_PATH,
                "QT_QPA_PLATFORM": "xcb",
                "SOSIE_TEST_ARGUMENTS": json.dumps(pytest_arguments(out, *tests)),
                "SOSIE_TEST_CLIENT": f"{PROBE}._sosie",
                "SOSIE_TEST_RESULT": str(result),
                "SOSIE_TEST_SECONDS": str(RUN_SECONDS * 0.8),
                "SOSIE_TEST_SITE": str(self._site()),
            }
            status = _follow_krita(environment, out, line)
        told = json.loads(result.read_text("utf-8")) if result.exists() else {}
        line(f"krita {told.get('krita', '?')}, python {told.get('python', '?')}; log: {out / 'krita.log'}")
        for trace in told.get("unhandled", []):
            line(f"unhandled inside Krita:\n{trace}")
        if status == TIMED_OUT or "status" not in told:
            line(f"no result from Krita; its last stage: {told.get('stage', 'not started')}")
            return status or NO_RESULT
        return int(told["status"] or status or bool(told.get("unhandled")))

    def _site(self) -> Path:
        pins = cache.PINS / "krita.txt"

        def build(folder: Path) -> None:
            python = Path("/usr/bin/python3")
            tool = cache.environment(folder / "pip", cache.python_for({"3.11", "3.12", "3.13", "3.14"}))
            target = [
                "--target",
                str(folder / "site"),
                "--python-version",
                _version(python),
                "--only-binary=:all:",
            ]
            cache.install(tool, *target, "--require-hashes", "--requirement", str(pins))
            shutil.rmtree(folder / "pip")

        return cache.built("krita-pytest", [pins, _version(Path("/usr/bin/python3"))], build) / "site"


def targets() -> list[Krita]:
    """The Krita of this machine."""
    return [Krita()]


def _profile(home: Path) -> dict[str, str]:
    """A fresh user's folders with the driver and the probe enabled; the variables that point there."""
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
    plugins = places["XDG_DATA_HOME"] / "krita" / "pykrita"
    shutil.copytree(INSIDE / "krita" / "driver", plugins, ignore=shutil.ignore_patterns("__pycache__"))
    package = stage_probe("krita", plugins)
    (package / f"{PROBE}.desktop").rename(plugins / f"{PROBE}.desktop")
    enabled = "".join(f"enable_{name}=true\n" for name in (DRIVER, PROBE))
    (places["XDG_CONFIG_HOME"] / "kritarc").write_text(f"[python]\n{enabled}", "utf-8")
    # no OpenGL canvas: a software renderer gives it nothing but surprises
    (places["XDG_CONFIG_HOME"] / "kritadisplayrc").write_text("OpenGLRenderer=none\n", "utf-8")
    return {name: str(place) for name, place in places.items()}


def _follow_krita(environment: dict[str, str], out: Path, line: Line) -> int:
    """Run Krita; all it says goes to a log, what is not its own chatter to `line`."""
    chatter = ("krita.lib", "qt.", "QObject", "Warning", "kf.", "QStandardPaths", "/usr/lib")
    with (out / "krita.log").open("w", encoding="utf-8") as log:

        def sort(text: str) -> None:
            log.write(f"{text}\n")
            if not text.startswith(chatter):
                line(text)

        return follow(["krita", "--nosplash"], sort, seconds=RUN_SECONDS, env=environment, cwd=out)


def _version(python: Path) -> str:
    lines: list[str] = []
    follow([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], lines.append, seconds=60)
    return lines[-1]
