"""What a render knows before it draws: light, flow, mattes and texture of one plate, one face and one twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Mesh
from sosie.pictures import Picture, to_linear
from sosie.render.carry import carry_light
from sosie.render.eyes import iris_gain
from sosie.render.fit import Placed
from sosie.render.flow import Flow, Region, flow_of, openings_of, region_of
from sosie.render.grain import grain_level, grain_start
from sosie.render.light import Light, estimate_light
from sosie.render.matte import face_matte, held_to_skin
from sosie.render.occlusion import visible_skin
from sosie.render.scale import View, window
from sosie.render.skin import less_highlights, skin_gain, skin_matte
from sosie.render.steady import Memory
from sosie.render.tone import mean_tone
from sosie.render.work import Fitted
from sosie.twin import Twin
from sosie.twin.raster import rasterise

#: Skin is retoned as far as this beyond the region, in region heights: beside and above it, and below it (chest,
#: hands). Together at most 2 x 2.5 regions, whatever the plate's size.
BESIDE, BELOW = 0.5, 1.0
#: Where skin goes on beyond that, its tone fades over this share of the region's height: never a line.
FADE = 0.35
#: Of the openings of eyes and mouth, this is certainly not their rim, which is skin and takes the tone.
LIDS = 0.8
#: Grain is measured this far around the face's centre, in plate pixels.
CLOSE_UP = 768
Array = NDArray[np.float32]


def fit(
    plate: Picture,
    view: View,
    twin: Twin,
    face: Face,
    placed: Placed,
    person: Array,
    mesh: Mesh,
    *,
    memory: Memory | None = None,
    check: Callable[[], None] = lambda: None,
) -> Fitted:
    """Fit light, flow, mattes and texture; no per-pixel result yet.

    `face`, `placed` and `person` (H, W) are the view's; `memory` is that of the sequence, if it is a frame of one.
    `check` is called between steps; what it raises ends the fit.
    """
    region = region_of(np.concatenate([placed.points, placed.source]))
    seen_plate = view.plate.pixels
    around = around_of(region, seen_plate.shape[:2])
    rows, columns = slice(around.y0, around.y1), slice(around.x0, around.x1)
    whole = to_linear(seen_plate[rows, columns, :3], view.plate.colour)
    linear = _cut(whole, around, region)
    body = _cut(person[rows, columns], around, region)
    origin = np.array([region.x0, region.y0, 0], np.float32)
    corner = np.array([around.x0, around.y0, 0], np.float32)
    source = face.landmarks - origin
    local = Placed(placed.points - origin, placed.normals, placed.source - origin, placed.residual)
    steady = memory.matte if memory else _as_it_is
    body = steady("body", body, source)
    check()
    flow = flow_of(local, mesh, region.size, body)
    check()
    shown = rasterise(local.source[:, :2], mesh.triangles, region.size, depth=local.source[:, 2])
    bare = steady("bare", visible_skin(linear, source, shown.covered.astype(np.float32)), source)
    seen = _cut(bare, region, around)
    check()
    light = estimate_light(whole, face.landmarks - corner, mesh, skin=seen)
    if memory:
        light = memory.light(light)
    check()
    hers = mean_tone(twin.albedo.astype(np.float32), twin.valid.astype(np.float32), mesh)
    gain = skin_gain(light.tone, hers)
    skin = _skin(whole, face.landmarks - corner, person[rows, columns], light, gain)
    skin = steady("skin", skin, face.landmarks - corner)
    skin *= _fading(around, seen_plate.shape[:2], FADE * region.size[0])
    check()
    light = _shifted(light, corner - origin)
    carried = carry_light(light, local.source, local.points, mesh, box=(0, 0, region.size[1], region.size[0]))
    check()
    iris = iris_gain(linear, source, twin.iris, light)
    matte = face_matte(flow, local, _moved(bare, flow))
    near_skin = _cut(skin, around, region)
    ground = _moved(linear * (1 + near_skin[..., None] * (gain - 1)) * iris, flow)
    shading, gloss = held_to_skin(carried, ground, np.maximum(matte, _moved(near_skin, flow)))
    irises = np.asarray(iris[..., 1] != 1, np.uint8)
    x, y, width, height = cv2.boundingRect(irises)
    touched = (
        (matte > 0)
        | (_moved(irises.astype(np.float32), flow) > 0)
        | (flow.shift[..., 0] != 0)
        | (flow.shift[..., 1] != 0)
    )
    middle = _close_up(plate, view.full(region))
    grain = grain_level(middle)
    if memory:
        grain = float(memory.mean("grain", np.array([grain], np.float32))[0])
    confidence, reasons = _confidence(face, placed, twin, light, bare, shown.covered)
    return Fitted(
        view=view,
        region=region,
        around=around,
        points=local.points,
        uv=flow.uv,
        shift=flow.shift,
        iris=iris,
        irises=Region(region.x0 + x, region.y0 + y, region.x0 + x + width, region.y0 + y + height),
        shading=shading,
        gloss=gloss,
        matte=matte,
        touched=touched,
        skin=skin,
        gain=gain,
        texture=np.ascontiguousarray(_level(twin.albedo, flow.scale / float(view.ratio)), np.float32),
        stand_in=light.tone / hers,
        grain=grain,
        grain_start=grain_start(middle),
        confidence=confidence,
        reasons=reasons,
    )


def around_of(region: Region, size: tuple[int, int]) -> Region:
    """The part of a plate of `size` (height, width) in which anything may change; see `BESIDE`, `BELOW`."""
    height = region.size[0]
    beside, below = round(BESIDE * height), round(BELOW * height)
    x0, y0 = max(region.x0 - beside, 0), max(region.y0 - beside, 0)
    x1, y1 = min(region.x1 + beside, size[1]), min(region.y1 + below, size[0])
    return Region(x0, y0, max(x1, x0 + 1), max(y1, y0 + 1))


def _as_it_is(_name: str, values: Array, _points: Array) -> Array:
    """What a picture of its own does where a sequence remembers."""
    return values


def _fading(around: Region, size: tuple[int, int], reach: float) -> Array:
    """(h, w): 1, falling to 0 at those borders of `around` that are not the plate's own."""
    height, width = around.size
    rows, columns = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    down, across = np.full(height, reach, np.float32), np.full(width, reach, np.float32)
    if around.y0 > 0:
        down = np.minimum(down, rows)
    if around.y1 < size[0]:
        down = np.minimum(down, rows[::-1])
    if around.x0 > 0:
        across = np.minimum(across, columns)
    if around.x1 < size[1]:
        across = np.minimum(across, columns[::-1])
    t = np.minimum(down[:, None], across[None]) / np.float32(max(reach, 1.0))
    return np.asarray(t * t * (3 - 2 * t) if reach >= 1 else np.ones_like(t), np.float32)


