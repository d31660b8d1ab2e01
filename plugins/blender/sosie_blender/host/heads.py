"""The twin as a head in the scene: mesh, 52 shape keys, eyes, materials; and a newer revision into the same object.

A head counts as one render under the licence, so the operators offer no redo panel: turning a switch there would
take another one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .._sosie.errors import InputError
from .._sosie.messages import HeadRequest
from ..model.heads import EYE, HeadData, eyeballs, fetch
from ..model.task import Task
from . import assets, head_materials, marks
from .state import chosen, desk, settings, stated
from .words import tr
from .working import Working

#: What a mesh made here says of itself.
HEAD, MISSING = "sosie_head", "sosie_missing"
NOT_THERE = "hair, back of the head, teeth, tongue"


def folder() -> Path:
    """Where maps are kept: beside the saved file, else in the add-on's own folder."""
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent / "sosie"
    package = __package__.rpartition(".")[0]
    return Path(bpy.utils.extension_path_user(package, path="heads", create=True))


def request_of(scene: Any, twin: Any) -> HeadRequest:
    """What the scene's settings state."""
    return HeadRequest(twin=twin.twin, use=stated(scene, twin))


class SOSIE_OT_add_head(Working, bpy.types.Operator):
    """Add the chosen twin as a head with materials, eyes and 52 shape keys; counts as one render"""

    bl_idname = "sosie.add_head"
    bl_label = "Add Head"
    bl_options = {"UNDO"}

    pack: bpy.props.BoolProperty(
        name="Pack", description="Put the textures into the file; otherwise they lie beside it"
    )

    def start(self, context: Any) -> Task:
        """Ask for it: for the selected stand-in's twin, else for the chosen one."""
        twin = chosen(context.scene)
        if (stand_in := _stand_in(context)) is not None:
            twin = desk.find(stand_in[marks.TWIN])
        request, kept = request_of(context.scene, twin), folder()
        return desk.begin("Building the head", lambda session, told: fetch(session, request, kept, told))

    def finish(self, context: Any, answer: HeadData) -> str:
        """Objects in the stand-in's place, else at the 3D cursor; selected."""
        name = desk.find(answer.told.twin).display_name
        head = _head(name, answer, head_materials.images(answer.told, answer.maps, pack=self.pack))
        eyes = _eyes(f"{name} eyes", answer)
        for made in (head, eyes):
            context.collection.objects.link(made)
            marks.put(
                made,
                answer.told.twin,
                answer.told.licence,
                revision=answer.told.revision,
                job=answer.told.job,
            )
        eyes.parent = head
        head[HEAD], head[MISSING] = True, NOT_THERE
        if (stand_in := _stand_in(context)) is not None:
            head.matrix_world = stand_in.matrix_world
            bpy.data.objects.remove(stand_in)
        else:
            head.location = context.scene.cursor.location
        _follow(eyes, head)
        for one in context.selected_objects:
            one.select_set(False)
        head.select_set(True)
        context.view_layer.objects.active = head
        return tr("The head is there. Not known of this person: {missing}.").format(missing=tr(NOT_THERE))


class SOSIE_OT_update_head(Working, bpy.types.Operator):
    """Bring the selected head to its twin's newest revision; pose, animation and materials stay. Counts as one render"""

    bl_idname = "sosie.update_head"
    bl_label = "Update Head"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """A head is selected."""
        return bool(context.object and HEAD in context.object) and super().poll(context)

    def start(self, context: Any) -> Task:
        """Ask for the same person."""
        chosen(context.scene)
        request = request_of(context.scene, desk.find(context.object[marks.TWIN]))
        kept = folder()
        return desk.begin("Updating the head", lambda session, told: fetch(session, request, kept, told))

    def finish(self, context: Any, answer: HeadData) -> str:
        """New coordinates and maps into what is there."""
        head, told = context.object, answer.told
        blocks = head.data.shape_keys.key_blocks if head.data.shape_keys else ()
        if len(head.data.vertices) != len(answer.vertices) or len(blocks) != len(answer.shapes) + 1:
            raise InputError(
                f"{head.name} has {len(head.data.vertices)} vertices, a head {len(answer.vertices)}.",
                remedy="It was edited: add a new head and carry your changes over.",
                code="head_edited",
            )
        _move(head.data, answer.vertices, answer.shapes)
        packed = False
        for node in head.data.materials[0].node_tree.nodes:
            if node.type == "TEX_IMAGE" and node.image and node.label.lower() in answer.maps:
                packed = packed or bool(node.image.packed_file)
                new = head_materials.images(told, answer.maps, pack=packed)
                node.image = new[node.label.lower()]
        for one in (head, *head.children):
            if one.get(marks.TWIN) == told.twin:
                marks.put(one, told.twin, told.licence, revision=told.revision, job=told.job)
        return tr("The head is at revision {revision}.").format(revision=told.revision)


