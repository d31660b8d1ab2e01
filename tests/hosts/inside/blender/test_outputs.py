"""What frames are written as: a file of many layers is read, a movie is refused and not passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from blender_profile import module
from pixels import plate
from test_frames import batch, build_stage, picture

LAYERS = "OPEN_EXR_MULTILAYER"


@pytest.fixture
def stage(scene: Any, world: dict[str, Any], tmp_path: Path) -> Any:
    """One frame that shows the face."""
    build_stage(scene, plate(world, "u8"), tmp_path / "f_").frame_end = 1
    return scene


def write_as(scene: Any, kind: str, **more: str) -> None:
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):  # since 5.0
        settings.media_type = {"FFMPEG": "VIDEO", LAYERS: "MULTI_LAYER_IMAGE"}.get(kind, "IMAGE")
    settings.file_format = kind
    for name, value in more.items():
        setattr(settings, name, value)


@pytest.mark.parametrize(("depth", "codec"), [("16", "ZIP"), ("32", "NONE"), ("32", "PIZ"), ("16", "DWAB")])
def test_a_file_of_many_layers_becomes_its_picture_with_the_likeness(
    stage: Any, tmp_path: Path, depth: str, codec: str
) -> None:
    """Of PIZ and DWAB by Blender, which leaves the output settings as they were."""
    bpy.context.view_layer.use_pass_z = bpy.context.view_layer.use_pass_normal = True
    stage.sosie.on_frames = False
    frame = tmp_path / "f_0001.exr"
    write_as(stage, "OPEN_EXR", color_depth=depth, exr_codec="ZIP")
    bpy.ops.render.render(animation=True)
    plain = picture(frame)
    assert module("model.layers").read_layered(frame) is None
    stage.sosie.on_frames = True
    write_as(stage, LAYERS, color_depth=depth, exr_codec=codec)
    stage.frame_end = 3 if codec == "PIZ" else 1
    bpy.ops.render.render(animation=True)
    settings = stage.render.image_settings
    assert (settings.file_format, settings.color_depth, settings.exr_codec) == (LAYERS, depth, codec)
    light = module("host.reading").read_frame(frame).pixels[::-1, :, :3]
    np.testing.assert_allclose(light, plain[..., :3], atol=0.05 if codec == "DWAB" else 0)
    made = tmp_path / "likeness" / frame.name
    assert module("model.pictures").is_half(made) == (depth == "16")
    likeness = picture(made)
    where = np.abs(likeness - plain)[..., :3].max(2) > (0.05 if codec == "DWAB" else 0)
    assert 0.03 < where.mean() < 0.7
    stage.sosie.face_by, stage.sosie.face_point = "POINT", (0.5, 0.55)
    image = bpy.data.images.load(str(frame))
    write_as(stage, "PNG")
    assert bpy.ops.sosie.apply(image=image.name) == {"FINISHED"}
    assert np.abs(module("host.images").read(stage.sosie.image)[::-1] - likeness)[..., :3].mean() < 0.01
    assert bpy.ops.sosie.film(image=image.name, again=True) == {"FINISHED"}
    assert settings.file_format == "PNG"
    np.testing.assert_allclose(picture(made), likeness, atol=0.01)


def test_layers_without_a_face_pass_through_as_their_picture(stage: Any, tmp_path: Path) -> None:
    stage.camera.rotation_euler = (3.1, 0, 0)
    write_as(stage, LAYERS)
    bpy.ops.render.render(animation=True)
    frame = tmp_path / "f_0001.exr"
    passed = picture(tmp_path / "likeness" / frame.name)
    np.testing.assert_array_equal(module("model.layers").read_layered(frame)[::-1, :, :3], passed[..., :3])
    whole = frame.read_bytes()
    for left in (0, 4, 300, len(whole) // 2, len(whole) - 100):
        frame.write_bytes(whole[:left])
        with pytest.raises(module("_sosie.errors").PictureError, match="damaged"):
            module("model.layers").read_layered(frame)


def test_pictures_for_two_eyes_are_refused_before_the_render(stage: Any) -> None:
    stage.render.use_multiview = True
    assert module("host.drawing").warnings_of(stage, 1) == ["A stereoscopic picture takes no likeness."]
    stage.sosie.on_frames = False
    assert module("host.drawing").warnings_of(stage, 1) == []


@pytest.mark.parametrize(
    ("kind", "views", "said"),
    [
        ("FFMPEG", False, "A movie takes no likeness"),
        ("PNG", True, "A stereoscopic picture takes no likeness"),
    ],
)
def test_a_batch_whose_files_cannot_take_the_likeness_ends(
    stage: Any, tmp_path: Path, kind: str, views: bool, said: str
) -> None:
    write_as(stage, kind)
    stage.render.use_multiview = views
    bpy.ops.wm.save_userpref()
    file = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    done = batch(file)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert list(tmp_path.glob("f_*")) == [], "no frame was rendered"
