"""Delivery: an image through the registry's gate, and the signed file it answers with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .._sosie.client import Progress, Session
from .._sosie.errors import OptionError, RefusedError
from .._sosie.messages import DeliverRequest, Use
from ..model.desk import Receipt
from ..model.pictures import write_beside
from ..model.shots import FOLDER, GRADED, target_of
from ..model.task import Task
from . import images, marks
from .account import must_be_online
from .looks import displayed
from .state import desk, settings, stated
from .words import tr
from .working import Working

KINDS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}


class SOSIE_OT_deliver(Working, bpy.types.Operator):
    """Have the registry check, label, record and sign this image; the signed file is written"""

    bl_idname = "sosie.deliver"
    bl_label = "Deliver"

    image: bpy.props.StringProperty(name="Image", description="The image to deliver")
    filepath: bpy.props.StringProperty(
        name="File", description="Where the signed file goes: .jpg or .png", subtype="FILE_PATH"
    )

    def start(self, context: Any) -> Task:
        """Whose likeness, what for, and the pixels as they are seen."""
        must_be_online()
        image = bpy.data.images.get(self.image)
        if image is None:
            raise OptionError(
                tr("There is no image to deliver."), remedy=tr("Open the finished picture, then deliver.")
            )
        path = Path(bpy.path.abspath(self.filepath))
        if path.suffix.lower() not in KINDS:
            raise OptionError(
                tr("A delivery is a .jpg or a .png file."), remedy=tr("Give the file one of these endings.")
            )
        twin, use, job = whose(context.scene, image)
        seen = displayed(image, context.scene)
        return desk.begin(
            tr("Delivering"),
            lambda session, progress: _deliver(session, progress, path, seen, twin, use, job),
        )

    def finish(self, _context: Any, answer: Any) -> str:
        """The receipt, in the panel and on the image."""
        desk.receipt = answer
        bpy.data.images[self.image][marks.RECEIPT] = answer.delivery.receipt
        return tr("Delivered: {file}, receipt {receipt}.").format(
            file=answer.path.name, receipt=answer.delivery.receipt
        )


class SOSIE_OT_deliver_as(bpy.types.Operator):
    """Choose where the signed file goes, then have the registry check, label, record and sign this image"""

    bl_idname = "sosie.deliver_as"
    bl_label = "Deliver ..."

    image: bpy.props.StringProperty(name="Image", description="The image to deliver")
    filepath: bpy.props.StringProperty(
        name="File", description="Where the signed file goes: .jpg or .png", subtype="FILE_PATH"
    )
    filter_glob: bpy.props.StringProperty(default="*.jpg;*.jpeg;*.png", options={"HIDDEN"})

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Blender's file browser."""
        self.filepath = f"{Path(self.image).stem}-delivered.jpg"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context: Any) -> set[str]:
        """The work itself does not hold the window up."""
        bpy.ops.sosie.deliver("INVOKE_DEFAULT", image=self.image, filepath=self.filepath)
        return {"FINISHED"}


class SOSIE_OT_deliver_rendered(bpy.types.Operator):
    """Deliver the frame that was just rendered: the current one, where it has the likeness, else the last"""

    bl_idname = "sosie.deliver_rendered"
    bl_label = "Deliver ..."

    filepath: bpy.props.StringProperty(
        name="File",
        description="Where the signed file goes: .jpg or .png; empty: ask",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Something was rendered."""
        return bool(desk.made) and not desk.busy

    def execute(self, context: Any) -> set[str]:
        """Open the frame, and deliver it as any image."""
        scene = context.scene
        current = target_of(Path(bpy.path.abspath(scene.render.frame_path(frame=scene.frame_current))))
        frame = current if current in desk.made else desk.made[-1]
        image = bpy.data.images.load(str(frame), check_existing=True)
        image.reload()
        settings(scene).image = image
        if self.filepath:
            return set(bpy.ops.sosie.deliver(image=image.name, filepath=self.filepath))
        return set(bpy.ops.sosie.deliver_as("INVOKE_DEFAULT", image=image.name))


def whose(scene: Any, image: Any) -> tuple[str, Use, str]:
    """Twin, use and job of `image`: by its own marks, or, a file out of a `likeness` folder, by the scene's settings.

    Raises:
        RefusedError: `nothing_to_deliver`.
    """
    told = settings(scene)
    if marks.TWIN in image:
        twin = image[marks.TWIN]
        use = stated(scene, desk.find(twin)) if told.twin == twin and desk.listed else marks.use_in(image)
        return twin, use or Use(), image.get(marks.JOB, "")
    if Path(bpy.path.abspath(image.filepath)).parent.name in {FOLDER, GRADED} and told.twin:
        return told.twin, stated(scene, desk.find(told.twin)), ""
    raise RefusedError(
        tr("This image carries no licensed likeness."),
        remedy=tr("Apply one, or open a frame out of a folder named likeness, then deliver."),
        code="nothing_to_deliver",
    )


def _deliver(
    session: Session, progress: Progress, path: Path, seen: images.Array, twin: str, use: Use, job: str
) -> Receipt:
    """In a task. A PNG keeps 16 bits, as long as the image has them."""
    kind: Any = np.uint16 if path.suffix.lower() == ".png" else np.uint8
    full = np.iinfo(kind).max
    rows = np.ascontiguousarray(np.round(np.clip(seen[::-1, :, :3], 0, 1) * np.float32(full)).astype(kind))
    sent = session.pixels.put(
        rows.data,
        width=rows.shape[1],
        height=rows.shape[0],
        depth="u16" if kind is np.uint16 else "u8",
        channels="RGB",
        colour="srgb",
    )
    mime: Any = KINDS[path.suffix.lower()]
    delivery = session.deliver(DeliverRequest(twin=twin, use=use, picture=sent, mime=mime, job=job), progress)
    write_beside(path, Path(delivery.file).read_bytes())
    return Receipt(path, delivery)


CLASSES = (SOSIE_OT_deliver, SOSIE_OT_deliver_as, SOSIE_OT_deliver_rendered)
