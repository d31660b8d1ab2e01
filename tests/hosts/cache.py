"""Where the hosts live: a cache outside the tree, filled once and then only read.

Every folder in it is named after what it was made from (`blender-4.2-3f2a...`), is built under a lock, and
counts as there only once its mark is written; a half-built one is started again, an outdated one removed.
`SOSIE_HOSTS_CACHE` chooses the place; without it the user's cache folder is taken.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.hosts.process import Step

PINS = Path(__file__).parent / "pins"
READY = ".ready"


class MissingHostError(Exception):
    """A host that cannot be had on this machine: why, and what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")


def root() -> Path:
    """The cache's folder."""
    if chosen := os.environ.get("SOSIE_HOSTS_CACHE"):
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sosie" / "hosts"


def built(name: str, inputs: list[Path | str], build: Callable[[Path], None]) -> Path:
    """The folder `name` made by `build` from `inputs` (files, or facts as text), made now if need be."""
    parts = [part.read_bytes() if isinstance(part, Path) else part.encode() for part in inputs]
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]
    folder = root() / f"{name}-{digest}"
    with _locked(name):
        if not (folder / READY).exists():
            for outdated in root().glob(f"{name}-{'?' * 12}"):
                shutil.rmtree(outdated)
            folder.mkdir(parents=True)
            build(folder)
            (folder / READY).touch()
    return folder


def environment(folder: Path, python: str) -> Path:
    """A new virtual environment in `folder` with the interpreter `python`; its own interpreter."""
    Step(f"making {folder.name}", seconds=120).run([python, "-m", "venv", str(folder)])
    return folder / "bin" / "python"


def install(python: Path, *arguments: str) -> None:
    """Run `pip install` in an environment, bounded in time and with a remedy when it fails.

    Raises:
        MissingHostError: pip did not succeed.
    """
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    step = Step(f"installing into {python.parent.parent.name}", seconds=900)
    if step.run([str(python), "-m", "pip", "install", *quiet, *arguments], check=False):
        raise MissingHostError(
            f"pip could not install {' '.join(arguments[-2:])} (its words are above).",
            "Check the network, then run the command again: what was fetched is kept.",
        )


def python_for(versions: set[str]) -> str:
    """An interpreter of one of `versions` ("3.11"): this one, or one on PATH.

    Raises:
        MissingHostError: there is none.
    """
    if f"{sys.version_info.major}.{sys.version_info.minor}" in versions:
        return str(Path(sys.base_prefix) / "bin" / "python3")
    for version in sorted(versions, reverse=True):
        if found := shutil.which(f"python{version}"):
            return found
    wanted = " or ".join(sorted(versions))
    raise MissingHostError(f"There is no Python {wanted} on this machine.", f"Install Python {wanted}.")


@contextlib.contextmanager
def _locked(name: str) -> Iterator[None]:
    root().mkdir(parents=True, exist_ok=True)
    with (root() / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
