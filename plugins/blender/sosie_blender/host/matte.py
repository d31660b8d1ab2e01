"""The mask of the object whose face it is, depths and normals, written by the compositor beside each frame.

Cryptomatte keeps in front, to the pixel, what stands before the object; depths and normals what of the object itself
stands before its face. The artist's own nodes are left as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .._sosie.errors import OptionError
from ..model.shots import DEPTHS, FOLDER, MASKS, NORMALS
from .state import desk, settings
from .words import named, spoken, tr

MATTE, FILE = "Sosie Matte", "Sosie Mask"
METRES, DEPTH, NORMAL = "Sosie Metres", "Sosie Depth", "Sosie Normal"


class SOSIE_OT_write_mask(bpy.types.Operator):
    """Write mask, depth and normals with each frame: what stands before its face, or touches it, stays in front"""

    bl_idname = "sosie.write_mask"
    bl_label = "Write Its Mask"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Any) -> set[str]:
        """Five nodes in the scene's compositor, made or set again."""
        scene, thing, layer = context.scene, settings(context.scene).face_object, context.view_layer
        if thing is None:
            error = OptionError(tr("No object is chosen."), remedy=tr("Choose the object whose face it is."))
            self.report({"ERROR"}, spoken(desk.failed(error)))
            return {"CANCELLED"}
        layer.use_pass_cryptomatte_object = layer.use_pass_z = layer.use_pass_normal = True
        tree = compositor(scene)
        matte = _node(tree, MATTE, "CompositorNodeCryptomatteV2")
        matte.layer_name = f"{layer.name}.CryptoObject"
        matte.matte_id = thing.name
        layers = next((node for node in tree.nodes if node.type == "R_LAYERS"), None)
        layers = layers or tree.nodes.new("CompositorNodeRLayers")
        tree.links.new(layers.outputs["Image"], matte.inputs[0])
        frame = Path(bpy.path.abspath(scene.render.filepath))
        metres = _node(tree, METRES, first_of("CompositorNodeMath", "ShaderNodeMath"))
        metres.operation, metres.inputs[1].default_value = "MULTIPLY", scene.unit_settings.scale_length
        tree.links.new(layers.outputs["Depth"], metres.inputs[0])
        numbers = ("OPEN_EXR", "RGB", "32")  # 4.2 writes no grey ones
        for name, output, into, kind in (
            (FILE, matte.outputs["Matte"], MASKS, ("PNG", "BW", "8")),
            (DEPTH, metres.outputs[0], DEPTHS, numbers),
            (NORMAL, layers.outputs["Normal"], NORMALS, numbers),
        ):
            file = _node(tree, name, "CompositorNodeOutputFile")
            _direct(file, frame, into, kind)
            tree.links.new(output, file.inputs[0])
        return {"FINISHED"}


def compositor(scene: Any) -> Any:
    """The scene's node tree, made when there is none, passing the render through."""
    if not hasattr(scene, "compositing_node_group"):  # before 5.0
        scene.use_nodes = True
        return scene.node_tree
    if scene.compositing_node_group is None:
        tree = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        end, layers = tree.nodes.new("NodeGroupOutput"), tree.nodes.new("CompositorNodeRLayers")
        tree.links.new(layers.outputs["Image"], end.inputs[0])
        scene.compositing_node_group = tree
    return scene.compositing_node_group


def first_of(*kinds: str) -> str:
    """The first kind of node that this Blender has: since 5.0 shaders' nodes serve in the compositor too."""
    return next(kind for kind in kinds if hasattr(bpy.types, kind))


def _node(tree: Any, name: str, kind: str) -> Any:
    node = tree.nodes.get(name)
    if node is None:
        node = tree.nodes.new(kind)
        node.name, node.label = name, named(name)
    return node


def _direct(node: Any, frame: Path, into: str, kind: tuple[str, str, str]) -> None:
    """`node` writes pictures of `kind`, named as the frames of `frame` are, into their folder `into`."""
    folder, name = str(frame.parent / FOLDER / into), frame.name
    if hasattr(node, "file_output_items"):  # since 5.0
        node.directory, node.file_name = folder, name
        node.format.media_type = "IMAGE"
        node.file_output_items.clear()
        node.file_output_items.new("VECTOR" if into == NORMALS else "FLOAT", "")
    else:
        node.base_path, node.file_slots[0].path = folder, name
    node.format.file_format, node.format.color_mode, node.format.color_depth = kind


CLASSES = (SOSIE_OT_write_mask,)
