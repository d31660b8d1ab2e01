"""`sosie registry`: run the service that holds consent, licences, uses and money."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.cli.console import json_option
from sosie.cli.registry_backup import backup, restore
from sosie.cli.registry_keys import advice, keys
from sosie.errors import ModelError, SetupError

if TYPE_CHECKING:
    from sosie.registry.matching import Matcher


@click.group()
def registry() -> None:
    """Run a registry."""


for _command in (keys, backup, restore):
    registry.add_command(_command)


@registry.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder for database, keys and packs.  [default: the user's data folder]",
)
@click.option("--port", default=8787, show_default=True, help="Port on this machine; 0 takes a free one.")
@click.option(
    "--database-url",
    default=lambda: os.environ.get("DATABASE_URL"),
    help="PostgreSQL instead of the SQLite file: postgresql://USER@SERVER/NAME.  [env: DATABASE_URL]",
)
@click.option(
    "--proofs",
    is_flag=True,
    help="License a person's twin only after she has proved, before a camera, to be the one it shows.",
)
@json_option
def serve(data: Path | None, port: int, database_url: str | None, proofs: bool, as_json: bool) -> None:
    """Serve until Ctrl-C. The first start makes keys, database and the operator's token by itself.

    With --json the address is printed as one JSON line as soon as requests are answered.
    """
    from sosie.client import folders

    try:
        from sosie.registry import ceremony
        from sosie.registry.serve import serve as serve_registry
    except ImportError as error:
        raise SetupError(
            f"This installation has no registry ({error.name} is missing).",
            remedy="Run `pip install 'sosie[registry]'`.",
            code="extra_missing",
        ) from error
    from sosie.registry.settings import Settings

    folder = data or folders.home() / "registry"

    def ready(url: str) -> None:
        beside = ceremony.root_keys_beside(Settings(data=folder))
        if as_json:
            found = {"url": url, "data": str(folder), "root_keys_beside": [str(path) for path in beside]}
            click.echo(json.dumps(found))
        else:
            click.echo(
                f"Registry at {url}, data in {folder}. The operator's token is in {folder}/operator.token."
            )
            if beside:
                click.echo(advice(folder, beside))
            click.echo("Ctrl-C stops it.")

    serve_registry(
        folder,
        port=port,
        database_url=database_url,
        ready=ready,
        matcher=_matcher() if proofs else None,
        htmx=_htmx(),
    )


def _matcher() -> Matcher:
    from sosie.enrolment import matcher
    from sosie.faces import Faces
    from sosie.models import ModelStore

    return matcher(Faces(ModelStore.default()))


def _htmx() -> Path | None:
    """The console does without, where it was not built."""
    from sosie.models import ModelStore

    try:
        return ModelStore.default().path("htmx")
    except ModelError:
        return None
