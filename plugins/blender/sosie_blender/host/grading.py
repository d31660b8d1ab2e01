"""The likeness in the compositor: a node group that lays it over the clean frames, to be graded apart from them.

The group reads three sequences of files: the frames as they were rendered, those with the likeness, and the mattes
beside them. It stands in a scene of its own that renders nothing else, so that the artist's scene is left alone; a
display-encoded shot is shown there without a view transform, because the frames have theirs already.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .._sosie.errors import OptionError, SosieError
from ..model.pictures import LINEAR
from ..model.shots import FOLDER, GRADED, matte_of, number_of, shot_of, stem_of, target_of
from . import images, marks
from .matte import compositor, first_of
from .state import chosen, desk, settings, stated
from .words import named, spoken, tr

NAME = "Sosie Likeness"
#: What the artist turns: name, least, most, at first, in words.
DIALS = (
    ("Face", 0.0, 1.0, 1.0, "How much of the twin's face is laid on"),
    ("Surroundings", 0.0, 1.0, 1.0, "How much of the neck's and ears' change of tone is laid on"),
    ("Exposure", -10.0, 10.0, 0.0, "Stops, on the face alone"),
    ("Saturation", 0.0, 2.0, 1.0, "On the face alone"),
)


class SOSIE_OT_grade(bpy.types.Operator):
    """Make a scene whose compositor lays the likeness over the clean frames, to grade it apart"""

    bl_idname = "sosie.grade"
    bl_label = "Grade in the Compositor"
    bl_options = {"REGISTER", "UNDO"}

    image: bpy.props.StringProperty(name="Image", description="An image that is one frame of the shot")

    def execute(self, context: Any) -> set[str]:
        """A scene with the group between the files and its output."""
        try:
            shot = _shot(bpy.data.images.get(self.image))
            made = _scene(context.scene, shot)
        except SosieError as error:
            self.report({"ERROR"}, spoken(desk.failed(error)))
            return {"CANCELLED"}
        if context.window is not None:
            context.window.scene = made
        self.report(
            {"INFO"}, tr("The scene {name} holds the likeness as a node group.").format(name=made.name)
        )
        return {"FINISHED"}


def _shot(image: Any) -> list[Path]:
    """The clean frames of the shot that `image` is a frame of, with the likeness or without.

    Raises:
        OptionError: no file, no likeness, no mattes.
    """
    if image is None or not image.filepath:
        raise OptionError(
            tr("This image is no file on disk."), remedy=tr("Open a frame of the shot, then try again.")
        )
    path = Path(bpy.path.abspath(image.filepath))
    if path.parent.name == FOLDER:
        there = [one for one in path.parent.parent.glob(f"{path.stem}.*") if one.is_file()]
        path = there[0] if there else path
    frames = [frame for frame in shot_of(path) if target_of(frame).is_file()]
    if not frames or not all(matte_of(frame).is_file() for frame in frames):
        raise OptionError(
            tr("These frames have no likeness with a matte."),
            remedy=tr("Tick Matte for grading, put the likeness on again, then grade."),
        )
    return frames


def _scene(source: Any, frames: list[Path]) -> Any:
    twin, linear = chosen(source), frames[0].suffix.lower() in LINEAR
    made = bpy.data.scenes.new(f"{NAME} {frames[0].stem}")
    tree = _group(frames, linear=linear)
    shown = tree.nodes["Frame"].image
    for name in ("fps", "fps_base", "pixel_aspect_x", "pixel_aspect_y"):
        setattr(made.render, name, getattr(source.render, name))
    made.render.resolution_x, made.render.resolution_y = shown.size
    made.render.filepath = str(frames[0].parent / GRADED / stem_of(frames[0]))
    made.frame_start, made.frame_end = number_of(frames[0]) or 1, number_of(frames[-1]) or 1
    made.frame_current = made.frame_start
    made.view_settings.view_transform = source.view_settings.view_transform if linear else "Standard"
    outer = compositor(made)
    for node in [node for node in outer.nodes if node.type == "R_LAYERS"]:
        outer.nodes.remove(node)
    end = next(node for node in outer.nodes if node.type in {"COMPOSITE", "GROUP_OUTPUT"})
    group = outer.nodes.new("CompositorNodeGroup")
    group.node_tree, group.location, group.width = tree, (-260, 0), 200
    outer.links.new(group.outputs[0], end.inputs[0])
    for dial, (_, _, _, first, _) in zip(group.inputs, DIALS, strict=False):
        dial.default_value = first
    marks.put(tree.nodes["Likeness"].image, twin.twin, twin.licence, use=stated(source, twin))
    for name in ("twin", "purpose", "media", "territory", "categories", "on_matte"):
        setattr(settings(made), name, getattr(settings(source), name))
    return made


def _group(frames: list[Path], *, linear: bool) -> Any:
    """Image = frame + share * (graded likeness - frame), the share turned for the face and for what is around it."""
    tree = bpy.data.node_groups.new(NAME, "CompositorNodeTree")
    for name in (named("Image"), named("Matte")):
        tree.interface.new_socket(name, in_out="OUTPUT", socket_type="NodeSocketColor")
    for name, low, high, first, told in DIALS:
        socket = tree.interface.new_socket(named(name), in_out="INPUT", socket_type="NodeSocketFloat")
        socket.min_value, socket.max_value, socket.default_value = low, high, first
        socket.description = named(told)
    dials, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    face, surroundings, exposure, saturation = list(dials.outputs)[: len(DIALS)]
    frame = _sequence(tree, "Frame", frames, images.LINEAR if linear else "sRGB")
    likeness = _sequence(
        tree, "Likeness", [target_of(one) for one in frames], images.LINEAR if linear else "sRGB"
    )
    matte = _sequence(tree, "Matte", [matte_of(one) for one in frames], "Non-Color")
    exposed, toned = tree.nodes.new("CompositorNodeExposure"), tree.nodes.new("CompositorNodeHueSat")
    links = tree.links
    links.new(likeness, exposed.inputs["Image"])
    links.new(exposure, exposed.inputs["Exposure"])
    links.new(exposed.outputs[0], toned.inputs["Image"])
    links.new(saturation, toned.inputs["Saturation"])
    graded = _mix(tree, matte, likeness, toned.outputs[0])
    share = _mix(tree, matte, surroundings, face)
    links.new(_mix(tree, share, frame, graded), end.inputs[0])
    links.new(matte, end.inputs[1])
    for place, node in enumerate(tree.nodes):
        node.location = (220 * (place % 4), -260 * (place // 4))
    return tree


def _sequence(tree: Any, name: str, files: list[Path], colour: str) -> Any:
    """An image node over `files`; its colours."""
    node = tree.nodes.new("CompositorNodeImage")
    node.name, node.label = name, named(name)
    node.image = bpy.data.images.load(str(files[0]))
    node.image.colorspace_settings.name = colour
    if len(files) > 1:
        node.image.source = "SEQUENCE"
        first, last = number_of(files[0]), number_of(files[-1])
        node.frame_start, node.frame_duration, node.frame_offset = first, last - first + 1, first - 1
        node.use_auto_refresh = True
    return node.outputs["Image"]


def _mix(tree: Any, share: Any, below: Any, above: Any) -> Any:
    """`below` where `share` is 0, `above` where it is 1."""
    node = tree.nodes.new(first_of("CompositorNodeMixRGB", "ShaderNodeMix"))
    ports, out = node.inputs, node.outputs[0]
    if node.bl_idname == "ShaderNodeMix":
        node.data_type = "RGBA"
        ports, out = (node.inputs[0], node.inputs[6], node.inputs[7]), node.outputs[2]
    for source, port in zip((share, below, above), ports, strict=True):
        tree.links.new(source, port)
    return out


CLASSES = (SOSIE_OT_grade,)
