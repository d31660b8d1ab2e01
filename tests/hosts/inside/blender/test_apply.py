"""The likeness onto an image, by the operator an artist presses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from blender_profile import module
from pixels import plate, reference


def pixels_of(image: Any) -> Any:
    """(H, W, 4) float32, top row first."""
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    return np.ascontiguousarray(flat.reshape(image.size[1], image.size[0], 4)[::-1])


def test_the_result_is_a_new_image_that_the_agent_would_make(scene: Any, world: dict[str, Any]) -> None:
    image = bpy.data.images.load(str(plate(world, "u8")))
    before = pixels_of(image)
    assert scene.sosie.twin == world["twin"]
    assert bpy.ops.sosie.apply(image=image.name) == {"FINISHED"}
    made = bpy.data.images[f"{image.name} (likeness)"]
    expected = np.frombuffer(reference(world, "f32"), np.float32).reshape(before.shape[0], -1, 3)
    differs = np.abs(pixels_of(made)[..., :3] - expected).max(2) > 1.5 / 255  # Blender keeps 8 bits here
    # Blender's floats are a last bit off, which an edge may feel here and there
    assert differs.mean() < 0.001
    assert (np.abs(before[..., :3] - expected).max(2) > 1.5 / 255).mean() > 0.05
    np.testing.assert_array_equal(pixels_of(image), before)


def test_the_result_says_whose_it_is_and_survives_the_file(
    scene: Any, world: dict[str, Any], tmp_path: Path
) -> None:
    image = bpy.data.images.load(str(plate(world, "u8")))
    bpy.ops.sosie.apply(image=image.name)
    name = f"{image.name} (likeness)"
    before = pixels_of(bpy.data.images[name])
    file = str(tmp_path / "kept.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    made = bpy.data.images[name]
    assert made["sosie_twin"] == world["twin"] == bpy.context.scene.sosie.twin
    assert made["sosie_licence"].startswith("lic_")
    np.testing.assert_array_equal(pixels_of(made), before)


def test_the_scene_turns_every_option_there_is(scene: Any, world: dict[str, Any]) -> None:
    options, usual = module("host.applying").options_of, module("_sosie.messages").RenderOptions()
    assert options(scene) == usual
    for name, value in vars(usual).items():
        setattr(scene.sosie, name, not value if isinstance(value, bool) else 0.5)
        assert getattr(options(scene), name) != value
    image = bpy.data.images.load(str(plate(world, "u8")))
    before = pixels_of(image)
    bpy.ops.sosie.apply(image=image.name)
    changed = pixels_of(bpy.data.images[f"{image.name} (likeness)"]) != before
    assert 0.005 < changed.any(-1).mean() < 0.5


def test_a_refusal_says_why_and_what_to_do(scene: Any, world: dict[str, Any]) -> None:
    image = bpy.data.images.load(str(plate(world, "u8")))
    scene.sosie.territory = world["forbidden_territory"]
    with pytest.raises(RuntimeError, match=r"\[territory_not_licensed\]"):
        bpy.ops.sosie.apply(image=image.name)
    assert f"{image.name} (likeness)" not in bpy.data.images


def test_no_image_and_no_twin_are_said(scene: Any) -> None:
    with pytest.raises(RuntimeError, match="no image to work on"):
        bpy.ops.sosie.apply(image="nobody")
    scene.sosie.twin = "twn_nobody"
    bpy.data.images.new("empty", 8, 8)
    with pytest.raises(RuntimeError, match=r"\[twin_unknown\]"):
        bpy.ops.sosie.apply(image="empty")
