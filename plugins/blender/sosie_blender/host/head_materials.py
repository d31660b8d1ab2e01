"""The head's materials: skin from the twin's maps, eyes from her iris. Principled only, for Cycles and EEVEE alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .._sosie.messages import Head
from . import marks

#: Which maps are colours.
COLOUR = {"albedo": "sRGB", "roughness": "Non-Color", "relief": "Non-Color"}
#: Light travels this far under skin, in metres, and red further than blue (Jensen et al. 2001, their order).
SCATTER, RADIUS, WEIGHT = 0.003, (1.0, 0.35, 0.2), 0.15
#: A height map's white is this many metres above its black.
RELIEF = 0.0008
DARK_MOUTH = (0.03, 0.006, 0.005)
WHITE, BLACK = (0.36, 0.31, 0.28), (0.002, 0.002, 0.002)


def images(told: Head, maps: dict[str, Path], *, pack: bool) -> dict[str, Any]:
    """The maps as images, marked with their licence; those of the same twin and revision are used again."""
    found = {}
    for name, path in maps.items():
        called = f"{told.twin} r{told.revision} {name}"
        image = bpy.data.images.get(called) or bpy.data.images.load(str(path))
        image.name = called
        image.colorspace_settings.name = COLOUR[name]
        marks.put(image, told.twin, told.licence, revision=told.revision)
        if pack and not image.packed_file:
            image.pack()
        found[name] = image
    return found


def skin(told: Head, maps: dict[str, Any]) -> Any:
    """Albedo, roughness, pores as bumps, and light under the skin."""
    material, shader = _principled(f"{told.twin} skin", (0.5, 0.5, 0.5), 0.5)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    place = {"albedo": 200, "roughness": -100, "relief": -400}
    textures = {}
    for name, image in maps.items():
        node = nodes.new("ShaderNodeTexImage")
        node.image, node.label, node.location = image, name.capitalize(), (-700, place[name])
        node.interpolation = "Cubic"
        textures[name] = node.outputs["Color"]
    links.new(textures["albedo"], shader.inputs["Base Color"])
    links.new(textures["roughness"], shader.inputs["Roughness"])
    bump = nodes.new("ShaderNodeBump")
    bump.location, bump.inputs["Distance"].default_value = (-300, -400), RELIEF
    links.new(textures["relief"], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], shader.inputs["Normal"])
    shader.inputs["Subsurface Weight"].default_value = WEIGHT
    shader.inputs["Subsurface Scale"].default_value = SCATTER
    shader.inputs["Subsurface Radius"].default_value = RADIUS
    shader.inputs["Specular IOR Level"].default_value = 0.35
    return material


def mouth(told: Head) -> Any:
    """The dark between the lips: no photograph shows what is there."""
    return _principled(f"{told.twin} mouth", DARK_MOUTH, 0.6)[0]


def eyes(told: Head) -> list[Any]:
    """White, iris, pupil; the wet surface is their low roughness."""
    colours = {"white": WHITE, "iris": told.iris, "pupil": BLACK}
    return [_principled(f"{told.twin} {name}", colour, 0.08)[0] for name, colour in colours.items()]


def _principled(name: str, colour: tuple[float, float, float], roughness: float) -> tuple[Any, Any]:
    material = bpy.data.materials.new(name)
    if not material.node_tree:
        material.use_nodes = True  # 5.0 always has them, and deprecates the switch
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = roughness
    material.diffuse_color = (*colour, 1)
    return material, shader
