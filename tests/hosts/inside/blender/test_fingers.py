"""A finger on the cheek, of one mesh with the head: the likeness goes onto the face, and behind the finger."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from test_frames import changed, picture
from test_head import light_like_the_capture

#: On the cheek (an index of the face mesh), and where the finger comes from: below and outside.
CHEEK, FROM = 50, (-1.0, 0.2, -1.0)
RADIUS, LENGTH, SIDES = 0.008, 0.09, 24


def finger(at: Any, up: Any) -> Any:
    """A capsule whose tip touches the surface in `at` from above, `up` its normal."""
    along = Vector(FROM)
    along = (along - up * along.dot(up)).normalized()
    turn, tip = along.to_track_quat("Z", "Y"), at + (up - along) * RADIUS
    rings = [
        (RADIUS * (1 - math.cos(turned)), RADIUS * math.sin(turned)) for turned in np.linspace(0, 1.57, 7)
    ]
    vertices = [
        tip + turn @ Vector((wide * math.cos(angle), wide * math.sin(angle), far))
        for far, wide in [*rings, (LENGTH, RADIUS)]
        for angle in np.linspace(0, math.tau, SIDES, endpoint=False)
    ]
    polygons = [
        (ring + side, ring + (side + 1) % SIDES, ring + SIDES + (side + 1) % SIDES, ring + SIDES + side)
        for ring in range(0, SIDES * len(rings), SIDES)
        for side in range(SIDES)
    ]
    mesh = bpy.data.meshes.new("finger")
    mesh.from_pydata(vertices, [], polygons)
    made = bpy.data.objects.new("finger", mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


def test_a_finger_on_her_cheek_stays_in_front(scene: Any, tmp_path: Path) -> None:
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    assert bpy.ops.sosie.add_head() == {"FINISHED"}
    head = bpy.context.object
    light_like_the_capture(scene)
    scene.render.resolution_x = scene.render.resolution_y = 420
    scene.render.filepath = str(tmp_path / "f_")
    scene.frame_end = 1
    told = scene.sosie
    told.face_by, told.face_object = "OBJECT", head
    assert bpy.ops.sosie.write_mask() == {"FINISHED"}
    if hasattr(scene.render, "compositor_device"):
        scene.render.compositor_device = "CPU"
    scene.cycles.samples = 1
    bpy.ops.render.render(animation=True)
    depth = tmp_path / "likeness" / "depth" / "f_0001.exr"
    alone = picture(depth)[..., 0]

    at, up = head.data.vertices[CHEEK].co.copy(), head.data.vertices[CHEEK].normal.copy()
    head.shape_key_clear()
    laid = finger(at, up)
    laid.data.materials.append(head.material_slots[0].material)
    laid.matrix_world = head.matrix_world.copy()
    with bpy.context.temp_override(active_object=head, object=head, selected_editable_objects=[head, laid]):
        bpy.ops.object.join()
    scene.cycles.samples = 4
    told.on_frames = True
    bpy.ops.render.render(animation=True)
    frame = tmp_path / "f_0001.png"
    before = (
        np.abs(picture(depth)[..., 0] - alone) > 0.001
    )  # where the finger has come nearer than the head alone
    made, out = tmp_path / "likeness" / frame.name, Path(os.environ["SOSIE_TEST_OUT"])  # pictures for people
    shutil.copy(frame, out / "finger_clean.png")
    shutil.copy(made, out / "finger.png")
    assert changed(frame).mean() > 0.02
    assert changed(frame)[before].mean() < 0.02
    shutil.rmtree(depth.parent)
    image = bpy.data.images.load(str(frame))
    assert bpy.ops.sosie.film(image=image.name, again=True) == {"FINISHED"}
    assert changed(frame)[before].mean() > 0.3, "without the depths it is painted over"
    shutil.copy(made, out / "finger_without_depths.png")