def _stand_in(context: Any) -> Any:
    """The selected object, where it is an asset's stand-in."""
    found = context.object
    return found if found is not None and assets.STAND_IN in found and found.select_get() else None


def _head(name: str, data: HeadData, maps: dict[str, Any]) -> Any:
    kept = data.regions != EYE  # the eyes are objects of their own
    polygons = [polygon for polygon, keep in zip(data.polygons, kept, strict=True) if keep]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(data.vertices.tolist(), [], polygons)
    slots = np.where(data.regions[kept] == 0, 0, 1).astype(np.int32)
    mesh.polygons.foreach_set("material_index", slots)
    mesh.shade_smooth()
    layer = mesh.uv_layers.new(name="Sosie")
    corners = [data.uv[k, : len(polygon)] for k, polygon in enumerate(data.polygons) if kept[k]]
    layer.uv.foreach_set("vector", np.concatenate(corners).ravel())
    for material in (head_materials.skin(data.told, maps), head_materials.mouth(data.told)):
        mesh.materials.append(material)
    made = bpy.data.objects.new(name, mesh)
    _shapes(made, data.vertices, data.shapes)
    smooth = made.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels, smooth.render_levels = 1, 2
    return made


def _eyes(name: str, data: HeadData) -> Any:
    ball = eyeballs(data.eyes)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(ball.vertices.tolist(), [], ball.polygons)
    mesh.polygons.foreach_set("material_index", np.asarray(ball.parts, np.int32))
    mesh.shade_smooth()
    for material in head_materials.eyes(data.told):
        mesh.materials.append(material)
    made = bpy.data.objects.new(name, mesh)
    _shapes(made, ball.vertices, ball.shapes)
    return made


def _shapes(made: Any, vertices: Any, shapes: dict[str, Any]) -> None:
    made.shape_key_add(name="Basis")
    for name in shapes:
        made.shape_key_add(name=name).value = 0.0
    _move(made.data, vertices, shapes)


def _move(mesh: Any, vertices: Any, shapes: dict[str, Any]) -> None:
    """The basis and every key to new coordinates."""
    mesh.vertices.foreach_set("co", np.ascontiguousarray(vertices, np.float32).ravel())
    blocks = mesh.shape_keys.key_blocks
    blocks[0].data.foreach_set("co", np.ascontiguousarray(vertices, np.float32).ravel())
    for name, moved in shapes.items():
        blocks[name].data.foreach_set("co", np.ascontiguousarray(vertices + moved, np.float32).ravel())
    mesh.update()


def _follow(eyes: Any, head: Any) -> None:
    """The eyes turn as the head's keys of the same names say."""
    for block in eyes.data.shape_keys.key_blocks[1:]:
        driver = block.driver_add("value").driver
        driver.type = "AVERAGE"
        variable = driver.variables.new()
        target = variable.targets[0]
        target.id_type, target.id = "KEY", head.data.shape_keys
        target.data_path = f'key_blocks["{block.name}"].value'


class SOSIE_PT_head(bpy.types.Panel):
    """The twin as a head."""

    bl_label, bl_category = "Head", "Sosie"
    bl_space_type, bl_region_type = "VIEW_3D", "UI"

    def draw(self, context: Any) -> None:
        """Add, and what the selected head is."""
        column = self.layout.column()
        row = column.row()
        row.enabled, row.scale_y = bool(settings(context.scene).twin), 1.3
        row.operator("sosie.add_head", icon="MESH_MONKEY")
        column.operator("sosie.add_head", text="Add Head, Textures Packed", icon="PACKAGE").pack = True
        assets.draw(column)
        head = context.object
        if head is not None and HEAD in head:
            box = self.layout.box().column(align=True)
            box.label(text=tr("{name}, revision {n}").format(name=head.name, n=head[marks.REVISION]))
            newest = next((one.revision for one in desk.twins if one.twin == head[marks.TWIN]), 0)
            if newest > head[marks.REVISION]:
                box.label(text=tr("Revision {n} is there.").format(n=newest), icon="INFO")
            box.operator("sosie.update_head", icon="FILE_REFRESH")


CLASSES = (SOSIE_OT_add_head, SOSIE_OT_update_head, SOSIE_PT_head)
