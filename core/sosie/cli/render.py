"""`sosie render`: likenesses onto one plate, or onto the frames of a sequence as a farm step without a host.

Rendering goes through the agent, exactly as from Krita, Blender or ComfyUI.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from sosie.cli.console import emit, json_option, progress_bar
from sosie.cli.options import picture_path, switches, use_options, words_of
from sosie.errors import OptionError
from sosie.messages import FaceChoice, FaceOrder, LayerName, RenderOptions, RenderResult, Use

if TYPE_CHECKING:
    from sosie.cli.frames import Order

#: Notes that are printed; the JSON has all.
SPELT_OUT = 8


@click.command()
@click.argument("plates", nargs=-1, required=True, metavar="PLATE...")
@click.option(
    "--twin",
    "twins",
    multiple=True,
    required=True,
    metavar="TWIN[@FACE]",
    help="Id of the twin (`sosie agent twins` lists them), and for several people each one's face: a number, X,Y or "
    "X0,Y0,X1,Y1. Every twin's licence is asked.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The flat picture (PNG, TIFF, JPEG, WebP); for frames the folder they go to.",
)
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
@click.option("--overwrite", is_flag=True, help="Render frames again that are there already.")
@switches
@use_options
@json_option
def render(
    plates: tuple[str, ...],
    twins: tuple[str, ...],
    out: Path,
    layers: Path | None,
    point: tuple[float, float] | None,
    box: tuple[float, float, float, float] | None,
    index: int | None,
    order: FaceOrder,
    mask: Path | None,
    overwrite: bool,
    options: RenderOptions,
    use: Use,
    as_json: bool,
) -> None:
    """Put licensed likenesses onto PLATE, at its own resolution and depth.

    Several plates, a folder, or a pattern such as shot.%04d.png are the frames of a sequence, rendered in order and
    steadily into the folder --out. Frames that are there already are skipped, frames without the face are copied; a
    refusal stops the job with status 4.
    """
    from sosie.cli import frames

    face = FaceChoice(point=point, box=box, index=index, order=order)
    job = frames.Order(tuple(frames.part_of(twin, face) for twin in twins), use, options, mask)
    if len(plates) == 1 and Path(plates[0]).is_file():
        _picture(Path(plates[0]), out, layers, job, as_json=as_json)
    elif layers:
        raise OptionError("Layers are written for one picture.", remedy="Leave --layers out for frames.")
    else:
        _sequence(plates, out, job, overwrite=overwrite, as_json=as_json)


def _picture(plate: Path, out: Path, layers: Path | None, job: Order, *, as_json: bool) -> None:
    from sosie.cli.frames import one_render
    from sosie.client.session import Session
    from sosie.easel import save, take
    from sosie.pictures import read_picture, write_picture

    names: tuple[LayerName, ...] = get_args(LayerName) if layers else ("composite",)
    picture = read_picture(plate)
    suffix = ".tif" if picture.pixels.dtype.kind == "f" else ".png"
    results: list[RenderResult] = []
    with Session.connect("sosie render") as session, progress_bar("Rendering") as move:
        for part in job.parts:
            result = one_render(session, picture, job, part, progress=move, layers=names)
            results.append(result)
            for name, pixels in result.layers.items():
                if layers and name != "composite":
                    folder = layers if len(job.parts) == 1 else layers / part.twin
                    save(session, pixels, folder / f"{name}{suffix}", picture)
            picture = take(session, result.layers["composite"], picture)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_picture(out, picture)
        if layers:
            write_picture(layers / f"composite{suffix}", picture)
    last = results[-1]
    seconds, confidence = sum(one.seconds for one in results), min(one.confidence for one in results)
    words = f"{out}: {seconds:.2f} s on {last.provider}, confidence {confidence:.2f}."
    notes = [f"Note: {reason}" for one in results for reason in one.reasons]
    others = {"renders": [words_of(one) for one in results]} if len(results) > 1 else {}
    emit({**words_of(last), "out": str(out), **others}, "\n".join([words, *notes]), as_json=as_json)


def _sequence(plates: tuple[str, ...], out: Path, job: Order, *, overwrite: bool, as_json: bool) -> None:
    from sosie.cli.frames import frames_of, render_frames
    from sosie.client.session import Session

    found = frames_of(plates)
    with Session.connect("sosie render") as session, progress_bar("Rendering") as move:
        tally = render_frames(session, found, out, job, overwrite=overwrite, progress=move)
    words = (
        f"{out}: {tally.rendered} of {len(found)} frames rendered, {tally.passed} without the face copied as they are,"
        f" {tally.skipped} were there already."
    )
    notes = [f"Note: {note}" for note in tally.notes[:SPELT_OUT]]
    notes += [f"... and {len(tally.notes) - SPELT_OUT} more."] * (len(tally.notes) > SPELT_OUT)
    emit({**words_of(tally), "out": str(out)}, "\n".join([words, *notes]), as_json=as_json)
