"""Into the frame: rendered files, shots on disk, masks, resume; and a batch that a refusal ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from pixels import plate

SIDE = 384


@pytest.fixture
def stage(scene: Any, world: dict[str, Any], tmp_path: Path) -> Any:
    """A plane with the plate on it before the camera: each frame shows the face, a little further on."""
    return build_stage(scene, plate(world, "u8"), tmp_path / "f_")


def build_stage(scene: Any, picture: Path, out: Path) -> Any:
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    image = bpy.data.images.load(str(picture))
    bpy.ops.mesh.primitive_plane_add(size=2)
    board = bpy.context.object
    board.name = "Board"
    board.scale = (image.size[0] / image.size[1], 1, 1)
    material = bpy.data.materials.new("picture")
    if material.node_tree is None:  # before 5.0
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    texture, light, end = (
        tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexImage", "Emission", "OutputMaterial")
    )
    texture.image = image
    tree.links.new(texture.outputs["Color"], light.inputs["Color"])
    tree.links.new(light.outputs[0], end.inputs["Surface"])
    board.data.materials.append(material)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location = (0, 0, 3)
    camera.data.type, camera.data.ortho_scale = "ORTHO", 2
    for frame, x in ((1, 0.0), (3, 0.05)):
        board.location.x = x
        board.keyframe_insert("location", frame=frame)
    scene.camera = camera
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.filepath = str(out)
    scene.frame_start, scene.frame_end = 1, 3
    scene.sosie.on_frames = True
    return scene


def picture(path: Path) -> Any:
    """(H, W, 4) as the numbers stand in the file, top row first."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Linear Rec.709" if path.suffix == ".exr" else "Non-Color"
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(image.size[1], image.size[0], 4)[::-1]


def changed(frame: Path) -> Any:
    """Where the likeness of a frame differs from it."""
    made = frame.parent / "likeness" / frame.name
    return np.abs(picture(frame)[..., :3] - picture(made)[..., :3]).max(2) > 0


def test_every_written_frame_gets_the_likeness_beside_it(stage: Any, tmp_path: Path) -> None:
    bpy.ops.render.render(animation=True)
    frames = sorted(tmp_path.glob("f_*.png"))
    assert [frame.name for frame in frames] == ["f_0001.png", "f_0002.png", "f_0003.png"]
    for frame in frames:
        assert 0.03 < changed(frame).mean() < 0.7, frame
    left = [np.nonzero(changed(frame).any(0))[0].mean() for frame in frames]
    assert left[0] < left[2], "the likeness follows the face"


def test_a_still_gets_it_too_and_a_deep_frame_keeps_its_depth(stage: Any, tmp_path: Path) -> None:
    stage.render.image_settings.color_depth = "16"
    bpy.ops.render.render(write_still=True)
    made = tmp_path / "likeness" / "f_.png"
    assert made.read_bytes()[24] == 16
    assert 0.03 < changed(tmp_path / "f_.png").mean() < 0.7


def test_scene_linear_frames_stay_scene_linear(stage: Any, tmp_path: Path) -> None:
    settings = stage.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_depth = "OPEN_EXR", "16"
    stage.frame_end = 1
    bpy.ops.render.render(animation=True)
    frame = tmp_path / "f_0001.exr"
    assert 0.03 < changed(frame).mean() < 0.7
    before, after = picture(frame), picture(tmp_path / "likeness" / frame.name)
    assert abs(float(np.median(before - after))) < 0.05, "the same light, not another encoding"


def test_the_face_is_where_the_object_is(stage: Any, tmp_path: Path) -> None:
    told = stage.sosie
    told.face_by, told.face_object = "OBJECT", bpy.data.objects["Board"]
    bpy.ops.render.render(animation=True)
    assert changed(tmp_path / "f_0003.png").any()
    bpy.data.objects["Board"].animation_data_clear()
    elsewhere = bpy.data.objects.new("elsewhere", bpy.data.meshes.new("dot"))
    stage.collection.objects.link(elsewhere)
    elsewhere.location = (20, 20, 0)
    told.face_object = elsewhere
    bpy.ops.render.render(animation=True)
    assert not changed(tmp_path / "f_0002.png").any(), "nobody is where it is: the frame passes through"


