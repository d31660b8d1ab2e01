"""The likeness onto an image: a new image comes beside it, the old one stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .._sosie.client import Progress, Session
from .._sosie.errors import OptionError
from .._sosie.messages import ColourSpace, FaceChoice, RenderOptions, RenderRequest, RenderResult
from ..model.task import Task
from . import images, marks
from .faces import choice_of, seen_box
from .properties import OPTIONS
from .reading import read_frame
from .state import chosen, desk, licensed, settings, stated
from .words import tr
from .working import Working

SUFFIX = " (likeness)"


def options_of(scene: Any) -> RenderOptions:
    """What the scene's settings turn."""
    told = settings(scene)
    return RenderOptions(**{name: getattr(told, name) for name in OPTIONS})


def render(
    session: Session, pixels: images.Array, colour: Any, request: dict[str, Any], progress: Progress
) -> tuple[images.Array, RenderResult]:
    """Send `pixels`, render, and fetch the composite; any thread."""
    plate = images.send(session.pixels, pixels, colour)
    try:
        result = session.render(RenderRequest(plate=plate, layers=("composite",), **request), progress)
        return images.receive(session.pixels, result.layers["composite"]), result
    finally:
        session.pixels.release(plate)


class SOSIE_OT_apply(Working, bpy.types.Operator):
    """Put the chosen twin onto the face in this image; the result is a new image"""

    bl_idname = "sosie.apply"
    bl_label = "Apply Likeness"

    image: bpy.props.StringProperty(name="Image", description="The image to work on")
    _linear: bool

    def start(self, context: Any) -> Task:
        """Copy the pixels and ask."""
        image = bpy.data.images.get(self.image)
        if image is None:
            raise OptionError("There is no image to work on.", remedy="Choose an image in Sosie's panel.")
        scene, twin = context.scene, licensed(context.scene)
        pixels, colour = self._read(image)
        height, width = pixels.shape[:2]
        request = {"twin": twin.twin, "use": stated(scene, twin), "options": options_of(scene)}
        request["face"] = choice_of(scene, (width, height))
        if (box := seen_box(scene)) is not None:
            x0, y0, x1, y1 = (part * side for part, side in zip(box, (width, height) * 2, strict=True))
            request["face"] = FaceChoice(box=(x0, height - y1, x1, height - y0))
        return desk.begin(
            tr("Rendering the likeness"),
            lambda session, progress: render(session, pixels, colour, request, progress),
        )

    def _read(self, image: Any) -> tuple[images.Array, ColourSpace]:
        """Its pixels, of a file of many layers those of its picture, and what they mean."""
        if not all(image.size) and image.type == "MULTILAYER":  # known when Blender was asked for its size
            self._linear = True
            path = Path(bpy.path.abspath(image.filepath, library=image.library))
            return read_frame(path).pixels, "linear-srgb"
        self._linear = image.is_float
        return images.read(image), images.colour_of(image)

    def finish(self, context: Any, answer: Any) -> str:
        """The new image, marked with its licence."""
        pixels, result = answer
        made = images.create(self.image + SUFFIX, pixels, is_float=self._linear)
        marks.put(
            made,
            result.twin,
            result.licence,
            job=result.job,
            use=stated(context.scene, chosen(context.scene)),
        )
        settings(context.scene).image = made
        _show(context, made)
        words = " ".join(tr(reason) for reason in result.reasons)
        return f"{tr('The likeness is on.')} {words}".strip()


def _show(context: Any, image: Any) -> None:
    if context.space_data is not None and context.space_data.type == "IMAGE_EDITOR":
        context.space_data.image = image


CLASSES = (SOSIE_OT_apply,)
