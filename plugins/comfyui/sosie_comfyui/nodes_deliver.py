"""Deliver: the final picture through the registry's gate; the signed file and its receipt come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import pixels
from ._sosie.client.use import use_from
from ._sosie.errors import RefusedError
from ._sosie.messages import DeliverRequest
from .errors import spoken
from .host import Provenance, attended, io, save_place
from .texts import tr

CATEGORY = "Sosie"
KINDS = {"JPEG": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png")}


class Deliver(io.ComfyNode):
    """Signs, labels and records each frame; the file is written as it came, byte for byte."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Inputs are only ever appended."""
        return io.Schema(
            node_id="SosieDeliver",
            display_name="Deliver",
            category=CATEGORY,
            description="Hand in the final picture: the registry checks, labels, records, pays and signs it.",
            search_aliases=["sosie", "save licensed", "content credentials", "c2pa", "receipt", "save image"],
            inputs=[
                io.Image.Input("image"),
                Provenance.Input("provenance"),
                io.String.Input("filename_prefix", default="sosie/delivered"),
                io.Combo.Input("format", options=list(KINDS)),
            ],
            outputs=[io.String.Output(display_name="receipt"), io.String.Output(display_name="file")],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        image: Any,
        provenance: dict[str, Any],
        filename_prefix: str,
        format: str,  # noqa: A002 - what artists read
    ) -> io.NodeOutput:
        """One delivery for each frame."""
        with spoken():
            use = _single(provenance)
        mime, suffix = KINDS[format]
        frames = pixels.frames_of(image)
        shown, lines, files = [], [], []
        with spoken(), attended() as agent:
            for number, frame in enumerate(frames):
                folder = agent.session.pixels
                request = DeliverRequest(
                    twin=use["twin"],
                    use=use_from(use["use"]),
                    picture=pixels.send_final(folder, frame, deep=mime == "image/png"),
                    mime=mime,
                    job=use["jobs"][min(number, len(use["jobs"]) - 1)],
                )
                done = agent.run(
                    lambda progress, _v, request=request: agent.session.deliver(request, progress)
                )
                path, named = save_place(filename_prefix, frame.shape[1], frame.shape[0], suffix)
                path.write_bytes(Path(done.file).read_bytes())
                shown.append(named)
                files.append(str(path))
                lines.append(
                    tr("Receipt {receipt}; {left} deliveries left.").format(
                        receipt=done.receipt, left=done.delivered_left
                    )
                )
                agent.stage.show((number + 1) / len(frames))
        return io.NodeOutput(
            "\n".join(lines), "\n".join(files), ui={"images": shown, "text": ("\n".join(lines),)}
        )


def _single(provenance: dict[str, Any]) -> dict[str, Any]:
    """The one use that a delivered file is licensed for.

    Raises:
        RefusedError: `nothing_to_deliver` or `several_twins`.
    """
    uses = [use for use in provenance["uses"] if use["jobs"]]
    if len(uses) == 1:
        return dict(uses[0])
    if uses:
        raise RefusedError(
            tr("This picture holds {names}; a delivery is for one licence.").format(
                names=", ".join(use["name"] for use in uses)
            ),
            remedy=tr("Deliver pictures with one licensed person each."),
            code="several_twins",
        )
    raise RefusedError(
        tr("No frame carries a likeness, so there is nothing to deliver."),
        remedy=tr("Look at the report of Apply Likeness."),
        code="nothing_to_deliver",
    )
