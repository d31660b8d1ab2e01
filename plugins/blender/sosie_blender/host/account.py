"""The list of twins, and signing in by a short code that somebody with the right to approves."""

from __future__ import annotations

import time
from typing import Any

import bpy

from .._sosie.client import Progress, Session
from .._sosie.errors import OptionError, RegistryError
from ..model.task import Task
from .properties import preferences
from .state import desk, settings
from .working import Working


def must_be_online() -> None:
    """Respect Blender's own switch.

    Raises:
        RegistryError: `offline`.
    """
    if not bpy.app.online_access:
        raise RegistryError(
            "Blender is offline.",
            remedy="Blender was started with --offline-mode; start it without."
            if bpy.app.online_access_override
            else "Turn on Preferences, System, Allow Online Access.",
            code="offline",
        )


class SOSIE_OT_refresh(Working, bpy.types.Operator):
    """List the twins that this seat may use; starts Sosie's agent where it is not running"""

    bl_idname = "sosie.refresh"
    bl_label = "Refresh"

    def start(self, _context: Any) -> Task:
        """Offline, what the agent remembers."""
        online = bpy.app.online_access
        return desk.begin("Asking for the twins", lambda session, _: desk.read(session, refresh=online))

    def finish(self, context: Any, answer: Any) -> str:
        """The first one is chosen where nobody is."""
        told = settings(context.scene)
        if answer and not told.twin:
            told.twin = answer[0].twin
        return "" if answer else "This seat has no twins yet: ask your brand for a licence."


class SOSIE_OT_choose(bpy.types.Operator):
    """Work with this twin"""

    bl_idname = "sosie.choose"
    bl_label = "Choose Twin"
    bl_options = {"REGISTER", "UNDO"}

    twin: bpy.props.StringProperty()

    def execute(self, context: Any) -> set[str]:
        """Only the scene's choice."""
        settings(context.scene).twin = self.twin
        return {"FINISHED"}


class SOSIE_OT_sign_in(Working, bpy.types.Operator):
    """Sign this machine in: a short code is shown, which your brand's administrator approves"""

    bl_idname = "sosie.sign_in"
    bl_label = "Sign In"

    def start(self, _context: Any) -> Task:
        """Ask for a code, and wait until it is approved."""
        must_be_online()
        url = preferences().registry.strip()
        if not url:
            raise OptionError(
                "No registry is named.", remedy="Write its address into Sosie's preferences, then sign in."
            )
        return desk.begin("Signing in", lambda session, progress: _wait(session, url, progress))

    def finish(self, _context: Any, answer: Any) -> str:
        """How it ended."""
        desk.sign_in = None
        if answer.state != "signed_in":
            raise RegistryError(
                f"The sign-in was {answer.state}.",
                remedy="Begin again when the administrator is there.",
                code="sign_in",
            )
        return f"Signed in to {answer.registry} as {answer.seat}."


class SOSIE_OT_cancel(bpy.types.Operator):
    """Stop what Sosie is doing"""

    bl_idname = "sosie.cancel"
    bl_label = "Cancel"

    def execute(self, _context: Any) -> set[str]:
        """Its operator notices."""
        if desk.task is not None:
            desk.task.cancel()
        return {"FINISHED"}


def _wait(session: Session, url: str, progress: Progress) -> Any:
    desk.sign_in = asked = session.sign_in(url)
    try:
        while (state := session.sign_in_state()).state == "waiting":
            for _ in range(max(1, asked.interval) * 5):
                progress(0.5, f"Code {asked.code}: waiting for approval")
                time.sleep(0.2)
    finally:
        desk.sign_in = None
    return state


CLASSES = (SOSIE_OT_refresh, SOSIE_OT_choose, SOSIE_OT_sign_in, SOSIE_OT_cancel)