def _skin(linear: Array, source: Array, body: Array, light: Light, gain: Array) -> Array:
    """The matte of the skin that takes the twin's tone."""
    matte = skin_matte(linear, source, body, light)
    if gain[1] > 1:
        matte = less_highlights(matte, linear, float(np.linalg.norm(source[263, :2] - source[33, :2])))
    matte *= 1 - openings_of(source, linear.shape[:2], LIDS)
    return matte


def _shifted(light: Light, by: NDArray[np.floating]) -> Light:
    x, y = int(by[0]), int(by[1])
    x0, y0, x1, y1 = light.box
    return replace(light, box=(x0 + x, y0 + y, x1 + x, y1 + y))


def _confidence(
    face: Face,
    placed: Placed,
    twin: Twin,
    light: Light,
    bare: Array,
    covered: NDArray[np.bool_],
) -> tuple[float, tuple[str, ...]]:
    """How far to trust the picture, and why not further."""
    hidden = 1 - float(bare[covered].mean()) if covered.any() else 1.0
    findings = [
        (max(abs(face.pose.yaw) - 35, 0) / 60, f"The head is turned by {face.pose.yaw:.0f} degrees."),
        (max(abs(face.pose.pitch) - 15, 0) / 40, f"The head is tilted by {face.pose.pitch:.0f} degrees."),
        (max(120 - face.size, 0) / 200, f"The face is only {face.size:.0f} pixels high."),
        (max(hidden - 0.25, 0) * 0.8, f"{hidden:.0%} of the face is hidden by hair or something in front."),
        (max(placed.residual - 0.04, 0) * 5, f"The face fits the model poorly ({placed.residual:.3f})."),
        (max(light.spread - 0.45, 0) * 0.5, "The stand-in's own skin tone is hard to tell in this light."),
        (
            max(0.6 - twin.figures.valid, 0) * 0.5,
            f"The photographs show {twin.figures.valid:.0%} of her face.",
        ),
    ]
    confidence = float(np.prod([1 - min(loss, 0.9) for loss, _ in findings]))
    return round(confidence, 3), tuple(reason for loss, reason in findings if loss > 0.02)


def _cut(field: Array, has: Region, wanted: Region) -> Array:
    """The `wanted` window of a field over the window `has`; beyond it the edge is repeated."""
    x0, y0, x1, y1 = wanted.x0 - has.x0, wanted.y0 - has.y0, wanted.x1 - has.x0, wanted.y1 - has.y0
    return np.ascontiguousarray(window(field, Region(x0, y0, x1, y1)), np.float32)


def _moved(field: Array, flow: Flow) -> Array:
    """`field` where the relief brings it."""
    rows, columns = np.indices(field.shape[:2], dtype=np.float32)
    moved = cv2.remap(
        field,
        columns + flow.shift[..., 0],
        rows + flow.shift[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(moved, np.float32)


def _close_up(plate: Picture, region: Region) -> Array:
    """The middle of `region` (plate pixels) at the plate's own size, linear: where grain can be measured."""
    x, y = (region.x0 + region.x1) // 2, (region.y0 + region.y1) // 2
    rows = slice(max(region.y0, y - CLOSE_UP, 0), min(region.y1, y + CLOSE_UP))
    columns = slice(max(region.x0, x - CLOSE_UP, 0), min(region.x1, x + CLOSE_UP))
    return to_linear(plate.pixels[rows, columns, :3], plate.colour)


def _level(albedo: NDArray[np.floating], scale: float) -> Array:
    """The texture at the resolution the picture asks for: at most 2 texels a pixel."""
    texture = albedo.astype(np.float32)
    while scale * texture.shape[0] > 2.0 and texture.shape[0] > 128:
        half = cv2.resize(texture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        texture = np.asarray(half, np.float32)
    return texture
