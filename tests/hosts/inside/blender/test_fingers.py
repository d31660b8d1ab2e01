"""A finger or a plaster on the cheek, of one mesh with the head, and hair: the likeness goes onto the face, behind them."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path
from typing import Any

import bmesh
import bpy
import numpy as np
import pytest
from mathutils import Vector
from test_frames import changed, picture
from test_head import light_like_the_capture

#: On the cheek (an index of the face mesh), and where the finger comes from: below and outside.
CHEEK, FROM = 50, (-1.0, 0.2, -1.0)
RADIUS, LENGTH, SIDES = 0.008, 0.09, 24
#: A plaster: so thick, so far from the same place.
THICK, WIDE = 0.002, 0.016
OUT = Path(os.environ["SOSIE_TEST_OUT"])  # pictures for people


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


def plaster(head: Any) -> Any:
    """A patch of the cheek's own surface, lifted off it, with an edge."""
    patch = bmesh.new()
    patch.from_mesh(head.data)
    middle = head.data.vertices[CHEEK].co
    away = [face for face in patch.faces if (face.calc_center_median() - middle).length > WIDE]
    bmesh.ops.delete(patch, geom=away, context="FACES")
    bmesh.ops.solidify(patch, geom=patch.faces[:], thickness=-THICK)
    mesh = bpy.data.meshes.new("plaster")
    patch.to_mesh(mesh)
    patch.free()
    made = bpy.data.objects.new("plaster", mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


@pytest.fixture
def head(scene: Any, tmp_path: Path) -> Any:
    """Her head alone, lit like the capture, about to be rendered as a frame with its passes."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    assert bpy.ops.sosie.add_head() == {"FINISHED"}
    made = bpy.context.object
    light_like_the_capture(scene)
    scene.render.resolution_x = scene.render.resolution_y = 420
    scene.render.filepath = str(tmp_path / "f_")
    scene.frame_end = 1
    scene.sosie.face_by, scene.sosie.face_object = "OBJECT", made
    assert bpy.ops.sosie.write_mask() == {"FINISHED"}
    if hasattr(scene.render, "compositor_device"):
        scene.render.compositor_device = "CPU"
    scene.sosie.on_frames = True
    return made


def one_mesh(head: Any, laid: Any, material: Any) -> None:
    """What lies on her becomes a part of her."""
    head.shape_key_clear()
    laid.data.materials.append(material)
    laid.matrix_world = head.matrix_world.copy()
    with bpy.context.temp_override(active_object=head, object=head, selected_editable_objects=[head, laid]):
        bpy.ops.object.join()


def again(frame: Path, without: str) -> Any:
    """Where the likeness differs from `frame` when a pass is gone."""
    shutil.rmtree(frame.parent / "likeness" / without)
    image = bpy.data.images.load(str(frame), check_existing=True)
    assert bpy.ops.sosie.film(image=image.name, again=True) == {"FINISHED"}
    return changed(frame)


def test_a_finger_on_her_cheek_stays_in_front(head: Any, scene: Any, tmp_path: Path) -> None:
    scene.cycles.samples, scene.sosie.on_frames = 1, False
    bpy.ops.render.render(animation=True)
    depth = tmp_path / "likeness" / "depth" / "f_0001.exr"
    alone = picture(depth)[..., 0]
    cheek = head.data.vertices[CHEEK]
    one_mesh(head, finger(cheek.co.copy(), cheek.normal.copy()), head.material_slots[0].material)
    scene.cycles.samples, scene.sosie.on_frames = 4, True
    bpy.ops.render.render(animation=True)
    frame = tmp_path / "f_0001.png"
    before = np.abs(picture(depth)[..., 0] - alone) > 0.001  # nearer than the head alone
    made = tmp_path / "likeness" / frame.name
    shutil.copy(frame, OUT / "finger_clean.png")
    shutil.copy(made, OUT / "finger.png")
    assert changed(frame).mean() > 0.02
    assert changed(frame)[before].mean() < 0.02
    assert again(frame, "normal")[before].mean() < 0.02, "its depth is enough"
    assert again(frame, "depth")[before].mean() > 0.3, "without the depths it is painted over"
    shutil.copy(made, OUT / "finger_without_depths.png")


def test_a_plaster_on_her_cheek_stays_in_front_by_the_normals(head: Any, scene: Any, tmp_path: Path) -> None:
    bpy.ops.render.render(animation=True)
    frame, passes = tmp_path / "f_0001.png", tmp_path / "likeness"
    made, depth = passes / frame.name, passes / "depth" / "f_0001.exr"
    alone, bare = picture(depth)[..., 0], picture(made)
    for one in ("normal", "depth"):
        again(frame, one)
        np.testing.assert_array_equal(picture(made), bare, "of a bare face nothing is kept")

    one_mesh(head, plaster(head), head.material_slots[0].material)
    bpy.ops.render.render(animation=True)
    before = alone - picture(depth)[..., 0] > THICK / 2
    assert before.sum() > 300
    shutil.copy(frame, OUT / "plaster_clean.png")
    shutil.copy(made, OUT / "plaster.png")
    assert changed(frame).mean() > 0.02
    assert changed(frame)[before].mean() < 0.05
    assert again(frame, "normal")[before].mean() > 0.9, "by its depth alone it is taken for skin"
    shutil.copy(made, OUT / "plaster_without_normals.png")


def test_strands_of_hair_stay_in_front_to_the_pixel(head: Any, scene: Any, tmp_path: Path) -> None:
    """Hair is another object: Cryptomatte knows how much of each pixel it covers."""
    curve = bpy.data.curves.new("strands", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", 0.0008, 2
    for x in (-0.045, -0.03, 0.05):
        spline = curve.splines.new("POLY")
        spline.points.add(1)
        for point, z in zip(spline.points, (0.1, -0.08), strict=True):
            point.co = (x + z / 4, -0.06, z, 1)
    strands = bpy.data.objects.new("strands", curve)
    scene.collection.objects.link(strands)
    strands.matrix_world = head.matrix_world.copy()
    brown = bpy.data.materials.new("brown")
    if brown.node_tree is None:  # before 5.0
        brown.use_nodes = True
    brown.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.05, 0.02, 0.01, 1)
    curve.materials.append(brown)
    scene.cycles.samples = 16
    bpy.ops.render.render(animation=True)
    frame = tmp_path / "f_0001.png"
    made, mask = (tmp_path / "likeness" / name for name in (frame.name, f"mask/{frame.name}"))
    for path, name in ((frame, "strands_clean"), (made, "strands"), (mask, "strands_mask")):
        shutil.copy(path, OUT / f"{name}.png")
    rows, columns = np.nonzero(changed(frame))
    face = np.s_[rows.min() : rows.max(), columns.min() : columns.max()]
    seen = picture(mask)[face][..., 0]
    assert (seen < 0.01).sum() > 300
    assert ((seen > 0.2) & (seen < 0.8)).sum() > 300, "parts of pixels"
    assert not changed(frame)[face][seen < 0.01].any()
    assert changed(frame)[face][seen > 0.99].mean() > 0.5
