"""In a window: the frames that the render handlers have noted, one step at a time, on Blender's main thread."""

from __future__ import annotations

import contextlib

import bpy

from .._sosie.errors import SosieError
from ..model.film import Film
from . import repacking
from .rendering import order_of, shoot
from .state import desk, redraw
from .words import tr

PUMP_SECONDS = 0.3


def pump() -> float:
    """In a window: one step of the film; called on the main thread for ever."""
    with contextlib.suppress(ReferenceError):
        _step()
    return PUMP_SECONDS


def _step() -> None:
    film = shoot.film
    if film is None:
        if shoot.written and not desk.busy:
            _begin()
        return
    try:
        while shoot.written and film.wants and (not shoot.packed or repacking.free()):
            film.feed(shoot.frame(*shoot.written.popleft()))
    except SosieError as error:
        _failed(error)
        return
    task = desk.task
    if not shoot.rendering and not shoot.written:
        film.end()
    if task is not None and task.done:
        try:
            tally = task.result()
        except Exception as error:  # noqa: BLE001 - told to the artist
            _failed(error)
        else:
            desk.made = tally.made
            desk.told(tr("{number} frames have the likeness.").format(number=len(tally.made)))
            desk.end()
            shoot.film = None
    redraw()


def _begin() -> None:
    scene = bpy.context.scene
    try:
        scale = scene.render.resolution_percentage / 100
        size = (int(scene.render.resolution_x * scale), int(scene.render.resolution_y * scale))
        shoot.film = Film(order_of(scene, size))
        desk.begin(tr("Putting the likeness into the frames"), shoot.film.work)
    except Exception as error:  # noqa: BLE001 - told to the artist
        _failed(error)


def _failed(error: BaseException) -> None:
    """Told once; the frames that are still rendered stay clean."""
    if desk.task is not None:
        desk.task.cancel()
    shoot.rendering, shoot.film = False, None
    shoot.written.clear()
    desk.end()
    desk.failed(error)
    redraw()


CLASSES = ()


def register() -> None:
    """The timer, where there is an event loop."""
    if not bpy.app.background:
        bpy.app.timers.register(pump, first_interval=PUMP_SECONDS, persistent=True)


def unregister() -> None:
    """It stops."""
    if bpy.app.timers.is_registered(pump):
        bpy.app.timers.unregister(pump)
