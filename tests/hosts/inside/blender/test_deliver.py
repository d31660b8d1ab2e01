"""Delivery: the signed file and its receipt, what is refused, and what the scene depends on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from blender_profile import module
from pixels import plate


@pytest.fixture
def likeness(scene: Any, world: dict[str, Any]) -> Any:
    """The plate with the likeness on it."""
    image = bpy.data.images.load(str(plate(world, "u8")))
    assert bpy.ops.sosie.apply(image=image.name) == {"FINISHED"}
    return scene.sosie.image


def test_a_likeness_is_delivered_with_a_receipt_and_verifies(
    desk: Any, likeness: Any, tmp_path: Path, outside: Callable[..., Any], world: dict[str, Any]
) -> None:
    for name in ("final.jpg", "final.png"):
        path = tmp_path / name
        assert bpy.ops.sosie.deliver(image=likeness.name, filepath=str(path)) == {"FINISHED"}
        assert desk.receipt.path == path
        assert desk.receipt.delivery.twin == world["twin"]
        assert likeness["sosie_receipt"] == desk.receipt.delivery.receipt
        said = outside("verify", str(path))
        assert said["status"] == 0, said["words"]


def test_a_scene_linear_image_is_delivered_as_it_is_seen(scene: Any) -> None:
    """AgX keeps a bright grey darker than sRGB does: the delivered file shows what the editor shows."""
    image = bpy.data.images.new("linear", 8, 8, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    image.pixels.foreach_set(np.full(8 * 8 * 4, 0.8, np.float32))
    image.update()
    image.use_view_as_render = True  # what "View as Render" in the image editor says
    looks = {}
    for transform in ("Standard", "AgX"):
        scene.view_settings.view_transform = transform
        looks[transform] = module("host.looks").displayed(image, scene)[0, 0, 0]
    assert abs(looks["Standard"] - 0.9063) < 0.002, "0.8 as sRGB has it"
    assert abs(looks["AgX"] - looks["Standard"]) > 0.02


def test_a_licence_that_ended_is_refused_and_shown(
    desk: Any, scene: Any, likeness: Any, tmp_path: Path, outside: Callable[..., Any], world: dict[str, Any]
) -> None:
    people = module("host.marks").people(scene)
    assert people == {world["twin"]: [likeness.name]}
    outside("suspend")
    try:
        assert bpy.ops.sosie.refresh() == {"FINISHED"}
        assert "suspended" in " ".join(module("model.use").standing(desk.twins[0], 0))
        assert module("host.panels").warnings_of(scene, 1)
        with pytest.raises(RuntimeError, match="suspended"):
            bpy.ops.sosie.deliver(image=likeness.name, filepath=str(tmp_path / "no.jpg"))
        assert not (tmp_path / "no.jpg").exists()
    finally:
        outside("resume")
    assert bpy.ops.sosie.refresh() == {"FINISHED"}
    assert module("host.panels").warnings_of(scene, 1) == []


def test_a_licence_revoked_for_good_leaves_the_image_and_refuses_everything_else(
    desk: Any, scene: Any, likeness: Any, tmp_path: Path, outside: Callable[..., Any], world: dict[str, Any]
) -> None:
    outside("revoke", desk.find(world["twin"]).licence)
    try:
        assert bpy.ops.sosie.refresh() == {"FINISHED"}
        twin = desk.find(world["twin"])
        assert twin.state == "revoked"
        assert "The licence is revoked." in module("model.use").standing(twin, 0)
        assert module("host.panels").warnings_of(scene, 1)
        for refused in (
            lambda: bpy.ops.sosie.deliver(image=likeness.name, filepath=str(tmp_path / "no.jpg")),
            lambda: bpy.ops.sosie.apply(image=likeness.name),
            bpy.ops.sosie.add_head,
        ):
            with pytest.raises(RuntimeError, match="revoked"):
                refused()
            assert desk.notice.button == "sosie.open_registry"
        assert not (tmp_path / "no.jpg").exists()
        assert likeness["sosie_twin"] == world["twin"], "the artist's work stays"
    finally:
        outside("license", str(90 * 86_400))  # for the other tests
    end = time.monotonic() + 60
    while desk.find(world["twin"]).state != "active" and time.monotonic() < end:
        assert bpy.ops.sosie.refresh() == {"FINISHED"}
    assert bpy.ops.sosie.deliver(image=likeness.name, filepath=str(tmp_path / "again.jpg")) == {"FINISHED"}


def test_what_will_be_refused_is_said_before_a_long_render(scene: Any, world: dict[str, Any]) -> None:
    warn = module("host.panels").warnings_of
    scene.sosie.on_frames = True
    assert warn(scene, 10) == []
    assert "renders left" in warn(scene, 10_000_000)[0]
    scene.sosie.territory = world["forbidden_territory"]
    assert world["forbidden_territory"] in warn(scene, 1)[0]


def test_a_head_of_somebody_unlicensed_is_said_before_the_render(
    desk: Any, scene: Any, world: dict[str, Any], outside: Callable[..., Any]
) -> None:
    warn = module("host.panels").warnings_of
    stranger = bpy.data.objects.new("stranger", None)
    stranger["sosie_twin"] = "twn_stranger"
    scene.collection.objects.link(stranger)
    assert warn(scene, 1) == ["This seat has no licence for twn_stranger."]
    stranger["sosie_twin"] = world["twin"]
    assert warn(scene, 1) == []
    outside("suspend")
    try:
        bpy.ops.sosie.refresh()
        (said,) = warn(scene, 1)
        assert "suspended" in said
        scene.render.engine, scene.render.resolution_percentage = "CYCLES", 2
        bpy.ops.render.render()
        assert "suspended" in desk.notice.text
    finally:
        outside("resume")


@pytest.mark.parametrize(
    ("code", "error", "button"),
    [
        ("agent_not_installed", "AgentError", "sosie.copy_install"),
        ("agent_not_running", "AgentError", "sosie.refresh"),
        ("offline", "RegistryError", "sosie.go_online"),
        ("not_enrolled", "RegistryError", "sosie.sign_in"),
        ("lease_expired", "RefusedError", "sosie.refresh"),
        ("licence_expired", "RefusedError", "sosie.open_registry"),
        ("nothing_to_deliver", "RefusedError", ""),
    ],
)
def test_a_message_has_the_button_that_helps(desk: Any, code: str, error: str, button: str) -> None:
    kind = getattr(module("_sosie.errors"), error)
    notice = desk.failed(kind("What happened.", remedy="What to do.", code=code))
    assert notice.button == button
    if button:
        group, name = button.split(".")
        assert getattr(getattr(bpy.ops, group), name).get_rna_type().name  # there is such an operator


def test_a_picture_of_nobody_is_not_delivered(scene: Any, tmp_path: Path) -> None:
    bpy.data.images.new("nobody", 8, 8)
    with pytest.raises(RuntimeError, match=r"\[nothing_to_deliver\]"):
        bpy.ops.sosie.deliver(image="nobody", filepath=str(tmp_path / "no.jpg"))
    with pytest.raises(RuntimeError, match=r"\.jpg or a \.png"):
        bpy.ops.sosie.deliver(image="nobody", filepath=str(tmp_path / "no.gif"))