def test_a_shot_on_disk_is_finished_where_it_was_left(stage: Any, tmp_path: Path) -> None:
    stage.sosie.on_frames = False
    bpy.ops.render.render(animation=True)
    assert not (tmp_path / "likeness").exists()
    frame = bpy.data.images.load(str(tmp_path / "f_0002.png"))
    assert bpy.ops.sosie.film(image=frame.name) == {"FINISHED"}
    made = sorted((tmp_path / "likeness").glob("*.png"))
    assert len(made) == 3
    shown = stage.sosie.image
    assert shown.source == "SEQUENCE"
    assert shown["sosie_twin"] == stage.sosie.twin
    stamps = [path.stat().st_mtime_ns for path in made]
    made[1].unlink()
    assert bpy.ops.sosie.film(image=frame.name) == {"FINISHED"}
    assert made[1].is_file()
    assert [made[0].stat().st_mtime_ns, made[2].stat().st_mtime_ns] == [stamps[0], stamps[2]]


def test_a_mask_written_with_the_frame_keeps_what_stands_before_the_face(stage: Any, tmp_path: Path) -> None:
    stage.sosie.on_frames = False
    stage.frame_end = 1
    bpy.ops.render.render(animation=True)
    mask = bpy.data.images.new("mask", SIDE, SIDE)
    stage.sosie.face_by, stage.sosie.face_object = "OBJECT", bpy.data.objects["Board"]
    half = np.zeros((SIDE, SIDE, 4), np.float32)
    half[..., 3] = 1
    half[:, : SIDE // 2, :3] = 1
    mask.pixels.foreach_set(half.ravel())
    mask.filepath_raw, mask.file_format = str(tmp_path / "likeness" / "mask" / "f_0001.png"), "PNG"
    (tmp_path / "likeness" / "mask").mkdir(parents=True)
    mask.save()
    frame = bpy.data.images.load(str(tmp_path / "f_0001.png"))
    assert bpy.ops.sosie.film(image=frame.name) == {"FINISHED"}
    where = changed(tmp_path / "f_0001.png")
    assert where[:, : SIDE // 2].any()
    assert not where[:, SIDE // 2 :].any()


def test_the_compositor_writes_the_mask_of_the_object(stage: Any, tmp_path: Path) -> None:
    bpy.ops.mesh.primitive_plane_add(size=2, location=(0, -0.15, 1))
    bar = bpy.context.object
    bar.scale = (2, 0.04, 1)
    told = stage.sosie
    told.face_by = "OBJECT"
    with pytest.raises(RuntimeError, match="No object is chosen"):
        bpy.ops.sosie.write_mask()
    told.face_object = bpy.data.objects["Board"]
    for _ in range(2):  # again: the same two nodes
        assert bpy.ops.sosie.write_mask() == {"FINISHED"}
    if hasattr(stage.render, "compositor_device"):
        stage.render.compositor_device = "CPU"
    stage.frame_end = 2
    bpy.ops.render.render(animation=True)
    seen = picture(tmp_path / "likeness" / "mask" / "f_0002.png")[..., 0]
    assert seen[SIDE // 4].mean() > 0.9
    bar_rows = slice(216, 226)
    assert seen[bar_rows].max() < 0.1
    where = changed(tmp_path / "f_0002.png")
    assert where.mean() > 0.02
    assert not where[bar_rows].any()
    # a hand of her own is the same object: Cryptomatte sees no difference, the depths do
    board = bpy.data.objects["Board"]
    for one in (bar, board):
        one.select_set(True)
    bpy.context.view_layer.objects.active = board
    bpy.ops.object.join()
    bpy.ops.render.render(animation=True)
    seen = picture(tmp_path / "likeness" / "mask" / "f_0002.png")[..., 0]
    assert seen[bar_rows].min() > 0.9
    where = changed(tmp_path / "f_0002.png")
    assert where.mean() > 0.02
    assert not where[bar_rows].any()


def test_a_rendered_frame_is_delivered(
    stage: Any, tmp_path: Path, outside: Callable[..., dict[str, Any]], desk: Any
) -> None:
    stage.frame_end = 1
    stage.render.resolution_x = stage.render.resolution_y = 512
    bpy.ops.render.render(animation=True)
    path = tmp_path / "final.png"
    assert bpy.ops.sosie.deliver_rendered(filepath=str(path)) == {"FINISHED"}
    assert outside("verify", str(path))["status"] == 0
    assert desk.receipt.delivery.twin == stage.sosie.twin


def test_the_compositor_grades_the_likeness_apart(stage: Any, tmp_path: Path) -> None:
    stage.frame_end, stage.sosie.on_matte = 2, True
    bpy.ops.render.render(animation=True)
    frames = [tmp_path / f"f_000{number}.png" for number in (1, 2)]
    image = bpy.data.images.load(str(tmp_path / "likeness" / frames[0].name))
    assert bpy.ops.sosie.grade(image=image.name) == {"FINISHED"}
    scene = next(one for one in bpy.data.scenes if one.name.startswith("Sosie Likeness"))
    assert (scene.frame_start, scene.frame_end) == (1, 2)
    if hasattr(scene.render, "compositor_device"):
        scene.render.compositor_device = "CPU"
    tree = getattr(scene, "compositing_node_group", None) or scene.node_tree
    dials = next(node for node in tree.nodes if node.type == "GROUP").inputs

    def graded(**turned: float) -> list[Any]:
        for name, value in turned.items():
            dials[name].default_value = value
        bpy.ops.render.render(animation=True, scene=scene.name)
        return [picture(tmp_path / "graded" / frame.name)[..., :3] for frame in frames]

    clean = [picture(frame)[..., :3] for frame in frames]
    likeness = [picture(frame.parent / "likeness" / frame.name)[..., :3] for frame in frames]
    mattes = [picture(frame.parent / "likeness" / "matte" / frame.name)[..., 0] for frame in frames]
    for got, wanted in zip(graded(), likeness, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1.6 / 255)
    for got, wanted in zip(graded(Face=0, Surroundings=0), clean, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1.6 / 255)
    for got, wanted, matte in zip(graded(Face=1, Surroundings=1, Exposure=1), likeness, mattes, strict=True):
        np.testing.assert_allclose(got[matte == 0], wanted[matte == 0], atol=1.6 / 255)
        assert (got - wanted)[matte == 1].mean() > 0.1
    (tmp_path / "likeness" / "matte" / frames[1].name).unlink()
    with pytest.raises(RuntimeError, match="no likeness with a matte"):
        bpy.ops.sosie.grade(image=image.name)
    stage.frame_set(1)
    frame = bpy.data.images.load(str(frames[1]))
    assert bpy.ops.sosie.film(image=frame.name) == {"FINISHED"}  # a matte that is missing is made
    assert (tmp_path / "likeness" / "matte" / frames[1].name).is_file()


def batch(file: Path) -> subprocess.CompletedProcess[str]:
    """The animation of a file in a Blender of its own, without a window, with the same profile."""
    profile = os.environ["BLENDER_USER_RESOURCES"]
    program = (
        "import bpy\n"
        "import addon_utils\n"
        "addon_utils.enable('bl_ext.user_default.sosie')\n"
        f"bpy.ops.wm.open_mainfile(filepath={str(file)!r})\n"
        "bpy.ops.render.render(animation=True)\n"
        "addon_utils.disable('bl_ext.user_default.sosie')\n"
    )
    if binary := bpy.app.binary_path:
        command = [binary, "-b", "--addons", "bl_ext.user_default.sosie", str(file), "-a"]
    else:
        command = [sys.executable, "-c", program]
    return subprocess.run(
        command,
        env={**os.environ, "BLENDER_USER_RESOURCES": profile},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_batch_goes_on_where_it_was_stopped_and_a_refusal_ends_it(
    stage: Any, tmp_path: Path, world: dict[str, Any]
) -> None:
    bpy.ops.wm.save_userpref()
    file = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    done = batch(file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 frames with the likeness" in done.stdout
    made = tmp_path / "likeness" / "f_0002.png"
    first = (tmp_path / "likeness" / "f_0001.png").stat().st_mtime_ns
    made.unlink()
    stage.render.use_overwrite = False
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    done = batch(file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 frames with the likeness" in done.stdout
    assert made.is_file()
    assert (tmp_path / "likeness" / "f_0001.png").stat().st_mtime_ns == first
    bpy.context.scene.render.use_overwrite = True
    bpy.context.scene.sosie.territory = world["forbidden_territory"]
    made.unlink()
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    done = batch(file)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "[territory_not_licensed]" in done.stderr
    assert not made.exists()
