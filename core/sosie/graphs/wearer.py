"""Somebody rendered who wears or holds something: where things go on a head, and how they get into the scene. Build time only,
in a Python that has `bpy`.

Places are told in metres from the mid-eye point, in the head's own frame: to the right in the picture, out of the face,
upwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Random = np.random.Generator
#: The part of what is worn or held, beside those of the test people and the hand.
ACCESSORY = 12
#: Around a ring, and around what the head is cut into.
AROUND = np.linspace(0, 2 * np.pi, 72, endpoint=False)
#: The middle of a head, and where it ends below; its outline is as even as so many waves around it can make it.
MIDDLE, BELOW, WAVES = np.array([0, -0.07, 0.0]), -0.16, 14


@dataclass(frozen=True, eq=False)
class Wearer:
    """Of somebody posed: the `frame` (rows: right, out, up), the body's `surface` (n, 3) and its `faces` in that frame, and
    half the distance of the eyes.
    """

    made_by: Any
    frame: Array
    surface: Array
    faces: list[list[int]]
    eye: float

    def front(self, x: float, z: float, within: float = 0.012) -> float:
        """How far the face reaches out at a place."""
        near = np.hypot(self.surface[:, 0] - x, self.surface[:, 2] - z) < within
        return float(self.surface[near, 1].max()) if near.any() else 0.0

    def temple(self) -> float:
        """How far to the side a temple is, and a little more."""
        beside = (np.abs(self.surface[:, 2]) < 0.012) & (np.abs(self.surface[:, 1] + 0.04) < 0.012)
        return float(np.abs(self.surface[beside, 0]).max()) + 0.003

    def around(self, normal: Array, off: float) -> Array:
        """(72, 3): where the plane `off` along the unit `normal` cuts the head, a little outside."""
        head = self.surface[self.surface[:, 2] > BELOW] - MIDDLE
        first = np.cross(normal, [0, 1, 0.3] if abs(normal[1]) < 0.8 else [1, 0, 0])
        first /= np.linalg.norm(first)
        second = np.cross(normal, first)
        off -= float(MIDDLE @ normal)
        near = head[np.abs(head @ normal - off) < 0.012]
        turn, far = np.arctan2(near @ second, near @ first), np.hypot(near @ first, near @ second)
        apart = np.abs((AROUND[:, None] - turn + np.pi) % (2 * np.pi) - np.pi)
        reach = np.where(apart < 0.12, far, 0).max(1)
        reach = np.where(reach > 0, reach, np.median(reach))
        waves = np.fft.fftfreq(len(AROUND), 1 / len(AROUND)) / WAVES
        reach = np.real(np.fft.ifft(np.fft.fft(reach) * np.exp(-(waves**2)))) + 0.003
        turned = np.cos(AROUND)[:, None] * first + np.sin(AROUND)[:, None] * second
        return np.asarray(MIDDLE + off * normal + reach[:, None] * turned)

    def mesh(self, points: Array, faces: list[list[int]], material: Any, part: int = ACCESSORY) -> None:
        """Something of `points` (n, 3), into the scene."""
        data = self.made_by.bpy.data.meshes.new("accessory")
        data.from_pydata((points @ self.frame).tolist(), [], faces)
        data.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
        self._put(data, material, part)

    def rings(self, rings: list[Array], material: Any) -> None:
        """A skin over `rings` (m, 3) of as many points each."""
        count = len(rings[0])
        faces = [
            [row * count + one, row * count + after, (row + 1) * count + after, (row + 1) * count + one]
            for row in range(len(rings) - 1)
            for one, after in ((one, (one + 1) % count) for one in range(count))
        ]
        self.mesh(np.concatenate(rings), faces, material)

    def ball(self, at: Array, radii: Array, material: Any) -> None:
        """A ball, or an egg, around `at`."""
        turn = AROUND[::3]
        circle = np.column_stack([np.cos(turn), np.sin(turn), np.ones_like(turn)])
        heights = np.linspace(-np.pi / 2, np.pi / 2, 13)
        self.rings([at + circle * [np.cos(z), np.cos(z), np.sin(z)] * radii for z in heights], material)

    def tube(self, points: Array, radius: float, material: Any, *, closed: bool = False) -> None:
        """A tube along `points` (n, 3), into the scene."""
        data = self.made_by.bpy.data.curves.new("accessory", "CURVE")
        data.dimensions, data.bevel_depth, data.bevel_resolution, data.use_fill_caps = "3D", radius, 4, True
        spline = data.splines.new("POLY")
        spline.points.add(len(points) - 1)
        spline.points.foreach_set("co", np.column_stack([points @ self.frame, np.ones(len(points))]).ravel())
        spline.use_cyclic_u = closed
        self._put(data, material, ACCESSORY)

    def _put(self, data: Any, material: Any, part: int) -> None:
        bpy = self.made_by.bpy
        data.materials.append(material)
        thing = bpy.data.objects.new("accessory", data)
        thing.pass_index = part
        bpy.context.scene.collection.objects.link(thing)


def wearer_of(made_by: Any, posed: Any) -> Wearer:
    """The person `posed` of render_lib's, `made_by`."""
    base = made_by.base()
    right, up, out = (posed.head_R @ axis for axis in np.eye(3))
    frame = made_by.to_blender(np.stack([right, out, up]))
    frame /= np.linalg.norm(frame, axis=1, keepdims=True)
    faces = [
        [vertex for vertex, _ in face]
        for face, group in zip(base.faces, base.groups, strict=True)
        if group == "body"
    ]
    surface = np.full_like(posed.base_v, -9)  # what is no body is far away
    body = np.unique(np.concatenate(faces))
    surface[body] = posed.base_v[body] @ frame.T
    left, other = (base.joint(posed.base_v, f"eye.{side}____head") for side in "LR")
    return Wearer(made_by, frame, surface, faces, float(np.linalg.norm(left - other) / 2))


