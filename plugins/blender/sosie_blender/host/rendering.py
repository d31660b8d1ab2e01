"""Into the frame: each frame that Blender writes also gets the likeness, as a file of its own beside it.

The hook is the written file: the Render Result has no pixels, and the clean frame stays as it is. In background mode a
frame is finished before the next one renders, and a refusal ends Blender with the error's status: an exception in a
handler would only be printed, and a farm would deliver frames without the likeness. In a window all handlers run in
another thread: they only note the file, and the timer of `pumping.py` does the rest on the main thread.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from pathlib import Path
from typing import Any, NoReturn

import bpy

from .._sosie.client import Session
from .._sosie.client.session import silent
from .._sosie.errors import OptionError, SosieError
from ..model.errors import notice_of
from ..model.film import Film, Frame, Order
from ..model.shots import is_done, passes_of
from . import repacking
from .applying import options_of
from .drawing import warnings_of
from .faces import Seen, choice_of, seen
from .outputs import check_output
from .reading import read_face, read_frame
from .state import desk, licensed, settings, stated
from .words import tr


class Shoot:
    """One render job's frames on their way to the likeness."""

    def __init__(self) -> None:
        self.film: Film | None = None
        self.session: Session | None = None
        self.written: deque[tuple[Path, int]] = deque()  # in a window: noted in the render's thread
        self.seen: dict[int, Seen | None] = {}
        self.before: dict[Path, tuple[int, int]] = {}
        self.rendering = False
        self.packed = False  # whether frames are read only when the render has ended
        self.still = False

    def frame(self, path: Path, number: int) -> Frame:
        """Read a frame, and where its face is."""
        where = self.seen.get(number)
        return read_frame(path) if where is None else read_face(path, passes_of(path, number), where)


shoot = Shoot()


def order_of(scene: Any, size: tuple[int, int]) -> Order:
    """Twin, use, face and options as the scene's settings say.

    Raises:
        SosieError: no agent, no twin; RefusedError: the licence cannot be used now.
    """
    twin = licensed(scene)
    return Order(
        twin.twin,
        stated(scene, twin),
        choice_of(scene, size),
        options_of(scene),
        matte=settings(scene).on_matte,
    )


def places(scene: Any) -> list[Path]:
    """Where Blender may write the current frame: as one of an animation, as a still."""
    still = Path(bpy.path.abspath(scene.render.filepath))
    ending = scene.render.file_extension
    if scene.render.use_file_extension and still.suffix.lower() != ending:
        still = still.with_name(still.name + ending)
    return [Path(bpy.path.abspath(scene.render.frame_path(frame=scene.frame_current))), still]


@bpy.app.handlers.persistent
def on_init(scene: Any, *_: Any) -> None:
    """A render begins."""
    shoot.seen, shoot.rendering, shoot.still = {}, settings(scene).on_frames, False
    for line in warnings_of(scene, 1):
        _say(tr("Would be refused: {why}").format(why=line))
        desk.warned(tr("Would be refused: {why}").format(why=line))
    if not shoot.rendering:
        return
    try:
        check_output(scene)
        shoot.packed = repacking.needed(scene)
        if bpy.app.background:
            render = scene.render
            scale = render.resolution_percentage / 100
            size = (int(render.resolution_x * scale), int(render.resolution_y * scale))
            shoot.film, shoot.session = Film(order_of(scene, size)), desk.connect()
    except Exception as error:  # noqa: BLE001 - told, and the job ends
        _missed(error)


@bpy.app.handlers.persistent
def on_frame(scene: Any, depsgraph: Any = None) -> None:
    """The scene has been evaluated for a frame: where is the object?"""
    if shoot.rendering:
        shoot.seen[scene.frame_current] = seen(scene, depsgraph)


@bpy.app.handlers.persistent
def on_pre(scene: Any, *_: Any) -> None:
    """What lies there before the frame is written."""
    if shoot.rendering:
        shoot.before = {path: _stamp(path) for path in places(scene)}
        shoot.seen.setdefault(scene.frame_current, seen(scene))


@bpy.app.handlers.persistent
def on_write(scene: Any, *_: Any) -> None:
    """A file was written: the one that has changed."""
    if not shoot.rendering:
        return
    changed = [path for path in places(scene) if _stamp(path) not in {(0, 0), shoot.before.get(path)}]
    if not changed:
        error = OptionError(
            tr("Blender wrote frame {number}, but no file where Sosie looks for it.").format(
                number=scene.frame_current
            ),
            remedy=tr("Turn off what changes the names of frames, and render again."),
        )
        _missed(error)
        return
    shoot.still = changed[0] == places(scene)[1]
    if bpy.app.background:
        _finish(changed[0], scene.frame_current)
    else:
        shoot.written.append((changed[0], scene.frame_current))


@bpy.app.handlers.persistent
def on_complete(scene: Any, *_: Any) -> None:
    """In background mode: what an interrupted job has left without the likeness, then the end."""
    if not shoot.rendering:
        return
    shoot.rendering = False
    if not bpy.app.background or shoot.film is None or shoot.session is None:
        return
    current = scene.frame_current
    for number in range(scene.frame_start, scene.frame_end + 1, scene.frame_step) if not shoot.still else ():
        path = Path(bpy.path.abspath(scene.render.frame_path(frame=number)))
        if path.is_file() and not is_done(path, matte=settings(scene).on_matte):
            scene.frame_set(number)
            shoot.seen[number] = seen(scene)
            _finish(path, number)
    if scene.frame_current != current:
        scene.frame_set(current)
    tally = shoot.film.tally
    desk.made = tally.made
    _say(f"{len(tally.made)} frames with the likeness, {len(tally.passed)} without a face passed through.")
    shoot.session.close()
    shoot.film = shoot.session = None


@bpy.app.handlers.persistent
def on_cancel(_scene: Any, *_: Any) -> None:
    """Esc: what is written is still finished."""
    shoot.rendering = False


def _finish(path: Path, number: int) -> None:
    assert shoot.film is not None
    assert shoot.session is not None
    try:
        shoot.film.render(shoot.session, shoot.frame(path, number), silent)
        _say(f"{path.name}: the likeness is on.")
    except Exception as error:  # noqa: BLE001 - told, and the job ends
        _stop(error)


def _missed(error: Exception) -> None:
    """No further frame of this render can have the likeness."""
    if bpy.app.background:
        _stop(error)
    shoot.rendering = False
    desk.failed(error)


def _stop(error: BaseException) -> NoReturn:
    """End Blender: the only thing that a farm cannot overlook."""
    sys.stderr.write(f"Sosie: {notice_of(error) or error}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(error.exit_code if isinstance(error, SosieError) else 1)


def _say(text: str) -> None:
    sys.stdout.write(f"Sosie: {text}\n")


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


HOOKS = {
    "render_init": on_init,
    "render_pre": on_pre,
    "render_write": on_write,
    "render_complete": on_complete,
    "render_cancel": on_cancel,
    "frame_change_post": on_frame,
}
CLASSES = ()


def register() -> None:
    """Blender calls them from now on."""
    for name, hook in HOOKS.items():
        getattr(bpy.app.handlers, name).append(hook)


def unregister() -> None:
    """Bpy 4.2 crashes and 4.5 hangs at the end while one is left."""
    for name, hook in HOOKS.items():
        hooks = getattr(bpy.app.handlers, name)
        if hook in hooks:
            hooks.remove(hook)
