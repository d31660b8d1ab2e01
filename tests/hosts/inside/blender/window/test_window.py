"""The job of an artist in Blender's window, from signing in to a revoked licence, with pictures of each step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from blender_profile import PACKAGE, module
from pixels import plate
from test_frames import build_stage
from test_outputs import LAYERS, write_as

from conftest import areas, region  # type: ignore[attr-defined]

Wait = Callable[..., bool]


def side() -> Any:
    return region(max(areas("VIEW_3D"), key=lambda one: one.width), "UI")


@pytest.fixture
def editor(window: Any, wait: Wait) -> Any:
    """The lower editor shows images, its side bar Sosie's tab."""
    area = max(areas("VIEW_3D"), key=lambda one: one.width)
    area.type = "IMAGE_EDITOR"
    area.spaces.active.show_region_ui = True
    wait(seconds=1.0)
    region(area, "UI").active_panel_category = "Sosie"
    wait(seconds=0.5)
    yield area
    area.type = "VIEW_3D"


def test_signing_in_applying_delivering_and_revoking(
    window: Any,
    editor: Any,
    desk: Any,
    world: dict[str, Any],
    outside: Callable[..., Any],
    invoke: Callable[..., Any],
    shoot: Callable[..., None],
    wait: Wait,
    tmp_path: Path,
) -> None:
    told = outside("newcomer")
    session = module("_sosie.client").Session
    desk.connect = lambda: session.connect("host tests", start=False, home=Path(told["home"]))
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.registry = told["registry"]
    invoke(bpy.ops.sosie.refresh, editor)
    assert wait(lambda: desk.standing.state == "out")
    shoot("signed-out", region(editor, "UI"))
    assert invoke(bpy.ops.sosie.sign_in, editor) == {"RUNNING_MODAL"}
    assert wait(lambda: desk.sign_in is not None)
    shoot("code", region(editor, "UI"))
    outside("approve", desk.sign_in.code)
    assert wait(lambda: desk.standing.state == "in" and not desk.busy)
    scene = bpy.context.scene
    assert scene.sosie.twin == world["twin"]

    editor.spaces.active.image = image = bpy.data.images.load(str(plate(world, "u8")))
    assert invoke(bpy.ops.sosie.apply, editor, image=image.name) == {"RUNNING_MODAL"}
    assert not bpy.ops.sosie.apply.poll(), "one request at a time"
    assert wait(lambda: desk.task is None or desk.task.fraction > 0.1)
    shoot("progress", region(editor, "UI"))
    assert wait(lambda: not desk.busy), desk.task
    made = editor.spaces.active.image
    assert made.get("sosie_twin") == world["twin"], desk.notice
    shoot("applied")

    final = tmp_path / "final.jpg"
    invoke(bpy.ops.sosie.deliver, editor, image=made.name, filepath=str(final))
    assert wait(lambda: not desk.busy)
    assert desk.receipt, desk.notice
    assert outside("verify", str(final))["status"] == 0
    shoot("delivered", region(editor, "UI"))

    outside("suspend")
    try:
        invoke(bpy.ops.sosie.refresh, editor)
        assert wait(lambda: not desk.busy)
        invoke(bpy.ops.sosie.deliver, editor, image=made.name, filepath=str(tmp_path / "no.jpg"))
        assert wait(lambda: not desk.busy)
        assert "suspended" in desk.notice.text
        shoot("refused", region(editor, "UI"))
    finally:
        outside("resume")
    assert not (tmp_path / "no.jpg").exists()


def test_the_panel_in_three_languages(window: Any, desk: Any, shoot: Callable[..., None], wait: Wait) -> None:
    scene, view = bpy.context.scene, bpy.context.preferences.view
    scene.sosie.on_frames = True
    shoot("panel", side())
    for language, label, refusal in (
        ("fr", "Doubles", "Le mannequin a révoqué cette licence."),
        ("es", "Dobles", "La modelo ha revocado esta licencia."),
    ):
        view.language = next(
            name for name in ("fr", "fr_FR", "es", "es_ES") if name[:2] == language and has_language(name)
        )
        try:
            tr = module("host.words").tr
            assert tr("Twins") == label
            assert tr("The talent has revoked this licence.") == refusal, "what the agent says, too"
            wait(seconds=0.5)
            shoot(f"panel-{language}", side())
        finally:
            view.language = "DEFAULT"


def has_language(name: str) -> bool:
    try:
        bpy.context.preferences.view.language = name
    except TypeError:
        return False
    return True


