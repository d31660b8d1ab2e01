"""The mask of the object whose face it is, written by the compositor beside each frame: Cryptomatte, so that what
stands before it stays in front to the pixel. The artist's own nodes are left as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .._sosie.errors import OptionError
from ..model.shots import FOLDER, MASKS
from .state import desk, settings
from .words import tr

MATTE, FILE = "Sosie Matte", "Sosie Mask"


class SOSIE_OT_write_mask(bpy.types.Operator):
    """Have each rendered frame write where the object is seen: what stands before its face then stays in front"""

    bl_idname = "sosie.write_mask"
    bl_label = "Write Its Mask"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Any) -> set[str]:
        """Two nodes in the scene's compositor, made or set again."""
        scene, thing = context.scene, settings(context.scene).face_object
        if thing is None:
            error = OptionError(tr("No object is chosen."), remedy=tr("Choose the object whose face it is."))
            self.report({"ERROR"}, str(desk.failed(error)))
            return {"CANCELLED"}
        context.view_layer.use_pass_cryptomatte_object = True
        tree = compositor(scene)
        matte = _node(tree, MATTE, "CompositorNodeCryptomatteV2")
        matte.layer_name = f"{context.view_layer.name}.CryptoObject"
        matte.matte_id = thing.name
        layers = next((node for node in tree.nodes if node.type == "R_LAYERS"), None)
        layers = layers or tree.nodes.new("CompositorNodeRLayers")
        tree.links.new(layers.outputs["Image"], matte.inputs[0])
        file = _node(tree, FILE, "CompositorNodeOutputFile")
        _direct(file, Path(bpy.path.abspath(scene.render.filepath)))
        tree.links.new(matte.outputs["Matte"], file.inputs[0])
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


def _node(tree: Any, name: str, kind: str) -> Any:
    node = tree.nodes.get(name)
    if node is None:
        node = tree.nodes.new(kind)
        node.name = node.label = name
    return node


def _direct(node: Any, frame: Path) -> None:
    """`node` writes grey PNGs, named as the frames of `frame` are, into their folder of masks."""
    folder, name = str(frame.parent / FOLDER / MASKS), frame.name
    if hasattr(node, "file_output_items"):  # since 5.0
        node.directory, node.file_name = folder, name
        node.format.media_type = "IMAGE"
        node.file_output_items.clear()
        node.file_output_items.new("FLOAT", "")
    else:
        node.base_path, node.file_slots[0].path = folder, name
    node.format.file_format, node.format.color_mode, node.format.color_depth = "PNG", "BW", "8"


CLASSES = (SOSIE_OT_write_mask,)
