"""The list of twins; signing in by a short code that somebody with the right to approves, and signing out."""

from __future__ import annotations

import time
from typing import Any

import bpy

from .._sosie.client import Progress, Session
from .._sosie.errors import OptionError, RegistryError
from ..model.task import Task
from .properties import preferences
from .state import desk, settings
from .words import tr
from .working import Working

PAUSE_SECONDS = 0.2


def must_be_online() -> None:
    """Respect Blender's own switch.

    Raises:
        RegistryError: `offline`.
    """
    if not bpy.app.online_access:
        raise RegistryError(
            tr("Blender is offline."),
            remedy=tr("Blender was started with --offline-mode; start it without.")
            if bpy.app.online_access_override
            else tr("Turn on Preferences, System, Allow Online Access."),
            code="offline",
        )


class SOSIE_OT_refresh(Working, bpy.types.Operator):
    """List the twins that this seat may use; starts Sosie's agent where it is not running"""

    bl_idname = "sosie.refresh"
    bl_label = "Refresh"

    def start(self, _context: Any) -> Task:
        """Offline, what the agent remembers."""
        online = bpy.app.online_access
        return desk.begin(tr("Asking for the twins"), lambda session, _: desk.read(session, refresh=online))

    def finish(self, context: Any, answer: Any) -> str:
        """The first one is chosen where nobody is."""
        told = settings(context.scene)
        if answer and not told.twin:
            told.twin = answer[0].twin
        if desk.standing.state != "in" or answer:
            return ""
        return tr("This seat has no twins yet: ask your brand for a licence.")


class SOSIE_OT_choose(bpy.types.Operator):
    """Work with this twin"""

    bl_idname = "sosie.choose"
    bl_label = "Choose Twin"
    bl_options = {"REGISTER", "UNDO"}

    twin: bpy.props.StringProperty(name="Twin", description="The licensed person")

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
                tr("No registry is named."), remedy=tr("Write its address into the field, then sign in.")
            )
        return desk.begin(tr("Signing in"), lambda session, progress: _wait(session, url, progress))

    def finish(self, context: Any, answer: Any) -> str:
        """How it ended."""
        if answer.state != "signed_in":
            raise RegistryError(
                tr("The brand denied this sign-in.")
                if answer.state == "denied"
                else tr("Nobody approved the code in time."),
                remedy=tr("Ask your brand's administrator, then sign in again."),
                code="not_enrolled",
            )
        if desk.twins and not settings(context.scene).twin:
            settings(context.scene).twin = desk.twins[0].twin
        return tr("Signed in as {seat}.").format(seat=answer.seat)


class SOSIE_OT_sign_out(Working, bpy.types.Operator):
    """Forget the account on this machine, and the licences it holds"""

    bl_idname = "sosie.sign_out"
    bl_label = "Sign Out"

    def start(self, _context: Any) -> Task:
        """The agent sends what is recorded first, where the registry answers."""
        return desk.begin(tr("Signing out"), lambda session, _: desk.sign_out(session))

    def finish(self, _context: Any, _answer: Any) -> str:
        """Signed out."""
        return tr("Signed out.")


class SOSIE_MT_account(bpy.types.Menu):
    """The account."""

    bl_idname = "SOSIE_MT_account"
    bl_label = "Account"

    def draw(self, _context: Any) -> None:
        """Who, where, and out."""
        for line in (desk.standing.seat, desk.standing.registry):
            if line:
                self.layout.label(text=line, translate=False)
        self.layout.operator("sosie.sign_out", icon="PANEL_CLOSE")


def _wait(session: Session, url: str, progress: Progress) -> Any:
    """In a task: ask until somebody has decided, then read what came with it."""
    desk.sign_in = asked = session.sign_in(url)
    try:
        while (found := session.sign_in_state()).state == "waiting":
            for _ in range(max(1, round(asked.interval / PAUSE_SECONDS))):
                progress(0.0, "")
                time.sleep(PAUSE_SECONDS)
    finally:
        desk.sign_in = None
    if found.state == "signed_in":
        desk.read(session, refresh=True)
    return found


CLASSES = (
    SOSIE_OT_refresh,
    SOSIE_OT_choose,
    SOSIE_OT_sign_in,
    SOSIE_OT_sign_out,
    SOSIE_MT_account,
)
