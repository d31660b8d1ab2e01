"""The Sosie tab in the 3D view's side bar, and its sister in the image editor."""

from __future__ import annotations

import time
from typing import Any

import bpy

from .._sosie.client.twins import usable
from ..model.use import standing
from . import marks, thumbnails
from .drawing import (
    CATEGORY,
    draw_account,
    draw_apply,
    draw_face,
    draw_warnings,
    draw_work,
    frames_in,
    warnings_of,
    wrapped,
)
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
        """Which face; what would be refused; where it goes; what is there to deliver."""
        scene, told = context.scene, settings(context.scene)
        column = self.layout.column()
        column.enabled = told.on_frames
        draw_face(column, told)
        if told.face_by == "OBJECT":
            column.operator("sosie.write_mask", icon="MOD_MASK")
        column.prop(told, "on_matte")
        draw_warnings(self.layout, scene, frames_in(scene))
        wrapped(
            column,
            tr("{frames} frames; each also goes into a folder likeness beside it.").format(
                frames=frames_in(scene)
            ),
        )
        if desk.made:
            box = self.layout.box().column(align=True)
            box.label(text=desk.made[-1].name, icon="CHECKMARK", translate=False)
            box.operator("sosie.deliver_rendered", icon="EXPORT")
            draw_receipt(box)


class SOSIE_PT_output(bpy.types.Panel):
    """The same where Blender asks how frames are written."""

    bl_label = "Sosie"
    bl_space_type, bl_region_type, bl_context = "PROPERTIES", "WINDOW", "output"
    bl_options = {"DEFAULT_CLOSED"}

    draw_header, draw = SOSIE_PT_frames.draw_header, SOSIE_PT_frames.draw


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
        draw_warnings(self.layout, context.scene, frames_in(context.scene))


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
        draw_warnings(self.layout, context.scene, 0)
        row = self.layout.row()
        row.enabled, row.scale_y = image is not None, 1.3
        row.operator("sosie.deliver_as", icon="EXPORT").image = image.name if image else ""
        draw_receipt(self.layout)


def draw_receipt(layout: Any) -> None:
    """What the last delivery brought."""
    if receipt := desk.receipt:
        box = layout.box().column(align=True)
        box.label(text=receipt.path.name, icon="CHECKMARK", translate=False)
        wrapped(box, tr("Receipt {receipt}").format(receipt=receipt.delivery.receipt))
        wrapped(box, tr("{number} deliveries left").format(number=receipt.delivery.delivered_left))


def draw_in_menu(menu: Any, context: Any) -> None:
    """In Blender's Render menu, before a render that would be refused."""
    for line in warnings_of(context.scene, frames_in(context.scene)):
        menu.layout.label(text=tr("Would be refused: {why}").format(why=line), icon="ERROR", translate=False)


CLASSES = (
    SOSIE_PT_twins,
    SOSIE_PT_use,
    SOSIE_PT_frames,
    SOSIE_PT_output,
    SOSIE_PT_image,
    SOSIE_PT_scene,
    SOSIE_PT_image_editor,
    SOSIE_PT_deliver,
)


def register() -> None:
    """A word in Blender's own menu."""
    bpy.types.TOPBAR_MT_render.prepend(draw_in_menu)


def unregister() -> None:
    """And out of it."""
    bpy.types.TOPBAR_MT_render.remove(draw_in_menu)
