"""The pieces that panels are put together from. Each draws what the desk and the settings know."""

from __future__ import annotations

import textwrap
import time
from typing import Any

import bpy

from .._sosie.client.twins import usable
from .._sosie.errors import OptionError
from ..model.foresight import refusals
from ..model.use import standing
from . import marks, thumbnails
from .outputs import check_output
from .properties import OPTIONS, preferences
from .state import desk, settings, stated
from .words import tr

CATEGORY = "Sosie"
#: The icons of buttons that help.
BUTTONS = {
    "sosie.sign_in": "USER",
    "sosie.open_registry": "URL",
    "sosie.copy_install": "COPYDOWN",
    "sosie.go_online": "INTERNET",
}
#: Letters in a line for each hundred pixels of a side bar's width.
LETTERS = 15.5
#: Of that width the tabs and the margins take so many pixels.
EDGES = 70.0


def wrapped(layout: Any, text: str, icon: str = "NONE") -> None:
    """`text` in lines as wide as the region."""
    context = bpy.context
    width = context.region.width / context.preferences.system.ui_scale if context.region else 300
    wide = max(20, round((width - EDGES) * LETTERS / 100) - (4 if icon != "NONE" else 0))
    line = ""
    for word in (part for long in text.split() for part in textwrap.wrap(long, wide)):
        if line and len(line) + 1 + len(word) > wide:
            layout.label(text=line, icon=icon, translate=False)
            line, icon = word, "BLANK1" if icon != "NONE" else "NONE"
        else:
            line = f"{line} {word}".strip()
    if line:
        layout.label(text=line, icon=icon, translate=False)


def draw_work(layout: Any) -> None:
    """The request under way, or the last message with the button that helps."""
    if asked := desk.sign_in:
        draw_code(layout, asked)
    elif task := desk.task:
        column = layout.column(align=True)
        column.progress(factor=task.fraction, text=tr(task.stage or task.title))
        column.operator("sosie.cancel", icon="X")
    elif notice := desk.notice:
        box = layout.box().column(align=True)
        row = box.row()
        words = row.column(align=True)
        words.alert = notice.kind != "note"
        wrapped(words, tr(notice.text), "INFO" if notice.kind == "note" else "ERROR")
        row.operator("sosie.dismiss", text="", icon="X", emboss=False)
        wrapped(box, tr(notice.remedy), "BLANK1")
        if notice.button:
            box.operator(notice.button, icon=BUTTONS.get(notice.button, "FILE_REFRESH"))


def draw_code(layout: Any, asked: Any) -> None:
    """The code to compare, and what to do with it."""
    box = layout.box().column()
    wrapped(box, tr("Somebody of your brand approves this code on the registry's page:"))
    row = box.row()
    row.alignment, row.scale_y = "CENTER", 1.6
    row.label(text=asked.code, icon="LOCKED", translate=False)
    until = time.strftime("%H:%M", time.localtime(asked.expires_at))
    wrapped(box, tr("The code is good until {time}.").format(time=until))
    box.operator("sosie.open_approval", icon="URL")
    box.operator("sosie.copy_link", icon="COPYDOWN")
    box.operator("sosie.cancel", icon="X")


def draw_account(layout: Any, scene: Any) -> None:
    """What the account's state asks for."""
    state = desk.standing.state
    if not bpy.app.online_access:
        box = layout.box().column(align=True)
        wrapped(box, tr("Blender is offline: only what this machine holds can be used."), "INTERNET_OFFLINE")
        if not bpy.app.online_access_override:
            box.prop(bpy.context.preferences.system, "use_online_access")
    if state == "out" and desk.sign_in is None:
        column = layout.column()
        wrapped(column, tr("Sign in to use the likenesses your brand has licensed."))
        column.prop(preferences(), "registry", text="")
        row = column.row()
        row.scale_y = 1.3
        row.operator("sosie.sign_in", icon="USER")
    elif state in {"unknown", "no_agent"} and not desk.busy:
        wrapped(layout, tr("Sosie's agent does the work on this machine; it is started when needed."))
        row = layout.row()
        row.scale_y = 1.3
        row.operator("sosie.refresh", text="List Twins", icon="FILE_REFRESH")
    elif state == "in":
        if not desk.standing.reachable:
            wrapped(
                layout, tr("The registry does not answer: this is what is remembered."), "INTERNET_OFFLINE"
            )
        draw_twins(layout, scene)


