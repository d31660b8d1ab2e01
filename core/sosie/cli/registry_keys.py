"""`sosie registry keys`: the root ceremony, a change of keys, and what there is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, get_args

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import now

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The registry's folder.  [default: the user's data folder]",
)
places_option = click.option(
    "--to",
    "places",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for new root keys: once for all, or three times.  [default: DATA/root-keys]",
)
#: The parts of a registry's keys, as `registry.ceremony.Part` names them.
PARTS = ("root", "licence", "checkpoint", "pack", "c2pa")


@click.group()
def keys() -> None:
    """The registry's keys: three root keys, of which two sign, and the online keys they name."""


@keys.command()
@data_option
@places_option
@json_option
def init(data: Path | None, places: tuple[Path, ...], as_json: bool) -> None:
    """Make the first keys. `sosie registry serve` does it by itself where there are none."""
    from sosie.registry import ceremony

    settings = _settings(data)
    made = ceremony.begin(settings, places)
    emit(_words(made), f"{_said(made)}\n{advice(settings.data, made.root_keys)}", as_json=as_json)


@keys.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option(
    "--root-key",
    "files",
    multiple=True,
    type=existing_file,
    help="A root key that holds now; give two.  [default: those in DATA/root-keys]",
)
@click.option("--revoke", is_flag=True, help="The old licence keys and C2PA anchors are trusted no longer.")
@data_option
@places_option
@json_option
def rotate(
    parts: tuple[str, ...],
    files: tuple[Path, ...],
    revoke: bool,
    data: Path | None,
    places: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Replace PARTS while the registry runs; without PARTS the root only gets a longer life.

    Machines that are online follow within a minute. With --revoke they also give back what the old key has signed.
    """
    from sosie.licence import keys as private
    from sosie.registry import ceremony

    settings = _settings(data)
    chosen = files or tuple(ceremony.root_keys_beside(settings))
    signers = [private.signing_private(file.read_bytes()) for file in chosen]
    asked = [part for part in get_args(ceremony.Part) if part in parts]
    made = ceremony.rotate(settings, asked, signers, revoke=revoke, places=places)
    said = _said(made)
    if made.root_keys:
        said += f"\n{advice(settings.data, made.root_keys)}\nThe root keys before them sign nothing any more."
    emit(_words(made), said, as_json=as_json)


@keys.command()
@data_option
@json_option
def show(data: Path | None, as_json: bool) -> None:
    """What holds now, and where root keys still lie beside it."""
    from sosie.licence.keys import signing_public, thumbprint
    from sosie.registry import ceremony, keystore

    settings = _settings(data)
    root = keystore.newest_root(keystore.existing(settings))
    beside = ceremony.root_keys_beside(settings)
    document = root.document
    found: dict[str, Any] = {
        "version": document.version,
        "sha256": root.sha256,
        "expires_at": document.expires_at,
        "threshold": document.threshold,
        "root_keys": [thumbprint(signing_public(key)) for key in document.root_keys],
        "licence_keys": [thumbprint(signing_public(key)) for key in document.licence_keys],
        "checkpoint_key": thumbprint(signing_public(document.checkpoint_key)),
        "root_keys_beside": [str(path) for path in beside],
    }
    lines = [
        f"Root version {document.version}, until {_day(document.expires_at)}; SHA-256 {root.sha256}",
        f"{document.threshold} of these {len(document.root_keys)} sign a change:",
        *(f"  root        {name}" for name in found["root_keys"]),
        *(f"  licence     {name}" for name in found["licence_keys"]),
        f"  checkpoint  {found['checkpoint_key']}",
    ]
    emit(found, "\n".join([*lines, *([advice(settings.data, beside)] if beside else [])]), as_json=as_json)


def advice(data: Path, files: list[Path] | tuple[Path, ...]) -> str:
    """What to do with root keys that have just been made, or still lie with the registry."""
    names = ", ".join(file.name for file in files)
    if all(file.parent == data / "root-keys" for file in files):
        return (
            f"Root keys lie beside the registry: {names} in {files[0].parent}. Two of them replace any key it has:\n"
            "move each to a place of its own, away from this machine. The registry runs without them."
        )
    folders = ", ".join(dict.fromkeys(str(file.parent) for file in files))
    return f"Root keys: {names} in {folders}. Keep them apart and offline."


def _settings(data: Path | None) -> Any:
    from sosie.client import folders
    from sosie.registry.settings import Settings

    return Settings(data=data or folders.home() / "registry", clock=now)


def _words(made: Any) -> dict[str, Any]:
    return {
        "version": made.root.document.version,
        "sha256": made.root.sha256,
        "root_keys": [str(path) for path in made.root_keys],
    }


def _said(made: Any) -> str:
    document = made.root.document
    return f"Root version {document.version} holds until {_day(document.expires_at)}; SHA-256 {made.root.sha256}."


def _day(instant: int) -> str:
    return dt.datetime.fromtimestamp(instant, dt.UTC).strftime("%d %B %Y")