def test_frames_rendered_from_the_window_get_the_likeness_while_it_stays_alive(
    window: Any,
    desk: Any,
    world: dict[str, Any],
    outside: Callable[..., Any],
    invoke: Callable[..., Any],
    shoot: Callable[..., None],
    wait: Wait,
    tmp_path: Path,
) -> None:
    scene = build_stage(bpy.context.scene, plate(world, "u8"), tmp_path / "f_")
    scene.sosie.on_matte = True
    busy: list[bool] = []
    invoke(bpy.ops.render.render, animation=True)
    made = [tmp_path / "likeness" / f"f_000{number}.png" for number in (1, 2, 3)]

    def finished() -> bool:
        busy.append(desk.busy)
        return all(path.is_file() for path in made) and not desk.busy

    assert wait(finished, 120), desk.notice
    assert any(busy), "the event loop had its turns meanwhile"
    assert desk.notice.kind == "note"
    shoot("rendered")
    final = tmp_path / "final.jpg"
    invoke(bpy.ops.sosie.deliver_rendered, filepath=str(final))
    assert wait(lambda: not desk.busy)
    assert outside("verify", str(final))["status"] == 0, desk.notice
    wait(seconds=1.0)  # panels grow slowly
    shoot("rendered-delivered", side())
    scene.sosie.territory = world["forbidden_territory"]
    stamps = [path.stat().st_mtime_ns for path in made]
    invoke(bpy.ops.render.render, animation=True)
    assert wait(lambda: desk.notice is not None and desk.notice.code == "territory_not_licensed", 60)
    assert wait(lambda: not bpy.app.is_job_running("RENDER"), 60)
    assert [path.stat().st_mtime_ns for path in made] == stamps
    shoot("warned")
    grades_in_french(window, invoke, made[0])
    scene.sosie.territory, scene.frame_end = "FR", 2
    write_as(scene, LAYERS, exr_codec="PIZ")
    made += [tmp_path / "likeness" / f"f_000{number}.exr" for number in (1, 2)]
    invoke(bpy.ops.render.render, animation=True)
    assert wait(finished, 120), desk.notice
    assert scene.render.image_settings.exr_codec == "PIZ"
    write_as(scene, "FFMPEG")
    invoke(bpy.ops.render.render, animation=True)
    assert wait(
        lambda: desk.notice is not None and desk.notice.text.startswith("A movie takes no likeness"), 60
    )
    assert wait(lambda: not bpy.app.is_job_running("RENDER"), 60)
    assert sorted((tmp_path / "likeness").glob("*.*")) == sorted(made), (
        "the movie is there, and no likeness of it"
    )


def grades_in_french(window: Any, invoke: Callable[..., Any], frame: Path) -> None:
    """The dials of the compositor's node group, and their tooltips, speak the artist's language."""
    scene, view = window.scene, bpy.context.preferences.view
    image = bpy.data.images.load(str(frame))
    view.language = next(name for name in ("fr", "fr_FR") if has_language(name))
    try:
        assert invoke(bpy.ops.sosie.grade, image=image.name) == {"FINISHED"}
    finally:
        view.language = "DEFAULT"
    tree = next(node for node in window.scene.compositing_node_group.nodes if node.type == "GROUP").node_tree
    dials = [item for item in tree.interface.items_tree if item.in_out == "INPUT"]
    assert [dial.name for dial in dials] == ["Visage", "Alentours", "Exposition", "Saturation"]
    assert dials[2].description == "En diaphragmes, sur le visage seul"
    window.scene = scene


def test_the_asset_browser_shows_the_twins_and_a_head_comes_of_one(
    window: Any,
    desk: Any,
    world: dict[str, Any],
    invoke: Callable[..., Any],
    shoot: Callable[..., None],
    wait: Wait,
    tmp_path: Path,
) -> None:
    bpy.context.preferences.addons[PACKAGE].preferences.library = str(tmp_path)
    invoke(bpy.ops.sosie.make_library)
    assert wait(lambda: not desk.busy)
    assert (tmp_path / f"{world['twin']}.blend").is_file(), desk.notice
    with bpy.context.temp_override(window=window):
        assert bpy.ops.sosie.show_library() == {"FINISHED"}
    view = max(areas("VIEW_3D"), key=lambda one: one.width)
    with bpy.context.temp_override(window=window, area=view):
        bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.35)
    browser, view = sorted(areas("VIEW_3D"), key=lambda one: one.y)[:2]
    browser.ui_type = "ASSETS"
    wait(seconds=1.5)
    browser.spaces.active.params.asset_library_reference = "Sosie"
    with bpy.context.temp_override(window=window, area=browser, region=region(browser, "WINDOW")):
        bpy.ops.asset.library_refresh()
    wait(seconds=2.0)
    for one in list(bpy.data.objects):
        bpy.data.objects.remove(one)
    invoke(bpy.ops.sosie.add_head, view)
    assert wait(lambda: not desk.busy), desk.task
    head = bpy.context.view_layer.objects.active
    assert head is not None, desk.notice
    assert len(head.data.shape_keys.key_blocks) == 53
    space = view.spaces.active
    space.shading.color_type, space.overlay.show_floor = "TEXTURE", False
    space.region_3d.view_perspective = "PERSP"
    with bpy.context.temp_override(window=window, area=view, region=region(view, "WINDOW")):
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_orbit(angle=0.5, type="ORBITLEFT")
        bpy.ops.view3d.view_selected()
    wait(seconds=1.0)
    shoot("assets")
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo()
    assert not [one for one in bpy.data.objects if "sosie_head" in one]
    libraries = bpy.context.preferences.filepaths.asset_libraries
    libraries.remove(next(one for one in libraries if one.name == "Sosie"))


def test_esc_stops_and_a_choice_can_be_undone(
    window: Any, desk: Any, world: dict[str, Any], invoke: Callable[..., Any], wait: Wait
) -> None:
    image = bpy.data.images.load(str(plate(world, "u8")))
    invoke(bpy.ops.sosie.apply, image=image.name)
    invoke(bpy.ops.sosie.cancel)
    assert wait(lambda: not desk.busy)
    assert desk.notice is None
    assert f"{image.name} (likeness)" not in bpy.data.images
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo_push(message="before")
    invoke(bpy.ops.sosie.choose, twin="twn_other")
    assert bpy.context.scene.sosie.twin == "twn_other"
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo()
    assert bpy.context.scene.sosie.twin == world["twin"]
