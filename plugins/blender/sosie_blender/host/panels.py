"""The Sosie tab in the 3D view's side bar, and its sister in the image editor."""

from __future__ import annotations

import time
from typing import Any

import bpy

from ..model.use import standing, usable
from . import marks, thumbnails
from .drawing import CATEGORY, draw_account, draw_apply, draw_face, draw_work, warnings_of, wrapped
from .state import desk, settings
from .words import tr


class SOSIE_PT_twins(bpy.types.Panel):
    """Who is licensed to this seat."""

    bl_label, bl_category = "Twins", CATEGORY
    bl_space_type, bl_region_type = "VIEW_3D", "UI"

    def draw(self, context: Any) -> None:
        """The account, the list and the messages."""
        draw_work(self.layout)
        draw_account(self.layout, context.scene)


class SOSIE_PT_use(bpy.types.Panel):
    """What the picture is for."""

    bl_label, bl_category = "What it is for", CATEGORY
    bl_space_type, bl_region_type = "VIEW_3D", "UI"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """The words both gates hold against the licence."""
        column = self.layout.column()
        column.use_property_split = True
        for name in ("purpose", "media", "territory", "categories"):
            column.prop(settings(context.scene), name)


class SOSIE_PT_frames(bpy.types.Panel):
    """The likeness into what Blender renders."""

    bl_label, bl_category = "Into the Frame", CATEGORY
    bl_space_type, bl_region_type = "VIEW_3D", "UI"

    def draw_header(self, context: Any) -> None:
        """On or off."""
        self.layout.prop(settings(context.scene), "on_frames", text="")

    def draw(self, context: Any) -> None:
        """Which face; what would be refused; where it goes."""
        scene, told = context.scene, settings(context.scene)
        column = self.layout.column()
        column.enabled = told.on_frames
        draw_face(column, told)
        if told.face_by == "OBJECT":
            column.operator("sosie.write_mask", icon="MOD_MASK")
        frames = len(range(scene.frame_start, scene.frame_end + 1, scene.frame_step))
        for line in warnings_of(scene, frames) if told.on_frames else ():
            row = self.layout.column(align=True)
            row.alert = True
            wrapped(row, tr("Would be refused: {why}").format(why=line), "ERROR")
        wrapped(
            column,
            tr("{frames} frames; each also goes into a folder likeness beside it.").format(frames=frames),
        )


class SOSIE_PT_image(bpy.types.Panel):
    """The likeness onto an image."""

    bl_label, bl_category = "Onto an Image", CATEGORY
    bl_space_type, bl_region_type = "VIEW_3D", "UI"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Image, options, button."""
        draw_apply(self.layout, settings(context.scene), settings(context.scene).image)


class SOSIE_PT_scene(bpy.types.Panel):
    """Which licences this scene depends on."""

    bl_label, bl_category = "Licences in this Scene", CATEGORY
    bl_space_type, bl_region_type = "VIEW_3D", "UI"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Each with what carries it and what it forbids."""
        found = marks.people(context.scene)
        if not found:
            wrapped(self.layout, tr("Nothing here carries a licensed likeness."))
        for twin, names in found.items():
            box = self.layout.box().column(align=True)
            info = next((one for one in desk.twins if one.twin == twin), None)
            box.label(
                text=info.display_name if info else twin,
                icon="CHECKMARK" if info and usable(info) else "ERROR",
                translate=False,
            )
            wrapped(box, ", ".join(names))
            for line in (
                standing(info, time.time(), tr) if info else (tr("This seat has no licence for it."),)
            ):
                wrapped(box, line)


class SOSIE_PT_image_editor(bpy.types.Panel):
    """The same beside the picture."""

    bl_label, bl_category = "Likeness", CATEGORY
    bl_space_type, bl_region_type = "IMAGE_EDITOR", "UI"

    def draw(self, context: Any) -> None:
        """The editor's own image."""
        draw_work(self.layout)
        if desk.standing.state != "in":
            draw_account(self.layout, context.scene)
            return
        twin = next((one for one in desk.twins if one.twin == settings(context.scene).twin), None)
        if twin is not None:
            self.layout.label(text=twin.display_name, icon_value=thumbnails.icon(twin), translate=False)
        draw_apply(self.layout, settings(context.scene), context.space_data.image, fixed=True)


class SOSIE_PT_deliver(bpy.types.Panel):
    """The finished picture through the registry's gate."""

    bl_label, bl_category = "Deliver", CATEGORY
    bl_space_type, bl_region_type = "IMAGE_EDITOR", "UI"

    def draw(self, context: Any) -> None:
        """The button, what would be refused, and the last receipt."""
        image = context.space_data.image
        for line in warnings_of(context.scene, 0):
            row = self.layout.column(align=True)
            row.alert = True
            wrapped(row, tr("Would be refused: {why}").format(why=line), "ERROR")
        row = self.layout.row()
        row.enabled, row.scale_y = image is not None, 1.3
        row.operator("sosie.deliver_as", icon="EXPORT").image = image.name if image else ""
        if receipt := desk.receipt:
            box = self.layout.box().column(align=True)
            box.label(text=receipt.path.name, icon="CHECKMARK", translate=False)
            wrapped(box, tr("Receipt {receipt}").format(receipt=receipt.delivery.receipt))
            wrapped(box, tr("{number} deliveries left").format(number=receipt.delivery.delivered_left))


CLASSES = (
    SOSIE_PT_twins,
    SOSIE_PT_use,
    SOSIE_PT_frames,
    SOSIE_PT_image,
    SOSIE_PT_scene,
    SOSIE_PT_image_editor,
    SOSIE_PT_deliver,
)