def stuff(made_by: Any, random: Random, *, rough: bool = False) -> Any:
    """Metal, plastic, or, where it is `rough`, cloth and foam: any brightness, black, white and skin's colours often."""
    material, nodes, links = made_by.nodes_new(f"accessory{random.integers(1 << 40)}")
    out, shader = nodes.new("ShaderNodeOutputMaterial"), nodes.new("ShaderNodeBsdfPrincipled")
    draw = random.random()
    if draw < 0.4:
        colour = np.full(3, random.uniform(0.005, 0.03))
    elif draw < 0.55:
        colour = random.uniform(0.5, 0.9) * np.array([1, random.uniform(0.85, 1), random.uniform(0.75, 1)])
    elif draw < 0.75:
        hue = np.array([1, random.uniform(0.5, 0.75), random.uniform(0.25, 0.5)])
        colour = np.exp(random.uniform(-2.5, -0.5)) * hue
    else:
        colour = random.uniform(0.02, 0.7, 3)
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Metallic"].default_value = float(not rough and random.random() < 0.4)
    shader.inputs["Roughness"].default_value = random.uniform(*((0.6, 1) if rough else (0.1, 0.5)))
    links.new(shader.outputs[0], out.inputs["Surface"])
    return material


def lens(made_by: Any, random: Random, *, dark: bool) -> Any:
    """Glass that lets light through, clear or coloured, and mirrors a little of the room."""
    material, nodes, links = made_by.nodes_new(f"lens{random.integers(1 << 40)}")
    kinds = ("OutputMaterial", "BsdfTransparent", "BsdfGlossy", "MixShader")
    out, through, mirror, mix = (nodes.new(f"ShaderNode{kind}") for kind in kinds)
    tint = (
        np.exp(random.uniform(-4, -1)) * random.uniform(0.5, 1, 3)
        if dark
        else np.full(3, random.uniform(0.88, 0.98))
    )
    through.inputs["Color"].default_value = (*tint, 1)
    mirror.inputs["Roughness"].default_value = 0.03
    mix.inputs[0].default_value = random.uniform(*((0.04, 0.3) if dark else (0.01, 0.07)))
    links.new(through.outputs[0], mix.inputs[1])
    links.new(mirror.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], out.inputs["Surface"])
    return material
