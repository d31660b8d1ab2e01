"""A Debian of another release in a folder of the cache, for a host that the machine's own release does not have.

Nothing stays mounted: each command runs in a mount namespace of its own. Needs root, as `chroot` does. Packages come
from the mirror that this machine's apt uses; their signatures are checked.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.hosts import cache
from tests.hosts.process import Step

BUILD_SECONDS = 900
#: Left out: nobody reads manuals there.
WITHOUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")


@dataclass(frozen=True)
class Release:
    """A release of Debian and what is installed in it."""

    name: str  # for the cache: `krita-5.2`
    suites: tuple[str, ...]  # the first is bootstrapped
    packages: tuple[str, ...]
    from_last: tuple[str, ...] = ()  # packages taken from the last suite
    expired: bool = (
        False  # the mirror's copy may be past its Valid-Until; signatures are checked all the same
    )
    keep: tuple[str, ...] = ()  # paths to have in spite of WITHOUT

    def folder(self) -> Path:
        """The root of its file system, made now if need be.

        Raises:
            MissingHostError: not root, or no mmdebstrap.
        """
        facts = [*self.suites, "+", *self.packages, "+", *self.from_last]
        facts += ["+", *self.keep] if self.keep else []
        return cache.built(self.name, [" ".join(facts)], self._build) / "root"

    def _build(self, folder: Path) -> None:
        if os.geteuid() or shutil.which("mmdebstrap") is None:
            raise cache.MissingHostError(
                f"{self.name} comes in a chroot, which root makes with mmdebstrap.",
                "Run `apt-get install mmdebstrap`, and the tests as root.",
            )
        root = folder / "root"
        options = ['APT::Install-Recommends "false"', 'Acquire::http::Timeout "60"']
        options += ['Acquire::Check-Valid-Until "false"'] if self.expired else []
        command = ["nice", "mmdebstrap", "--variant=apt", f"--include={','.join(self.packages)}"]
        command += [f"--aptopt={option}" for option in options]
        command += [f"--dpkgopt=path-exclude={path}" for path in WITHOUT]
        command += [f"--dpkgopt=path-include={path}" for path in self.keep]
        if self.from_last:
            names = " ".join(self.from_last)
            command.append(f'--customize-hook=chroot "$1" apt-get install -y -t {self.suites[-1]} {names}')
        sources = [f"deb {_mirror()} {suite} main" for suite in self.suites]
        self._run([*command, self.suites[0], str(root), *sources])
        shutil.rmtree(root / "var" / "cache" / "apt", ignore_errors=True)
        shutil.rmtree(root / "var" / "lib" / "apt" / "lists", ignore_errors=True)

    def _run(self, command: list[str]) -> None:
        if Step(f"installing {self.name} into a chroot", seconds=BUILD_SECONDS).run(command, check=False):
            raise cache.MissingHostError(
                f"{self.name} could not be installed (the words are above).",
                "Check the network, then try again.",
            )


def inside(root: Path, command: Iterable[str], shared: Iterable[Path]) -> list[str]:
    """`command` as one that runs in the chroot at `root`, where the folders `shared` are the machine's own."""
    mounts = ["mount -t proc proc proc", "mount --rbind /dev dev", "mount --rbind /sys sys"]
    for folder in shared:
        place = shlex.quote(f"{root}{folder}")
        mounts.append(f"mkdir -p {place} && mount --rbind {shlex.quote(str(folder))} {place}")
    script = f"cd {shlex.quote(str(root))} && {' && '.join(mounts)} && exec chroot . {shlex.join(command)}"
    return ["unshare", "--mount", "sh", "-c", script]


def _mirror() -> str:
    """The address of this machine's Debian."""
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Component: main"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    ).stdout.split()
    if not found:
        raise cache.MissingHostError("apt knows no mirror.", "Run `apt-get update`, on Debian.")
    return found[0]
