"""The desk of this Blender, and the scene's settings. Everything in `host` asks here."""

from __future__ import annotations

from typing import Any

import bpy

from .._sosie.client import Session
from .._sosie.client.twins import usable
from .._sosie.errors import RefusedError
from .._sosie.messages import TwinInfo, Use
from ..model.desk import Desk
from ..model.use import use_of


def connect() -> Session:
    """A session with this machine's agent, started where it is not running."""
    return Session.connect(f"blender {bpy.app.version_string}")


desk = Desk(connect)


def settings(scene: Any) -> Any:
    """Sosie's settings of a scene; they are saved with it."""
    return scene.sosie


def chosen(scene: Any) -> TwinInfo:
    """The twin chosen in the scene; the list is read when nobody has listed it yet (background, scripts).

    Raises:
        SosieError: no agent, no account, no twin.
    """
    if not desk.listed:
        with desk.connect() as session:
            desk.read(session, refresh=False)
    return desk.find(settings(scene).twin)


def licensed(scene: Any) -> TwinInfo:
    """The chosen twin, whose licence can be used as far as is known here.

    Raises:
        SosieError: no agent, no account, no twin; RefusedError: the licence cannot be used now.
    """
    twin = chosen(scene)
    if not usable(twin):
        raise RefusedError(
            twin.reason or f"The licence for {twin.display_name} is {twin.state}.",
            remedy=twin.remedy,
            code="licence_unusable",
        )
    return twin


def stated(scene: Any, twin: TwinInfo) -> Use:
    """The use that the scene's settings state."""
    told = settings(scene)
    return use_of(
        twin,
        purpose=told.purpose,
        media=told.media,
        territory=told.territory,
        categories=told.categories,
    )


def redraw() -> None:
    """Draw every side bar and image editor again: a request has moved on."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "IMAGE_EDITOR", "PROPERTIES"}:
                area.tag_redraw()
