"""The scene's settings, saved with it, and the preferences."""

from __future__ import annotations

from typing import Any

import bpy

from .._sosie.client.use import MEDIA, PURPOSES
from ..model.use import AS_LICENSED

PACKAGE = __package__.rpartition(".")[0]
#: Fields of `RenderOptions`, in the order in which they are shown.
OPTIONS = ("strength", "detail", "exposure", "brows", "lips", "tone", "skin", "grain")


def _items(words: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(word, word.replace("_", " ").capitalize(), "") for word in words]


class SosieSettings(bpy.types.PropertyGroup):
    """Who, what for, and how; one for each scene."""

    twin: bpy.props.StringProperty(name="Twin", description="The licensed person")
    purpose: bpy.props.EnumProperty(
        name="Purpose", description="What the picture is for", items=_items(PURPOSES)
    )
    media: bpy.props.EnumProperty(
        name="Medium", description="Where it will be seen", items=_items((AS_LICENSED, *MEDIA))
    )
    territory: bpy.props.StringProperty(
        name="Territory", description="Countries as ISO codes (FR, BE); empty: all that are licensed"
    )
    categories: bpy.props.StringProperty(
        name="Categories", description="Sensitive subjects in the picture, if any (swimwear, alcohol)"
    )
    image: bpy.props.PointerProperty(type=bpy.types.Image, name="Image", description="The image to work on")
    strength: bpy.props.FloatProperty(
        name="Strength",
        description="0 is the picture as it was, 1 the full likeness",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    detail: bpy.props.FloatProperty(
        name="Detail",
        description="Pores and lines: 0 none, 1 as captured, up to 2",
        default=1.0,
        min=0.0,
        max=2.0,
    )
    exposure: bpy.props.FloatProperty(
        name="Exposure",
        description="Of the twin's skin, in stops: how bright it is in this light is an estimate",
        default=0.0,
        min=-2.0,
        max=2.0,
    )
    brows: bpy.props.BoolProperty(
        name="Brows", description="The twin's brows; off keeps the picture's", default=True
    )
    lips: bpy.props.BoolProperty(
        name="Lips", description="The twin's lips; off keeps the picture's", default=True
    )
    tone: bpy.props.BoolProperty(
        name="Skin tone", description="The twin's skin tone; off keeps the picture's", default=True
    )
    skin: bpy.props.BoolProperty(
        name="Neck and ears", description="Neck, ears and hands take the twin's tone", default=True
    )
    grain: bpy.props.BoolProperty(
        name="Grain", description="The picture's own grain on the likeness", default=True
    )
    face_by: bpy.props.EnumProperty(
        name="Face",
        description="Which face takes the likeness",
        items=[
            ("LARGEST", "Largest", "The largest face of the frame"),
            ("INDEX", "By number", "Counted from the left"),
            ("POINT", "By click", "The face you clicked on"),
            (
                "OBJECT",
                "By object",
                "The face where this object is seen",
            ),
        ],
    )
    face_index: bpy.props.IntProperty(name="Number", description="Counted from the left, from 0", min=0)
    face_point: bpy.props.FloatVectorProperty(
        name="Point", description="From the lower left corner, 0 to 1", size=2, default=(0.5, 0.5)
    )
    face_object: bpy.props.PointerProperty(
        type=bpy.types.Object, name="Object", description="Whose face it is in the frame"
    )
    on_matte: bpy.props.BoolProperty(
        name="Matte for grading",
        description="Each frame with the likeness also gets a matte of the face, for the compositor",
    )
    on_frames: bpy.props.BoolProperty(
        name="Apply to rendered frames",
        description="Each written frame also gets the likeness, in a folder `likeness` beside it",
    )


class SosiePreferences(bpy.types.AddonPreferences):
    """What is the same for all files."""

    bl_idname = PACKAGE

    registry: bpy.props.StringProperty(
        name="Registry", description="The address your brand's administrator gave you"
    )
    library: bpy.props.StringProperty(
        name="Asset library", description="Where Sosie keeps its asset library", subtype="DIR_PATH"
    )

    def draw(self, _context: Any) -> None:
        """Address, library, and what is off."""
        column = self.layout.column()
        column.prop(self, "registry")
        column.prop(self, "library")
        if not bpy.app.online_access:
            column.label(
                text="Online access is off: only what this machine holds can be used.",
                icon="INTERNET_OFFLINE",
            )
        row = column.row()
        row.operator("sosie.sign_in", icon="USER")
        row.operator("sosie.make_library", icon="ASSET_MANAGER")


def preferences() -> Any:
    """This add-on's preferences."""
    return bpy.context.preferences.addons[PACKAGE].preferences


CLASSES = (SosieSettings, SosiePreferences)


def register() -> None:
    """Every scene has settings."""
    bpy.types.Scene.sosie = bpy.props.PointerProperty(type=SosieSettings)


def unregister() -> None:
    """None has."""
    del bpy.types.Scene.sosie
