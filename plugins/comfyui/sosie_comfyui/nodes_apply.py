"""Apply Likeness and Apply Several."""

from __future__ import annotations

from typing import Any

from . import applying, pixels, words
from ._sosie.messages import RenderOptions
from .errors import spoken
from .host import Provenance, Twin, attended, io, preview, tensor
from .nodes_faces import found_in

CATEGORY = "Sosie"
MOST_PAIRS = 4


def switches() -> list[io.Input]:
    """What a retoucher may turn, as inputs named like the fields of `RenderOptions`."""
    return [
        io.Float.Input("strength", default=1.0, min=0.0, max=1.0, step=0.01, tooltip="0 is the plate."),
        io.Boolean.Input("skin", default=True, tooltip="Neck, ears and hands take the twin's tone."),
        io.Boolean.Input("grain", default=True, tooltip="The plate's own grain on the likeness."),
        io.Boolean.Input("brows", default=True, tooltip="The twin's brows; off keeps the plate's."),
        io.Boolean.Input("lips", default=True, tooltip="The twin's lips; off keeps the plate's."),
        io.Boolean.Input("tone", default=True, tooltip="The twin's skin tone; off keeps the plate's."),
        io.Float.Input("detail", default=1.0, min=0.0, max=2.0, step=0.05, tooltip="Pores and lines."),
    ]


def exposure() -> io.Input:
    """One more of them, which came later: at the end, and no workflow saved before needs it."""
    return io.Float.Input(
        "exposure",
        default=0.0,
        min=-2.0,
        max=2.0,
        step=0.05,
        optional=True,
        tooltip="Of the twin's skin, in stops: how bright it is in this light is an estimate.",
    )


class ApplyLikeness(io.ComfyNode):
    """A licensed likeness onto a picture or a batch of frames."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Inputs are only ever appended."""
        return io.Schema(
            node_id="SosieApplyLikeness",
            display_name="Apply Likeness",
            category=CATEGORY,
            description="Put the licensed person onto a face of the picture, at the picture's own size.",
            search_aliases=["sosie", "face swap", "likeness", "head swap", "identity", "reactor"],
            inputs=[
                io.Image.Input("image"),
                Twin.Input("twin"),
                *switches(),
                io.Combo.Input("face_order", options=list(words.ORDERS), tooltip="How faces are counted."),
                io.Int.Input("face_index", default=0, min=0, max=63, tooltip="0 is the first."),
                io.BoundingBox.Input("face_box", optional=True, force_input=True),
                io.Mask.Input("face_mask", optional=True, tooltip="The face it covers most is meant."),
                io.Image.Input("face_reference", optional=True, tooltip="A picture of the person to find."),
                io.Mask.Input("allowed", optional=True, tooltip="Where the likeness may go."),
                exposure(),
            ],
            outputs=[
                io.Image.Output(display_name="image"),
                io.Mask.Output(display_name="mask"),
                io.Image.Output(display_name="likeness"),
                Provenance.Output(display_name="provenance"),
                io.String.Output(display_name="report"),
            ],
        )

    @classmethod
    def execute(
        cls,
        image: Any,
        twin: applying.Handle,
        face_order: str,
        face_index: int,
        face_box: Any = None,
        face_mask: Any = None,
        face_reference: Any = None,
        allowed: Any = None,
        **options: Any,
    ) -> io.NodeOutput:
        """Frame by frame."""
        face = applying.Choosing(face_box, face_mask, face_reference, face_index, face_order)
        with spoken(), attended() as agent:
            done = applying.apply(
                agent, image, [applying.Pair(twin, face)], RenderOptions(**options), allowed
            )
        return io.NodeOutput(
            tensor(done.image),
            tensor(done.mask),
            tensor(done.likeness),
            done.provenance(),
            done.report(),
            ui=preview(done.image, done.report()),
        )


class ApplySeveral(io.ComfyNode):
    """Several licensed people in one picture: each twin takes the face of her number, box or reference."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Pairs of twin and face; inputs are only ever appended."""
        pairs: list[io.Input] = []
        for number in range(1, MOST_PAIRS + 1):
            wanted = number <= 2
            pairs += [
                Twin.Input(f"twin_{number}", optional=not wanted),
                io.Int.Input(
                    f"face_{number}", default=number - 1, min=0, max=63, tooltip="From the left; 0 is first."
                ),
                io.Image.Input(f"reference_{number}", optional=True, tooltip="Finds the person instead."),
            ]
        return io.Schema(
            node_id="SosieApplySeveral",
            display_name="Apply Several",
            category=CATEGORY,
            description="Two to four licensed people in one picture, a licence check for each.",
            search_aliases=["sosie", "face swap", "group", "multiple faces", "several people"],
            inputs=[
                io.Image.Input("image"),
                *pairs,
                *switches(),
                io.BoundingBox.Input("face_boxes", optional=True, force_input=True),
                exposure(),
            ],
            outputs=[
                io.Image.Output(display_name="image"),
                io.Mask.Output(display_name="mask"),
                Provenance.Output(display_name="provenance"),
                io.String.Output(display_name="report"),
            ],
        )

    @classmethod
    def execute(cls, image: Any, face_boxes: Any = None, **inputs: Any) -> io.NodeOutput:
        """Faces are counted once, on the picture that came in: nobody's number moves when a face changes."""
        names = RenderOptions.__dataclass_fields__.keys() & inputs
        options = RenderOptions(**{name: inputs[name] for name in names})
        with spoken(), attended() as agent:
            boxes = face_boxes if face_boxes is not None else found_in(agent, pixels.frames_of(image))
            pairs = [
                applying.Pair(
                    inputs[f"twin_{n}"],
                    applying.Choosing(like=inputs[f"reference_{n}"])
                    if inputs.get(f"reference_{n}") is not None
                    else applying.Choosing(box=boxes, index=inputs[f"face_{n}"]),
                )
                for n in range(1, MOST_PAIRS + 1)
                if inputs.get(f"twin_{n}") is not None
            ]
            done = applying.apply(agent, image, pairs, options)
        return io.NodeOutput(
            tensor(done.image),
            tensor(done.mask),
            done.provenance(),
            done.report(),
            ui=preview(done.image, done.report()),
        )
