"""The twins in Blender's asset browser: a library of their own, with a catalogue, faces, and the licence in words.

An asset is a stand-in: an empty that names the twin. Mesh and maps come only when "Add Head" asks the agent, with the
stand-in selected, and takes its place: a library holds nobody's likeness but a thumbnail. Blender learns of the library
only by the artist's click.
"""

from __future__ import annotations

import re
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import bpy

from .._sosie.errors import OptionError
from .._sosie.messages import TwinInfo
from ..model.task import Task
from ..model.use import standing
from . import marks
from .properties import PACKAGE, preferences
from .state import desk
from .words import tr
from .working import Working

NAME, CATALOGUE = "Sosie", "Sosie/Twins"
#: The same in every library, so that catalogues of two machines are one.
CATALOGUE_ID = str(uuid.uuid5(uuid.NAMESPACE_URL, "sosie:catalogue:twins"))
PARENT_ID = str(uuid.uuid5(uuid.NAMESPACE_URL, "sosie:catalogue"))
CATALOGUES = f"""# Catalogues of Sosie's asset library, in Blender's own format.
VERSION 1
{PARENT_ID}:{NAME}:{NAME}
{CATALOGUE_ID}:{CATALOGUE}:Sosie-Twins
"""
#: What a stand-in says of itself.
STAND_IN = "sosie_stand_in"


def folder() -> Path:
    """Where the library is: the preferences say, else the add-on's own folder."""
    chosen = preferences().library
    if chosen:
        return Path(bpy.path.abspath(chosen))
    return Path(bpy.utils.extension_path_user(PACKAGE, path="library", create=True))


def registered(where: Path) -> bool:
    """Whether Blender lists the library."""
    libraries = bpy.context.preferences.filepaths.asset_libraries
    return any(Path(one.path).resolve() == where.resolve() for one in libraries)


class SOSIE_OT_make_library(Working, bpy.types.Operator):
    """Write a stand-in for each twin into Sosie's asset library, with her face and her licence in words"""

    bl_idname = "sosie.make_library"
    bl_label = "Write Asset Library"

    def start(self, _context: Any) -> Task:
        """The list as it is now."""
        online = bpy.app.online_access
        return desk.begin("Asking for the twins", lambda session, _: desk.read(session, refresh=online))

    def finish(self, context: Any, answer: list[TwinInfo]) -> str:
        """One file a twin; those no longer licensed go."""
        where = folder()
        where.mkdir(parents=True, exist_ok=True)
        (where / "blender_assets.cats.txt").write_text(CATALOGUES, "utf-8")
        kept = {_write(context, where, twin) for twin in answer}
        for old in where.glob("twn_*.blend"):
            if old not in kept:
                old.unlink()
        return tr("{number} twins are in {folder}.").format(number=len(answer), folder=where)


class SOSIE_OT_show_library(bpy.types.Operator):
    """Add Sosie's asset library to Blender's preferences, so that the asset browser shows it"""

    bl_idname = "sosie.show_library"
    bl_label = "Show in Asset Browser"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There is one, and Blender does not know it."""
        where = folder()
        return (where / "blender_assets.cats.txt").exists() and not registered(where)

    def execute(self, _context: Any) -> set[str]:
        """Only the entry; nothing is copied."""
        bpy.context.preferences.filepaths.asset_libraries.new(name=NAME, directory=str(folder()))
        self.report({"INFO"}, tr("The asset browser lists the library {name}.").format(name=NAME))
        return {"FINISHED"}


def _write(context: Any, where: Path, twin: TwinInfo) -> Path:
    if not re.fullmatch(r"twn_[\w-]+", twin.twin):
        raise OptionError(f"{twin.twin} cannot name a file.", remedy="Tell the registry's operator.")
    made = bpy.data.objects.new(twin.display_name, None)
    try:
        made.empty_display_type, made.empty_display_size = "SPHERE", 0.12
        made[STAND_IN] = True
        marks.put(made, twin.twin, twin.licence, revision=twin.revision)
        made.asset_mark()
        told = made.asset_data
        told.catalog_id = CATALOGUE_ID
        told.author = twin.display_name
        told.license = f"{twin.licence}: " + "; ".join(filter(None, standing(twin, time.time(), tr)))
        told.copyright = tr("The likeness belongs to {name}.").format(name=twin.display_name)
        told.description = tr("A licensed person. Drop it into the scene, then press Add Head.")
        told.tags.new("Sosie")
        _preview(context, made, twin)
        path = where / f"{twin.twin}.blend"
        bpy.data.libraries.write(str(path), {made}, fake_user=True, compress=True)
        return path
    finally:
        bpy.data.objects.remove(made)


def _preview(context: Any, made: Any, twin: TwinInfo) -> None:
    if data := desk.thumbnails.get(twin.twin):
        with tempfile.TemporaryDirectory() as scratch:
            picture = Path(scratch) / "twin.jpg"
            picture.write_bytes(data)
            with context.temp_override(id=made):
                bpy.ops.ed.lib_id_load_custom_preview(filepath=str(picture))


def draw(layout: Any) -> None:
    """Its two buttons."""
    row = layout.row(align=True)
    row.operator("sosie.make_library", icon="ASSET_MANAGER")
    row.operator("sosie.show_library", text="", icon="HIDE_OFF")


CLASSES = (SOSIE_OT_make_library, SOSIE_OT_show_library)
