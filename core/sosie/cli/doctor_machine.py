"""What `sosie doctor` looks at in this machine: Python, libraries, engine, models, room."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator

from sosie.cli.doctor import Check, Look
from sosie.client import folders
from sosie.client.discovery import FOREIGN_ENVIRONMENT

RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")
LIBRARIES = ("numpy", "cv2", "PIL", "cryptography", "pydantic", "requests", "c2pa")
LEAST_FREE_BYTES = 2 << 30


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    yield Check(
        "python", "ok" if good else "fail", f"{version} at {sys.executable}", "" if good else "Use 3.11+."
    )
    foreign = [name for name in FOREIGN_ENVIRONMENT if os.environ.get(name)]
    if foreign:
        yield Check(
            "environment",
            "warn",
            f"{' and '.join(foreign)} set: libraries of another program may be loaded.",
            "Unset them in this terminal; the agent itself starts without them.",
        )


def _libraries() -> Iterator[Check]:
    broken = []
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except (ImportError, OSError) as error:
            broken.append(f"{name} ({error})")
    if broken:
        yield Check(
            "libraries",
            "fail",
            f"Cannot be loaded: {'; '.join(broken)}.",
            "Install Sosie again in an environment of its own.",
        )
    else:
        yield Check("libraries", "ok", f"{len(LIBRARIES)} load")


def _engine() -> Iterator[Check]:
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

    offered = onnxruntime.get_available_providers()
    yield Check("onnxruntime", "ok", f"{installed[0]} {_version(installed[0])}: {', '.join(offered)}")
    from sosie.agent.work import built_in_plugins

    active = built_in_plugins().kernels()[0].provider
    if active == "numpy":
        yield Check(
            "engine", "fail", "Renders run in numpy, slowly.", "Install Sosie again: the graph is missing."
        )
    elif active == "OpenCV" and "CUDAExecutionProvider" in offered:
        yield Check(
            "engine",
            "fail",
            "ONNX Runtime offers CUDA, and its session fell back to the CPU without a word, or drew wrong pictures.",
            "Match driver, CUDA and cuDNN with the installed sosie[cuda12] or sosie[cuda13].",
        )
    elif active == "OpenCV" and shutil.which("nvidia-smi"):
        yield Check(
            "engine",
            "warn",
            "An NVIDIA driver is here, but renders run on the CPU.",
            "Run `make clean` and `make demo`.",
        )
    else:
        yield Check("engine", "ok", f"renders run on {active}")


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


def _pixels() -> Iterator[Check]:
    places = [folder.parent for folder in folders.pixel_folders(folders.home())]
    free = {place: shutil.disk_usage(place).free for place in places}
    roomy = [place for place in places if free[place] >= folders.ROOMY_BYTES]
    if roomy:
        yield Check("pixels", "ok", f"{free[roomy[0]] / 2**30:.1f} GiB free for pixels in {roomy[0]}")
    else:
        yield Check(
            "pixels",
            "warn",
            f"Less than 1 GiB free for pixels in {', '.join(map(str, places))}.",
            "Close other programs: a 4K float render needs half a GiB.",
        )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


MACHINE: tuple[Look, ...] = (_python, _libraries, _engine, _models, _disk, _pixels)
