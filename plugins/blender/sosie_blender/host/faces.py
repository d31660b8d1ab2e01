"""Which face takes the likeness: the largest, by number, by a click, or where an object is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from .._sosie.messages import FaceChoice
from ..model.slopes import View
from .state import settings

#: x0, y0, x1, y1 as parts of the picture, y up.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Seen:
    """Where the chosen object stands in a frame, and the camera's view of it, where normals can be read by that."""

    box: Box
    view: View | None


def choice_of(scene: Any, size: tuple[int, int]) -> FaceChoice:
    """What the settings say for a picture of `size`; an object's face comes as a mask instead."""
    told = settings(scene)
    if told.face_by == "INDEX":
        return FaceChoice(index=told.face_index)
    if told.face_by == "POINT":
        x, y = told.face_point
        return FaceChoice(point=(x * size[0], (1 - y) * size[1]))
    return FaceChoice()


def seen_box(scene: Any, depsgraph: Any = None) -> Box | None:
    """Where the chosen object stands in the frame, by the corners of its bounds; None when no object is chosen.

    `depsgraph` is the evaluated scene while it renders; without it the scene as it stands now. An object behind the
    camera or outside the frame gives an empty box.
    """
    thing, camera = settings(scene).face_object, scene.camera
    if settings(scene).face_by != "OBJECT" or thing is None or camera is None:
        return None
    if depsgraph is not None:
        thing, camera = thing.evaluated_get(depsgraph), camera.evaluated_get(depsgraph)
    corners = [thing.matrix_world @ Vector(corner) for corner in thing.bound_box]
    places = [world_to_camera_view(scene, camera, corner) for corner in corners]
    if any(place.z <= 0 for place in places):
        return (0.0, 0.0, 0.0, 0.0)
    x0, x1 = (limit(place.x for place in places) for limit in (min, max))
    y0, y1 = (limit(place.y for place in places) for limit in (min, max))
    return (max(0.0, x0), max(0.0, y0), min(1.0, x1), min(1.0, y1))


def seen(scene: Any, depsgraph: Any = None) -> Seen | None:
    """Both, taken as `seen_box` takes them; None when no object is chosen."""
    box = seen_box(scene, depsgraph)
    return None if box is None else Seen(box, view_of(scene, depsgraph))


def view_of(scene: Any, depsgraph: Any = None) -> View | None:
    """What the camera sees, as `seen_box` takes the scene; None where the picture is not all of that: a panorama, a crop."""
    camera, render = scene.camera, scene.render
    if camera is None or camera.data.type == "PANO" or (render.use_border and render.use_crop_to_border):
        return None
    if depsgraph is not None:
        camera = camera.evaluated_get(depsgraph)
    parallel = camera.data.type == "ORTHO"
    corners = [
        corner * scene.unit_settings.scale_length if parallel else corner / -corner.z
        for corner in camera.data.view_frame(scene=scene)
    ]
    x, y = ([corner[axis] for corner in corners] for axis in (0, 1))
    turned = np.array(camera.matrix_world.to_3x3().normalized().transposed(), np.float32)
    return View(turned, (min(x), max(x), min(y), max(y)), parallel)


class SOSIE_OT_pick_face(bpy.types.Operator):
    """Click on the face that takes the likeness"""

    bl_idname = "sosie.pick_face"
    bl_label = "Click a Face"
    bl_options = {"REGISTER", "UNDO"}

    point: bpy.props.FloatVectorProperty(
        name="Point",
        description="Where it is, from the lower left corner, 0 to 1",
        size=2,
        default=(0.5, 0.5),
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where a picture is shown."""
        space = context.space_data
        return bpy.app.background or bool(space and space.type == "IMAGE_EDITOR" and space.image)

    def execute(self, context: Any) -> set[str]:
        """Keep the point in the scene."""
        told = settings(context.scene)
        told.face_point, told.face_by = self.point, "POINT"
        return {"FINISHED"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Wait for the click."""
        context.window.cursor_modal_set("CROSSHAIR")
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """A click inside the picture chooses; Esc and the right button leave things as they are."""
        if event.type in {"ESC", "RIGHTMOUSE"}:
            context.window.cursor_modal_restore()
            return {"CANCELLED"}
        if event.type != "LEFTMOUSE" or event.value != "PRESS":
            return {"RUNNING_MODAL"}
        region = next(one for one in context.area.regions if one.type == "WINDOW")
        place = region.view2d.region_to_view(event.mouse_x - region.x, event.mouse_y - region.y)
        if not all(0 <= part <= 1 for part in place):
            return {"RUNNING_MODAL"}
        context.window.cursor_modal_restore()
        self.point = place
        return self.execute(context)


CLASSES = (SOSIE_OT_pick_face,)
