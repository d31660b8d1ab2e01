"""The likeness onto the frames of a shot that is on disk already: from the image editor, with progress, and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .._sosie.errors import OptionError
from ..model.film import Film, Frame
from ..model.shots import is_done, number_of, passes_of, shot_of, target_of
from ..model.task import Task
from . import marks
from .faces import seen
from .reading import read_face, read_frame
from .rendering import order_of
from .state import chosen, desk, settings, stated
from .words import tr
from .working import Working


class SOSIE_OT_film(Working, bpy.types.Operator):
    """Put the chosen twin onto every frame of this shot; the results go into a folder "likeness" beside the frames"""

    bl_idname = "sosie.film"
    bl_label = "Apply to All Frames"

    image: bpy.props.StringProperty(name="Image", description="An image that is one frame of the shot")
    again: bpy.props.BoolProperty(
        name="Again", description="Render frames again that have their likeness already"
    )
    _film: Film
    _todo: list[Path]
    _frames: list[Path]

    def start(self, context: Any) -> Task:
        """Find the frames; what is done stays."""
        image = bpy.data.images.get(self.image)
        if image is None or image.source not in {"FILE", "SEQUENCE"} or image.packed_file:
            raise OptionError(
                tr("This image is no file on disk."), remedy=tr("Open a frame of the shot, then try again.")
            )
        self._frames = shot_of(Path(bpy.path.abspath(image.filepath)))
        matte = settings(context.scene).on_matte
        self._todo = [frame for frame in self._frames if self.again or not is_done(frame, matte=matte)]
        size = tuple(image.size)
        if not all(size):  # Blender knows none of a file of many layers
            size = read_frame(self._frames[0]).pixels.shape[1::-1]
        self._film = Film(order_of(context.scene, size), total=len(self._todo))
        self._frame_before = context.scene.frame_current
        return desk.begin(tr("Putting the likeness into the frames"), self._film.work)

    def tick(self, context: Any) -> None:
        """Read ahead; on the main thread."""
        if not self._film.wants:
            return
        if self._todo:
            self._film.feed(self._read(context.scene, self._todo.pop(0)))
        else:
            self._film.end()

    def finish(self, context: Any, answer: Any) -> str:
        """The finished shot as an image sequence, shown where the frames were."""
        scene, twin = context.scene, chosen(context.scene)
        desk.made = answer.made
        made = bpy.data.images.load(str(target_of(self._frames[0])), check_existing=True)
        made.source = "SEQUENCE" if len(self._frames) > 1 else "FILE"
        marks.put(made, twin.twin, twin.licence, job=answer.job, use=stated(scene, twin))
        settings(scene).image = made
        if context.space_data is not None and context.space_data.type == "IMAGE_EDITOR":
            context.space_data.image = made
        skipped = len(self._frames) - len(answer.made) - len(answer.passed)
        return tr(
            "{made} frames have the likeness, {passed} show no face, {skipped} were there already."
        ).format(made=len(answer.made), passed=len(answer.passed), skipped=skipped)

    def put_down(self, context: Any) -> None:
        """The scene stands where it stood."""
        if context.scene.frame_current != self._frame_before:
            context.scene.frame_set(self._frame_before)

    def _read(self, scene: Any, path: Path) -> Frame:
        if settings(scene).face_by != "OBJECT":
            return read_frame(path)
        number = number_of(path)
        passes = passes_of(path, number)
        if passes.mask is None or passes.normal is not None:  # the object's place, or the camera's, is needed
            scene.frame_set(number)
        where = seen(scene)
        return read_frame(path) if where is None else read_face(path, passes, where)


CLASSES = (SOSIE_OT_film,)
