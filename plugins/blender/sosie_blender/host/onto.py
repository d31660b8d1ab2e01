"""The twin's face onto a head that is in the scene already: points the artist corrects, then a texture and a shape.

Select a twin's head and then, active, the head to work on. "Place Points" suggests where eyes, mouth and jaw are, as
empties on its surface; "Project" warps the twin's face onto them, takes its texture over into a new image in the
head's own UV map, mixed over what is there, and may add its shape as a shape key. Nothing of the head is overwritten.
"""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from mathutils.geometry import barycentric_transform

from .._sosie.errors import OptionError
from ..model.onto import LANDMARKS, draw, rim, sample, similarity, warp
from . import images, marks
from .heads import HEAD
from .state import desk
from .words import spoken, tr

#: The head's first vertices are the face's.
FACE = 468
#: Prefix of an empty's name, and what it says it stands for.
POINT = "sosie_point"
#: A surface further from the warped face than this share of the face's height takes nothing of it.
REACH = 0.12
#: The face's share of a head's width and height, for the first suggestion.
FACE_WIDTH, FACE_HEIGHT = 0.86, 0.72


def pair(context: Any) -> tuple[Any, Any]:
    """The selected twin's head and the active mesh.

    Raises:
        OptionError: not both.
    """
    target = context.object
    heads = [one for one in context.selected_objects if HEAD in one and one != target]
    if target is None or target.type != "MESH" or HEAD in target or len(heads) != 1:
        raise OptionError(
            "Two heads are needed.",
            remedy="Select the twin's head, then with Shift the head it goes onto, and try again.",
            code="heads_needed",
        )
    return heads[0], target


class SOSIE_OT_place_points(bpy.types.Operator):
    """Suggest where the twin's eyes, nose, mouth and jaw are on the active head, as empties to be corrected"""

    bl_idname = "sosie.place_points"
    bl_label = "Place Points"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Any) -> set[str]:
        """A face as large as the head allows, its points pushed back onto the surface."""
        try:
            head, target = pair(context)
        except OptionError as error:
            self.report({"ERROR"}, spoken(desk.failed(error)))
            return {"CANCELLED"}
        for old in [one for one in target.children if POINT in one]:
            bpy.data.objects.remove(old)
        face = _local(head)
        box = np.array([tuple(corner) for corner in target.bound_box])
        low, high = box.min(0), box.max(0)
        size = np.ptp(face, 0)
        scale = min(FACE_WIDTH * (high - low)[0] / size[0], FACE_HEIGHT * (high - low)[2] / size[2])
        middle = (low + high) / 2
        middle[2] = low[2] + 0.5 * (high - low)[2]
        tree = BVHTree.FromObject(target, context.evaluated_depsgraph_get())
        for name, vertex in LANDMARKS.items():
            guess = middle + scale * (face[vertex] - (face.min(0) + face.max(0)) / 2)
            start = Vector((guess[0], low[1] - (high - low)[1], guess[2]))
            hit = tree.ray_cast(start, Vector((0, 1, 0)))[0] or tree.find_nearest(Vector(guess))[0]
            made = bpy.data.objects.new(f"Sosie {name}", None)
            made.empty_display_type, made.empty_display_size = "SPHERE", 0.02 * (high - low)[2]
            made.show_in_front, made.parent, made.location = True, target, hit
            made[POINT] = name
            context.collection.objects.link(made)
        self.report({"INFO"}, tr("Move the points to where they belong, then project."))
        return {"FINISHED"}


class SOSIE_OT_project(bpy.types.Operator):
    """Lay the twin's face onto the active head by the points: a new image in its UV map, and its shape if wanted"""

    bl_idname = "sosie.project"
    bl_label = "Project onto this Head"
    bl_options = {"UNDO"}

    side: bpy.props.IntProperty(
        name="Size", description="Side of the new image", default=2048, min=64, max=8192
    )
    shape: bpy.props.BoolProperty(name="Shape", description="Add the twin's shape as a shape key, at 0")

    def execute(self, context: Any) -> set[str]:
        """All of it; nothing is asked of the agent: the head is licensed already."""
        try:
            head, target = pair(context)
            uv, weight, moved = _laid(head, target, context)
            made = _image(head, target, uv, weight, self.side)
        except OptionError as error:
            self.report({"ERROR"}, spoken(desk.failed(error)))
            return {"CANCELLED"}
        _mix(target, made)
        if self.shape:
            _shape(target, f"Sosie {head.name}", moved)
        for block in (target, made):
            marks.put(block, head[marks.TWIN], head[marks.LICENCE], revision=head[marks.REVISION])
        self.report({"INFO"}, tr("The face is on {share} of this head.").format(share=f"{weight.mean():.0%}"))
        return {"FINISHED"}


def _local(head: Any) -> Any:
    """The neutral vertices (468, 3) of the twin's face: ears and neck are not carried over."""
    block = head.data.shape_keys.key_blocks[0]
    flat = np.empty(len(block.data) * 3, np.float32)
    block.data.foreach_get("co", flat)
    return flat.reshape(-1, 3)[:FACE].astype(np.float64)


