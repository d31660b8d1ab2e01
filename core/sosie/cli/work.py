"""`sosie render`, `deliver`, `verify`: the artist's three commands, and anybody's one.

Rendering and delivering go through the agent, exactly as from Krita, Blender or ComfyUI.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from sosie.cli.console import emit, json_option, progress_bar
from sosie.cli.options import new_path, now, picture_path, switches, use_options, words_of
from sosie.errors import VerificationError
from sosie.messages import (
    DeliverRequest,
    FaceChoice,
    FaceOrder,
    LayerName,
    RenderOptions,
    RenderRequest,
    Use,
)

LAYERS: tuple[LayerName, ...] = get_args(LayerName)


@click.command()
@click.argument("plate", type=picture_path)
@click.option("--twin", required=True, help="Id of the twin; `sosie agent twins` lists those of this seat.")
@click.option("--out", type=new_path, required=True, help="The flat picture: PNG, TIFF, JPEG or EXR.")
@click.option(
    "--layers", type=click.Path(file_okay=False, path_type=Path), help="Folder for the layers as well."
)
@click.option("--point", type=(float, float), default=None, help="A pixel on the face that is meant: X Y.")
@click.option("--box", type=(float, float, float, float), default=None, help="A box around it: X0 Y0 X1 Y1.")
@click.option("--index", type=click.IntRange(0), default=None, help="Or its number, from 0.")
@click.option(
    "--order",
    type=click.Choice(get_args(FaceOrder)),
    default="left-right",
    show_default=True,
    help="How faces are numbered.",
)
@click.option(
    "--mask", type=picture_path, default=None, help="Where the likeness may go (white); it always wins."
)
@switches
@use_options
@json_option
def render(
    plate: Path,
    twin: str,
    out: Path,
    layers: Path | None,
    point: tuple[float, float] | None,
    box: tuple[float, float, float, float] | None,
    index: int | None,
    order: FaceOrder,
    mask: Path | None,
    options: RenderOptions,
    use: Use,
    as_json: bool,
) -> None:
    """Put a licensed likeness onto PLATE, at its own resolution and depth."""
    from sosie.client.session import Session
    from sosie.easel import put, put_mask, save
    from sosie.pictures import read_picture

    picture = read_picture(plate)
    with Session.connect("sosie render") as session, progress_bar("Rendering") as move:
        request = RenderRequest(
            plate=put(session, picture),
            twin=twin,
            use=use,
            face=FaceChoice(point=point, box=box, index=index, order=order),
            mask=put_mask(session, mask) if mask else None,
            options=options,
            layers=LAYERS if layers else ("composite",),
        )
        result = session.render(request, move)
        save(session, result.layers["composite"], out, picture)
        if layers:
            for name, pixels in result.layers.items():
                save(session, pixels, layers / f"{name}.png", picture)
    words = f"{out}: {result.seconds:.2f} s on {result.provider}, confidence {result.confidence:.2f}."
    notes = [f"Note: {reason}" for reason in result.reasons]
    emit({**words_of(result), "out": str(out)}, "\n".join([words, *notes]), as_json=as_json)


@click.command()
@click.argument("picture", type=picture_path)
@click.option("--twin", required=True, help="Id of the twin in the picture.")
@click.option("--out", type=new_path, required=True, help="The signed file: .jpg or .png.")
@use_options
@json_option
def deliver(
    picture: Path,
    twin: str,
    out: Path,
    use: Use,
    as_json: bool,
) -> None:
    """Send the final PICTURE through the deliver gate and receive the signed file.

    The registry checks scope, quota and revocation, labels the picture, writes the receipt and pays the talent.
    """
    from sosie.client.session import Session
    from sosie.easel import put
    from sosie.pictures import read_picture
    from sosie.storage import write_file

    final = read_picture(picture)
    with Session.connect("sosie deliver") as session, progress_bar("Delivering") as move:
        request = DeliverRequest(
            twin=twin,
            use=use,
            picture=put(session, final),
            mime="image/png" if out.suffix.lower() == ".png" else "image/jpeg",
        )
        delivery = session.deliver(request, move)
        write_file(out, Path(delivery.file).read_bytes())
    words = f"{out} is licensed. Receipt {delivery.receipt}; {delivery.delivered_left} deliveries left."
    emit({**words_of(delivery), "file": str(out)}, words, as_json=as_json)


@click.command()
@click.argument("file", type=picture_path)
@click.option(
    "--root", type=picture_path, default=None, help="The registry's root.json.  [default: this machine's]"
)
@click.option("--registry", "url", default=None, help="Ask this registry too.  [default: this machine's]")
@click.option("--offline", is_flag=True, help="Do not ask the registry.")
@json_option
def verify(file: Path, root: Path | None, url: str | None, offline: bool, as_json: bool) -> None:
    """Say whether FILE is a licensed picture, unaltered. Exit status 0 only when it is."""
    from sosie.cli.trust import anchor
    from sosie.provenance.verify import verify_file

    trusted, lookup = anchor(root, url, offline=offline)
    verdict = verify_file(file, root=trusted, registry=lookup, now=now())
    result = words_of(verdict)
    mark = "Trusted" if verdict.trusted else "NOT trusted"
    lines = [f"{mark}: {file}", *(f"  {finding.message}" for finding in verdict.findings)]
    emit(result, "\n".join(lines), as_json=as_json)
    if not verdict.trusted:
        worst = verdict.findings[0]
        raise VerificationError(worst.message, remedy=worst.remedy, code=worst.code)
