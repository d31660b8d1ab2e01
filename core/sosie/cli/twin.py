"""`sosie capture` and `sosie twin`: from photographs to a twin at the registry."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from sosie.cli.console import emit, json_option, progress_bar
from sosie.cli.options import accounts, as_option, new_path, now, picture_path, words_of


@click.command()
@click.argument("photographs", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--consent", type=picture_path, required=True, help="The talent's signed consent.")
@click.option(
    "--out", type=new_path, required=True, help="Where the pack goes; its sealed key goes beside it."
)
@click.option("--twin", default=None, help="Id of the twin, for a new revision.  [default: a new id]")
@click.option("--revision", default=1, show_default=True)
@click.option("--report", type=new_path, default=None, help="Write a picture of what the capture covers.")
@as_option
@json_option
def capture(
    photographs: Path,
    consent: Path,
    out: Path,
    twin: str | None,
    revision: int,
    report: Path | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Make a twin from the photographs in a folder.

    Nine are best: frontal, turned 30 and 60 degrees each way, looking up and down, a smile, an open mouth. Views
    are recognised by the face's pose. Photographs that cannot be used are named, with the reason.
    """
    from sosie.faces import Faces
    from sosie.models import ModelStore
    from sosie.storage import write_file
    from sosie.studio import Commission, make_twin, photographs_in

    people = accounts()
    talent = people.get(account, "talent")
    commission = Commission(
        twin=twin or f"twn_{secrets.token_urlsafe(9)}",
        revision=revision,
        consent=consent.read_text(encoding="ascii").strip(),
        talent_key=people.signing_key(talent).public_key(),
        root=people.root(talent, now()),
        now=now(),
    )
    with progress_bar("Building the twin") as move:
        packed = make_twin(
            photographs_in(photographs), out, commission, faces=Faces(ModelStore.default()), progress=move
        )
    if report:
        write_file(report, packed.capture.report.picture())
    rejected, mirrored = packed.capture.report.rejected, packed.capture.report.mirrored
    result = {
        "pack": str(out),
        "twin": packed.header.twin,
        "revision": revision,
        "sha256": packed.sha256,
        "bytes": out.stat().st_size,
        "views": list(packed.header.views),
        "rejected": rejected,
        "mirrored": list(mirrored),
    }
    lines = [
        f"{packed.header.twin} is in {out} ({out.stat().st_size / 1e6:.1f} MB), from {len(packed.header.views)} views."
    ]
    lines += [f"Not used: {name}: {why}" for name, why in rejected.items()]
    lines += [f"Her {side} side is under hair everywhere: the other one serves for it." for side in mirrored]
    emit(result, "\n".join([*lines, f"Hand it in with `sosie twin upload {out}`."]), as_json=as_json)


@click.group()
def twin() -> None:
    """Look at a twin's pack, or hand it in."""


@twin.command()
@click.argument("pack", type=picture_path)
@click.option("--thumbnail", type=new_path, default=None, help="Write the thumbnail to this file.")
@json_option
def inspect(pack: Path, thumbnail: Path | None, as_json: bool) -> None:
    """Show what a pack says about itself; no key is needed, and the likeness stays locked."""
    from sosie.storage import write_file
    from sosie.twin.pack import inspect_pack

    summary = inspect_pack(pack)
    if thumbnail:
        write_file(thumbnail, summary.thumbnail)
    header = summary.header
    sections = [
        {"name": part.name, "dtype": part.dtype, "shape": list(part.shape), "bytes": part.size}
        for part in summary.sections
    ]
    result = {
        **header.to_json(),
        "format": summary.version,
        "bytes": summary.file_bytes,
        "sections": sections,
    }
    lines = [
        f"twin      {header.twin}, revision {header.revision}",
        f"talent    {header.talent}",
        f"consent   {header.consent_sha256}",
        f"texture   {header.texture_px} px",
        f"views     {', '.join(header.views)}",
        f"size      {summary.file_bytes / 1e6:.1f} MB in {len(sections)} sections",
        *(f"  {part['name']:<20} {part['dtype']:<5} {part['shape']}" for part in sections),
    ]
    emit(result, "\n".join(lines), as_json=as_json)


@twin.command()
@click.argument("pack", type=picture_path)
@as_option
@json_option
def upload(pack: Path, account: str | None, as_json: bool) -> None:
    """Hand a pack in at the registry, with its sealed key (talent)."""
    from sosie.studio import sealed_key_path
    from sosie.twin.pack import inspect_pack, pack_digest

    people = accounts()
    record = people.registry(people.get(account, "talent")).upload_pack(
        pack,
        twin=inspect_pack(pack).header.twin,
        pack_sha256=pack_digest(pack),
        wrapped_key=sealed_key_path(pack).read_text(encoding="ascii"),
    )
    emit(words_of(record), f"{record.id}, revision {record.revision}, is at the registry.", as_json=as_json)