def draw_twins(layout: Any, scene: Any) -> None:
    """One row for each twin; the chosen one with its licence in words."""
    told = settings(scene)
    column = layout.column(align=True)
    for twin in desk.twins:
        row = column.row(align=True)
        row.scale_y = 1.3
        label = twin.display_name if usable(twin) else f"{twin.display_name} ({tr(twin.state)})"
        row.operator(
            "sosie.choose",
            text=label,
            translate=False,
            icon_value=thumbnails.icon(twin),
            depress=twin.twin == told.twin,
        ).twin = twin.twin
    row = layout.row(align=True)
    row.operator("sosie.refresh", icon="FILE_REFRESH")
    row.menu("SOSIE_MT_account", text="", icon="USER")
    chosen = next((twin for twin in desk.twins if twin.twin == told.twin), None)
    if chosen is not None:
        box = layout.box()
        if big := thumbnails.icon(chosen):
            box.template_icon(icon_value=big, scale=5.0)
        lines = box.column(align=True)
        for line in standing(chosen, time.time(), tr):
            wrapped(lines, line, "NONE" if usable(chosen) else "ERROR")


def draw_apply(layout: Any, told: Any, image: Any, *, fixed: bool = False) -> None:
    """Options and the button, for the image of the settings or, `fixed`, the one that is shown."""
    column = layout.column()
    if not fixed:
        column.template_ID(told, "image", open="image.open")
    draw_face(column, told)
    column.use_property_split = True
    for name in OPTIONS:
        column.prop(told, name)
    column = layout.column(align=True)
    column.enabled = image is not None and bool(told.twin)
    row = column.row(align=True)
    row.scale_y = 1.3
    row.operator("sosie.apply", icon="USER").image = image.name if image else ""
    if image is not None and image.source in {"FILE", "SEQUENCE"} and image.filepath:
        column.operator("sosie.film", icon="SEQUENCE").image = image.name
        column.operator("sosie.grade", icon="NODE_COMPOSITING").image = image.name


def draw_face(layout: Any, told: Any) -> None:
    """Which face."""
    column = layout.column()
    column.use_property_split = True
    column.prop(told, "face_by")
    if told.face_by == "INDEX":
        column.prop(told, "face_index")
    elif told.face_by == "OBJECT":
        column.prop(told, "face_object")
    elif told.face_by == "POINT":
        column.operator("sosie.pick_face", icon="RESTRICT_SELECT_OFF")


def warnings_of(scene: Any, frames: int) -> list[str]:
    """What a render of so many frames would be refused for, as far as it is known here.

    That is the chosen twin's likeness onto the frames, and whoever the scene carries already: as a head, on an image.
    """
    told = settings(scene)
    asked = {told.twin: frames} if told.on_frames or not frames else {}
    found = []
    if told.on_frames and frames:
        try:
            check_output(scene)
        except OptionError as error:
            found.append(error.message)
    for twin in dict.fromkeys([*asked, *marks.people(scene)]):
        info = next((one for one in desk.twins if one.twin == twin), None)
        if info is not None:
            why = refusals(info, stated(scene, info), frames=asked.get(twin, 0), now=time.time(), tr=tr)
            found += [f"{info.display_name}: {line}" for line in why]
        elif twin and desk.standing.state == "in":
            found.append(tr("This seat has no licence for {name}.").format(name=twin))
    return found


def frames_in(scene: Any) -> int:
    """How many an animation has."""
    return len(range(scene.frame_start, scene.frame_end + 1, scene.frame_step))


def draw_warnings(layout: Any, scene: Any, frames: int) -> None:
    """What would be refused, in red."""
    for line in warnings_of(scene, frames):
        column = layout.column(align=True)
        column.alert = True
        wrapped(column, tr("Would be refused: {why}").format(why=line), "ERROR")
