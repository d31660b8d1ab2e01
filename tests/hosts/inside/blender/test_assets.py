"""The twins in an asset library: a stand-in with a face and the licence in words, that becomes a head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest
from blender_profile import PACKAGE


@pytest.fixture
def library(scene: Any, tmp_path: Path) -> Path:
    bpy.context.preferences.addons[PACKAGE].preferences.library = str(tmp_path)
    (tmp_path / "twn_gone.blend").write_bytes(b"a licence that ended")
    assert bpy.ops.sosie.make_library() == {"FINISHED"}
    return tmp_path


def stand_in(library: Path, world: dict[str, Any]) -> Any:
    with bpy.data.libraries.load(str(library / f"{world['twin']}.blend"), assets_only=True) as (there, here):
        here.objects = there.objects
    (made,) = here.objects
    return made


def test_each_twin_is_an_asset_with_its_terms(library: Path, world: dict[str, Any]) -> None:
    assert [one.name for one in library.glob("*.blend")] == [f"{world['twin']}.blend"]
    made = stand_in(library, world)
    line = (library / "blender_assets.cats.txt").read_text("utf-8").splitlines()[-1]
    assert line == f"{made.asset_data.catalog_id}:Sosie/Twins:Sosie-Twins"
    assert made.asset_data.author == made.name
    assert made.asset_data.license.startswith("lic_")
    assert "renders" in made.asset_data.license
    assert tuple(made.preview.image_size) == (256, 256)
    assert not bpy.data.meshes.get(made.name)  # nobody's mesh is in a library


def test_a_library_is_registered_only_by_a_click(library: Path) -> None:
    libraries = bpy.context.preferences.filepaths.asset_libraries
    before = len(libraries)
    assert bpy.ops.sosie.show_library() == {"FINISHED"}
    assert len(libraries) == before + 1
    assert Path(libraries[-1].path) == library
    assert not bpy.ops.sosie.show_library.poll()
    libraries.remove(libraries[-1])


def test_a_head_takes_the_stand_ins_place(scene: Any, library: Path, world: dict[str, Any]) -> None:
    made = stand_in(library, world)
    scene.collection.objects.link(made)
    made.location = (1, 2, 3)
    bpy.context.view_layer.objects.active = made
    made.select_set(True)
    bpy.context.view_layer.update()
    scene.sosie.twin = world["twin"]
    name = made.name
    assert bpy.ops.sosie.add_head() == {"FINISHED"}
    head = bpy.context.object
    assert head.data.shape_keys is not None
    assert tuple(round(value, 4) for value in head.location) == (1, 2, 3)
    assert not [one for one in bpy.data.objects if one.name == name and one.type == "EMPTY"]
