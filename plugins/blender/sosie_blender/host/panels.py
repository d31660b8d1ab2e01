"""The Sosie tab in the 3D view's side bar, and its shorter sister in the image editor. Draws what the desk knows."""

from __future__ import annotations

import time
from typing import Any

import bpy

from ..model.use import standing, usable
from . import thumbnails
from .state import desk, settings

CATEGORY = "Sosie"
WRAP = 44


def wrapped(layout: Any, text: str, icon: str = "NONE") -> None:
    """`text` in lines as wide as a side bar."""
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= WRAP:
            layout.label(text=line, icon=icon)
            line, icon = word, "BLANK1" if icon != "NONE" else "NONE"
        else:
            line = f"{line} {word}".strip()
    if line:
        layout.label(text=line, icon=icon)


def draw_work(layout: Any) -> None:
    """The request under way, or the last message with the button that helps."""
    if task := desk.task:
        column = layout.column(align=True)
        column.progress(factor=task.fraction, text=task.stage or task.title)
        column.operator("sosie.cancel", icon="X")
    elif notice := desk.notice:
        box = layout.box().column(align=True)
        box.alert = True
        wrapped(box, notice.text, "ERROR")
        box.alert = False
        wrapped(box, notice.remedy, "BLANK1")
        if notice.button:
            box.operator(notice.button, icon="FILE_REFRESH")


def draw_twins(layout: Any, scene: Any) -> None:
    """One row for each twin; the chosen one with its licence in words."""
    told = settings(scene)
    column = layout.column(align=True)
    for twin in desk.twins:
        row = column.row(align=True)
        row.scale_y = 1.3
        label = twin.display_name if usable(twin) else f"{twin.display_name} ({twin.state})"
        row.operator(
            "sosie.choose",
            text=label,
            translate=False,
            icon_value=thumbnails.icon(twin),
            depress=twin.twin == told.twin,
        ).twin = twin.twin
    row = layout.row(align=True)
    row.operator("sosie.refresh", icon="FILE_REFRESH")
    row.operator("sosie.sign_in", text="", icon="USER")
    chosen = next((twin for twin in desk.twins if twin.twin == told.twin), None)
    if chosen is not None:
        box = layout.box().column(align=True)
        for line in standing(chosen, time.time()):
            wrapped(box, line, "NONE" if usable(chosen) else "ERROR")


class SOSIE_PT_twins(bpy.types.Panel):
    """Who is licensed to this seat."""

    bl_label, bl_category = "Twins", CATEGORY
    bl_space_type, bl_region_type = "VIEW_3D", "UI"

    def draw(self, context: Any) -> None:
        """The list and the messages."""
        if not bpy.app.online_access:
            self.layout.label(text="Blender is offline", icon="INTERNET_OFFLINE")
        draw_work(self.layout)
        draw_twins(self.layout, context.scene)


class SOSIE_PT_use(bpy.types.Panel):
    """What the picture is for."""

    bl_label, bl_category = "Use", CATEGORY
    bl_space_type, bl_region_type = "VIEW_3D", "UI"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """The words both gates hold against the licence."""
        column = self.layout.column()
        column.use_property_split = True
        for name in ("purpose", "media", "territory", "categories"):
            column.prop(settings(context.scene), name)


class SOSIE_PT_image(bpy.types.Panel):
    """The likeness onto an image."""

    bl_label, bl_category = "Likeness on an Image", CATEGORY
    bl_space_type, bl_region_type = "VIEW_3D", "UI"

    def draw(self, context: Any) -> None:
        """Image, options, button."""
        draw_apply(self.layout, settings(context.scene), settings(context.scene).image)


class SOSIE_PT_image_editor(bpy.types.Panel):
    """The same beside the picture."""

    bl_label, bl_category = "Likeness", CATEGORY
    bl_space_type, bl_region_type = "IMAGE_EDITOR", "UI"

    def draw(self, context: Any) -> None:
        """The editor's own image."""
        draw_work(self.layout)
        draw_apply(self.layout, settings(context.scene), context.space_data.image, fixed=True)


def draw_apply(layout: Any, told: Any, image: Any, *, fixed: bool = False) -> None:
    """Options and the button, for the image of the settings or, `fixed`, the one that is shown."""
    column = layout.column()
    if not fixed:
        column.template_ID(told, "image", open="image.open")
    column.use_property_split = True
    for name in ("strength", "detail", "skin", "grain"):
        column.prop(told, name)
    row = column.row()
    row.enabled = image is not None and bool(told.twin)
    row.scale_y = 1.3
    row.operator("sosie.apply", icon="OUTLINER_OB_ARMATURE").image = image.name if image else ""


CLASSES = (SOSIE_PT_twins, SOSIE_PT_use, SOSIE_PT_image, SOSIE_PT_image_editor)
