"""`sosie doctor`: finds what is wrong on this machine and says what to do about it.

Each check is a function that answers `ok`, `warn` or `fail` with words and a remedy; none changes anything.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import now, words_of
from sosie.client import folders
from sosie.errors import SetupError, SosieError

RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")
LEAST_FREE_BYTES = 2 << 30
CLOCK_TOLERANCE_S = 300
MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@dataclass(frozen=True)
class Check:
    """What one check found."""

    name: str
    state: Literal["ok", "warn", "fail"]
    message: str
    remedy: str = ""


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check this machine: Python, ONNX Runtime, models, disk, clock, agent, registry."""
    found = [check for look in CHECKS for check in look()]
    lines = [
        f"{MARKS[check.state]}  {check.name:<12} {check.message}"
        + (f"\n      {'':<12} -> {check.remedy}" if check.remedy else "")
        for check in found
    ]
    emit([words_of(check) for check in found], "\n".join(lines), as_json=as_json)
    failed = [check for check in found if check.state == "fail"]
    if failed:
        raise SetupError(
            f"{len(failed)} of {len(found)} checks failed: {', '.join(check.name for check in failed)}.",
            remedy=failed[0].remedy,
            code="doctor_failed",
        )


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    yield Check(
        "python", "ok" if good else "fail", f"{version} at {sys.executable}", "" if good else "Use 3.11+."
    )


def _runtime() -> Iterator[Check]:
    installed = [name for name in RUNTIMES if _version(name)]
    if len(installed) != 1:
        yield Check(
            "onnxruntime",
            "fail",
            f"{' and '.join(installed) or 'none'} installed; exactly one is needed.",
            "Uninstall all of them, then install one of sosie[cpu], sosie[cuda12], sosie[cuda13], sosie[directml].",
        )
        return
    import onnxruntime

    providers = ", ".join(onnxruntime.get_available_providers())
    yield Check("onnxruntime", "ok", f"{installed[0]} {_version(installed[0])}: {providers}")
    driver = shutil.which("nvidia-smi") is not None
    if driver and installed[0] == "onnxruntime":
        yield Check(
            "gpu",
            "warn",
            "An NVIDIA driver is here, but renders run on the CPU.",
            "Run `make clean` and `make demo`.",
        )


def _models() -> Iterator[Check]:
    from sosie.models import ModelStore

    store = ModelStore.default()
    missing = store.missing()
    if missing:
        yield Check(
            "models", "fail", f"Missing or altered: {', '.join(missing)}.", "Run `sosie models build`."
        )
    else:
        yield Check("models", "ok", f"{len(store.manifest.models)} in {store.root}")


def _disk() -> Iterator[Check]:
    home = folders.home()
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    few = free < LEAST_FREE_BYTES
    remedy = "Free some space: packs, pixels and deliveries need room." if few else ""
    yield Check("disk", "warn" if few else "ok", f"{free / 2**30:.1f} GiB free at {place}", remedy)
    if home.exists() and hasattr(os, "getuid") and home.stat().st_mode & 0o077:
        yield Check("home", "warn", f"Others can look into {home}.", f"Run `chmod 700 {home}`.")


def _agent() -> Iterator[Check]:
    from sosie.client.session import Session

    try:
        with Session.connect("sosie doctor", start=False) as session:
            found = session.status()
    except SosieError as error:
        state: Literal["warn", "fail"] = "warn" if error.code == "agent_not_running" else "fail"
        yield Check("agent", state, error.message, error.remedy)
        return
    yield Check("agent", "ok", f"process {found.pid}, {found.provider or 'no render yet'}")
    if not found.registry:
        yield Check("registry", "warn", "This machine is not enrolled.", "Run `sosie agent enrol`.")
    elif found.reachable:
        yield Check("registry", "ok", f"{found.registry} answers")
        yield from _clock(found.registry)
    else:
        yield Check(
            "registry", "fail", f"{found.registry} does not answer.", "Check the network and the address."
        )
    for warning in found.warnings:
        yield Check("agent", "warn", warning)


def _clock(url: str) -> Iterator[Check]:
    import requests

    try:
        date = requests.head(f"{url}/v1/health", timeout=5).headers["date"]
    except (requests.RequestException, KeyError):
        return
    off = now() - int(parsedate_to_datetime(date).timestamp())
    if abs(off) > CLOCK_TOLERANCE_S:
        yield Check(
            "clock", "fail", f"This clock is {off} s off the registry's.", "Set this machine's clock."
        )
    else:
        yield Check("clock", "ok", f"{off} s off the registry's")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


CHECKS: tuple[Callable[[], Iterator[Check]], ...] = (_python, _runtime, _models, _disk, _agent)
