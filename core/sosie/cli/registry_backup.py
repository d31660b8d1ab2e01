"""`sosie registry backup` and `restore`: the whole registry as one folder, and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.cli.console import emit, json_option
from sosie.cli.registry_keys import data_option

if TYPE_CHECKING:
    from sosie.registry.settings import Settings

database_option = click.option(
    "--database-url",
    default=lambda: os.environ.get("DATABASE_URL"),
    help="PostgreSQL: postgresql://USER@SERVER/NAME.  [env: DATABASE_URL]",
)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@data_option
@database_option
@json_option
def backup(folder: Path, data: Path | None, database_url: str | None, as_json: bool) -> None:
    """Copy database, keys, packs and pictures to the new FOLDER; the registry may go on working."""
    from sosie.registry.backup import backup as make

    found = make(_settings(data, database_url), folder)
    emit(
        found,
        f"Backed up to {folder}: a log of {found['log_size']} leaves. Guard it: keys are in it.",
        as_json=as_json,
    )


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_option
@database_option
@json_option
def restore(folder: Path, data: Path | None, database_url: str | None, as_json: bool) -> None:
    """Bring the backup in FOLDER to an empty place, check it, and say what is there."""
    from sosie.registry.backup import restore as bring

    settings = _settings(data, database_url)
    found = bring(folder, settings)
    emit(found, f"Restored to {settings.data}: a log of {found['log_size']} leaves.", as_json=as_json)


def _settings(data: Path | None, database_url: str | None) -> Settings:
    from sosie.client import folders
    from sosie.registry.settings import Settings

    return Settings(data=data or folders.home() / "registry", database_url=database_url)
