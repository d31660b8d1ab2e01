"""The buttons that help: what a message, or a code that waits to be approved, lets an artist do at once."""

from __future__ import annotations

from typing import Any

import bpy

from .state import desk

INSTALL = 'pip install "sosie[cpu]" && sosie agent start'


class SOSIE_OT_open_approval(bpy.types.Operator):
    """Open the page on which the code is approved"""

    bl_idname = "sosie.open_approval"
    bl_label = "Open the Approval Page"

    def execute(self, _context: Any) -> set[str]:
        """In the browser."""
        if desk.sign_in is None:
            return {"CANCELLED"}
        bpy.ops.wm.url_open(url=desk.sign_in.link)
        return {"FINISHED"}


class SOSIE_OT_copy_link(bpy.types.Operator):
    """Copy the approval page's address, to send it to your administrator"""

    bl_idname = "sosie.copy_link"
    bl_label = "Copy the Link"

    def execute(self, context: Any) -> set[str]:
        """Into the clipboard."""
        if desk.sign_in is None:
            return {"CANCELLED"}
        context.window_manager.clipboard = desk.sign_in.link
        return {"FINISHED"}


class SOSIE_OT_open_registry(bpy.types.Operator):
    """Open the registry's pages, where licences are asked for and prolonged"""

    bl_idname = "sosie.open_registry"
    bl_label = "Open the Registry"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There is one."""
        return bool(desk.standing.registry)

    def execute(self, _context: Any) -> set[str]:
        """In the browser."""
        bpy.ops.wm.url_open(url=desk.standing.registry)
        return {"FINISHED"}


class SOSIE_OT_go_online(bpy.types.Operator):
    """Turn on Blender's own switch for online access, which all extensions respect"""

    bl_idname = "sosie.go_online"
    bl_label = "Allow Online Access"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Not where Blender was started offline."""
        return not bpy.app.online_access_override

    def execute(self, context: Any) -> set[str]:
        """As in Preferences, System."""
        context.preferences.system.use_online_access = True
        desk.notice = None
        return {"FINISHED"}


class SOSIE_OT_copy_install(bpy.types.Operator):
    """Copy the command that installs Sosie's agent, to be run in a terminal"""

    bl_idname = "sosie.copy_install"
    bl_label = "Copy the Install Command"

    def execute(self, context: Any) -> set[str]:
        """Into the clipboard."""
        context.window_manager.clipboard = INSTALL
        return {"FINISHED"}


class SOSIE_OT_cancel(bpy.types.Operator):
    """Stop what Sosie is doing"""

    bl_idname = "sosie.cancel"
    bl_label = "Cancel"

    def execute(self, _context: Any) -> set[str]:
        """Its operator notices."""
        if desk.task is not None:
            desk.task.cancel()
        return {"FINISHED"}


class SOSIE_OT_dismiss(bpy.types.Operator):
    """Put this message away"""

    bl_idname = "sosie.dismiss"
    bl_label = "Dismiss"

    def execute(self, _context: Any) -> set[str]:
        """It is read."""
        desk.notice = None
        return {"FINISHED"}


CLASSES = (
    SOSIE_OT_open_approval,
    SOSIE_OT_copy_link,
    SOSIE_OT_open_registry,
    SOSIE_OT_go_online,
    SOSIE_OT_copy_install,
    SOSIE_OT_cancel,
    SOSIE_OT_dismiss,
)