def _laid(head: Any, target: Any, context: Any) -> tuple[Any, Any, Any]:
    """For each vertex of `target`: the twin's uv (n, 2), how much of her it takes (n,), where her shape puts it (n, 3)."""
    points = {one[POINT]: one for one in target.children if POINT in one}
    if set(points) != set(LANDMARKS):
        raise OptionError(
            "The points are not all there.", remedy="Press Place Points first.", code="points_missing"
        )
    context.view_layer.update()
    inverse = target.matrix_world.inverted()
    wanted = np.array([tuple(inverse @ points[name].matrix_world.translation) for name in LANDMARKS])
    face, chosen = _local(head), list(LANDMARKS.values())
    onto, plain = warp(face[chosen], wanted, face), similarity(face[chosen], wanted)(face)
    mesh = head.data
    mesh.calc_loop_triangles()
    ours = [one for one in mesh.loop_triangles if max(one.vertices) < FACE]
    triangles, corners = [tuple(one.vertices) for one in ours], [tuple(one.loops) for one in ours]
    layer = mesh.uv_layers["Sosie"].uv
    inner = rim([list(one.vertices) for one in mesh.polygons if max(one.vertices) < FACE], len(face))
    tree = BVHTree.FromPolygons([Vector(point) for point in onto], triangles)
    reach = REACH * float(np.ptp(onto[:, 2]))
    count = len(target.data.vertices)
    uv, weight, moved = np.zeros((count, 2)), np.zeros(count), np.zeros((count, 3))
    for number, vertex in enumerate(target.data.vertices):
        place, normal, index, distance = tree.find_nearest(vertex.co)
        moved[number] = vertex.co
        if index is None or distance > reach or normal.dot(vertex.normal) < 0.2:
            continue
        ids = triangles[index]
        warped = [Vector(onto[one]) for one in ids]
        texture = barycentric_transform(
            place, *warped, *(layer[one].vector.to_3d() for one in corners[index])
        )
        carried = barycentric_transform(place, *warped, *(Vector((inner[one], 0, 0)) for one in ids))
        uv[number], weight[number] = texture[:2], np.clip(carried[0], 0, 1) * (1 - distance / reach)
        there = barycentric_transform(place, *warped, *(Vector(plain[one]) for one in ids))
        moved[number] += weight[number] * (np.array(there) - moved[number])
    return uv, weight, moved


def _image(head: Any, target: Any, uv: Any, weight: Any, side: int) -> Any:
    mesh = target.data
    if mesh.uv_layers.active is None:
        raise OptionError(
            "This head has no UV map.", remedy="Unwrap it first (U in edit mode).", code="uv_missing"
        )
    source = next(
        node.image
        for node in head.data.materials[0].node_tree.nodes
        if getattr(node, "label", "") == "Albedo"
    )
    mesh.calc_loop_triangles()
    loops = np.array([tuple(one.loops) for one in mesh.loop_triangles])
    corners = np.array([tuple(one.vertices) for one in mesh.loop_triangles])
    flat = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers.active.uv.foreach_get("vector", flat)
    kept = (weight[corners] > 0).all(1)  # a corner the face does not reach has no place in its texture
    carried = np.concatenate([uv, weight[:, None]], 1)[corners[kept]]
    drawn, covered = draw(flat.reshape(-1, 2)[loops[kept]].astype(np.float64), carried, side)
    pixels = np.zeros((side, side, 4), np.float32)
    pixels[..., :3] = sample(images.read(source)[..., :3], drawn[..., :2])
    pixels[..., 3] = np.where(covered, drawn[..., 2], 0)
    return images.create(f"{target.name} (likeness)", pixels, is_float=False)


def _mix(target: Any, image: Any) -> None:
    """The image over the base colour there was, in a copy of the material."""
    old = target.active_material
    material = old.copy() if old else bpy.data.materials.new(f"{target.name} likeness")
    if not material.node_tree:
        material.use_nodes = True  # 5.0 always has them, and deprecates the switch
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next((node for node in nodes if node.type == "BSDF_PRINCIPLED"), None)
    if shader is None:
        return  # a material of another kind: the image is there, its place is the artist's choice
    base = shader.inputs["Base Color"]
    over, picture = nodes.new("ShaderNodeMix"), nodes.new("ShaderNodeTexImage")
    over.data_type, picture.image = "RGBA", image
    factor, below, above = over.inputs[0], over.inputs[6], over.inputs[7]
    below.default_value = base.default_value
    if base.is_linked:
        links.new(base.links[0].from_socket, below)
    links.new(picture.outputs["Alpha"], factor)
    links.new(picture.outputs["Color"], above)
    links.new(over.outputs[2], base)
    if target.material_slots:
        target.active_material = material
    else:
        target.data.materials.append(material)


def _shape(target: Any, name: str, moved: Any) -> None:
    if target.data.shape_keys is None:
        target.shape_key_add(name="Basis")
    block = target.shape_key_add(name=name, from_mix=False)
    block.value = 0.0
    block.data.foreach_set("co", np.ascontiguousarray(moved, np.float32).ravel())


class SOSIE_PT_onto(bpy.types.Panel):
    """The twin's face onto a head of one's own."""

    bl_label, bl_category = "Onto your own Head", "Sosie"
    bl_space_type, bl_region_type = "VIEW_3D", "UI"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, _context: Any) -> None:
        """Two steps."""
        column = self.layout.column()
        column.operator("sosie.place_points", icon="EMPTY_AXIS")
        column.operator("sosie.project", icon="MOD_SHRINKWRAP")
        column.operator("sosie.project", text="Project with Shape", icon="SHAPEKEY_DATA").shape = True


CLASSES = (SOSIE_OT_place_points, SOSIE_OT_project, SOSIE_PT_onto)
