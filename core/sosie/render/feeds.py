"""What a render knows before it draws: light, flow, mattes and texture of one plate, one face and one twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Mesh
from sosie.faces.occlusion import visible_skin
from sosie.faces.person import COLOUR, GREY, Person
from sosie.overlap import Beside, attended
from sosie.pictures import Picture
from sosie.pictures.box import Region, laid, place_of
from sosie.pictures.field import smoothstep
from sosie.render.before import Before, before_of
from sosie.render.carry import carry_light
from sosie.render.confidence import confidence_of
from sosie.render.eyes import iris_gain
from sosie.render.fit import Placed
from sosie.render.flow import Flow, flow_of, openings_of
from sosie.render.grain import Grain, close_up, grain_of
from sosie.render.light import Light, estimate_light
from sosie.render.likeness import held, mover, near_face
from sosie.render.lips import lip_line, shaded
from sosie.render.matte import face_matte
from sosie.render.monochrome import grey
from sosie.render.scale import View
from sosie.render.scene import Scene, cut, scene_of
from sosie.render.skin import less_highlights, retone, skin_gain, skin_matte
from sosie.render.steady import Memory
from sosie.render.texture import texture_of
from sosie.render.tone import HUMAN, NEUTRAL, Locus, mean_tone
from sosie.render.work import Fitted
from sosie.twin import Twin

#: Where skin goes on beyond what is looked at, its tone fades over this share of the region's height: never a line.
FADE = 0.35
#: What hides the face and is at most twice as wide as this, in face sizes, is a strand: it does not take the skin's tone.
STRAND = 0.02
Array = NDArray[np.float32]


def fit(
    plate: Picture,
    view: View,
    twin: Twin,
    face: Face,
    placed: Placed,
    person: Person,
    mesh: Mesh,
    *,
    memory: Memory | None = None,
    check: Callable[[], None] = lambda: None,
) -> Fitted:
    """Fit light, flow, mattes and texture; no per-pixel result yet.

    `face`, `placed` and `person` are the view's; `memory` is that of the sequence, if it is a frame of one.
    `check` is called between steps; what it raises ends the fit.
    """
    scene = scene_of(view, face, placed, person)
    if memory:
        scene = replace(scene, toning=memory.toning(scene.toning))
    region, around, local = scene.region, scene.around, scene.placed
    check()
    with Beside(2) as beside:
        found = _found(beside, scene, plate, view, twin, mesh, memory=memory, check=check)
        seen, flow, light = found.seen, found.flow, found.light
        carrying = beside.submit(carry_light, light, local.source, local.points, mesh, box=flow.near.corners)
        skinning = beside.submit(_skin, scene, seen, view.plate, memory=memory)
        texturing = beside.submit(texture_of, found.albedo, flow.scale / float(view.ratio), twin, placed)
        iris, irises = _irises(scene, seen, light, twin)
        moved = mover(flow)
        matte, openings = face_matte(flow, local, moved(seen.bare))
        skin = attended(skinning, check)
        near_skin = cut(skin, around, region)
        ground = moved(_toned(scene, near_skin, seen.gain, iris, irises))
        carried = shaded(attended(carrying, check), moved(lip_line(scene.linear, scene.source)))
        texture = attended(texturing, check)
    lit = held(carried, ground, matte, moved(near_skin), openings, flow, texture, view)
    check()
    tinted = _around_skin(skin, around, region)
    confidence, reasons = confidence_of(face, placed, twin, light, seen.bare, seen.shown)
    return Fitted(
        view=view.frame,
        region=region,
        around=tinted,
        points=local.points,
        uv=laid(flow.uv, flow.near, region.size),
        shift=flow.shift * np.float32(view.ratio),
        iris=iris,
        irises=irises.moved(region.x0, region.y0),
        **{name: laid(field, flow.near, region.size) for name, field in vars(lit).items()},
        touched=_touched(flow, lit.matte, moved((iris[..., 1] != 1).astype(np.float32))),
        skin=cut(skin, around, tinted),
        gain=seen.gain,
        texture=texture,
        tone=found.tone,
        stand_in=light.tone / found.tone,
        grain=found.grain,
        confidence=confidence,
        reasons=reasons,
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """What is found side by side, before anything is put together."""

    seen: _Seen
    light: Light  # in the pixels of the region
    flow: Flow
    albedo: Array  # (t, t, 3): the twin's texture
    tone: Array  # (3,): its mean
    grain: Grain


def _found(
    beside: Beside,
    scene: Scene,
    plate: Picture,
    view: View,
    twin: Twin,
    mesh: Mesh,
    *,
    memory: Memory | None,
    check: Callable[[], None],
) -> _Found:
    """All of it, by the threads `beside`; what `check` raises meanwhile ends the waiting."""
    body = memory.matte("body", scene.body, scene.source) if memory else scene.body
    reflecting = beside.submit(_reflectance, twin, mesh, scene.toning)
    hiding = beside.submit(before_of, scene, mesh, memory)
    seeing = beside.submit(
        _seen, scene, hiding.result, lambda: reflecting.result()[1], mesh, memory=memory, check=beside.go_on
    )
    near = near_face(scene.placed.points, view.ratio, scene.region)
    flowing = beside.submit(lambda: flow_of(scene.placed, mesh, near, body, hiding.result().still))
    graining = beside.submit(grain_of, close_up(plate, view.full(scene.region)))
    seen, flow = attended(seeing, check), attended(flowing, check)
    (albedo, tone), grain = reflecting.result(), attended(graining, check)
    if memory:
        grain = memory.grain(grain)
    light = _shifted(seen.light, scene.corner - scene.origin)
    return _Found(seen, light, flow, albedo, tone, grain)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the plate shows of the stand-in."""

    shown: NDArray[np.bool_]  # (h, w) of the region: where her face is
    bare: Array  # (h, w) of the region, 0 to 1: where it is seen
    toneless: Array  # (h, w) of the region, 0 to 1: strands and accessories, which take no tone
    light: Light  # in the pixels of around
    gain: Array  # (3,): what her skin is multiplied with


def _seen(
    scene: Scene,
    hiding: Callable[[], Before],
    hers: Callable[[], Array],
    mesh: Mesh,
    *,
    memory: Memory | None,
    check: Callable[[], None],
) -> _Seen:
    """The stand-in's visible face and the light on it; `hiding` says what lies before it, `hers` the twin's tone (3,)."""
    source, before = scene.source, hiding()
    check()
    bare = visible_skin(scene.linear, source, before.face.astype(np.float32), scene.shown)
    if memory:
        bare = memory.matte("bare", bare, source)
    face = float(np.ptp(source[:468, :2], axis=0).max())
    toneless = np.maximum(_strands(bare, face), before.accessory)
    bare = bare * (1 - np.maximum(before.hand, before.accessory))
    check()
    bare_around = cut(bare, scene.region, scene.around)
    light = estimate_light(scene.whole, scene.landmarks, mesh, skin=bare_around, locus=scene.toning or HUMAN)
    if memory:
        light = memory.light(light)
    check()
    return _Seen(before.face, bare, toneless, light, skin_gain(light.tone, hers()))


def _reflectance(twin: Twin, mesh: Mesh, toning: Locus | None) -> tuple[Array, Array]:
    """The twin's texture (t, t, 3), in a picture's `toning` if it has one, and its tone (3,)."""
    # by table: numpy turns each half-precision number alone, three times as slowly
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    albedo = np.asarray(cv2.LUT(twin.albedo.view(np.uint16), halves.astype(np.float32)), np.float32)
    albedo = grey(albedo, toning) if toning else albedo
    return albedo, mean_tone(albedo, twin.valid.astype(np.float32), mesh)


def _irises(scene: Scene, seen: _Seen, light: Light, twin: Twin) -> tuple[Array, Region]:
    """(h, w, 3) of the region that the plate is multiplied with, and where in it that is not 1; `light` is the region's."""
    iris = grey(twin.iris[None, None], scene.toning)[0, 0] if scene.toning else twin.iris
    gain = iris_gain(scene.linear, scene.source, iris, light)
    x, y, width, height = cv2.boundingRect((gain[..., 1] != 1).view(np.uint8))
    where = Region(x, y, x + width, y + height)
    part = where.rows_and_columns
    gain[part] = 1 + (gain[part] - 1) * seen.bare[part][..., None]  # none in hair
    return gain, where


def _toned(scene: Scene, skin: Array, gain: Array, iris: Array, irises: Region) -> Array:
    """(h, w, 3): the region with the twin's tone where `skin` is, and her irises."""
    toned = retone(scene.linear, skin, gain)
    toned[irises.rows_and_columns] *= iris[irises.rows_and_columns]
    return toned


def _around_skin(skin: Array, around: Region, region: Region) -> Region:
    """The part of `around` in which there is any `skin` (H, W), a pixel of none beside it, or that lies in the `region`."""
    rows, columns = place_of(np.asarray(skin > 0), 1)
    found = Region(columns.start, rows.start, columns.stop, rows.stop).moved(around.x0, around.y0)
    return found.joined(region).within(around)


def _touched(flow: Flow, matte: Array, irises: Array) -> NDArray[np.bool_]:
    """(H, W) of the region: where anything moves, or near the face (h, w) a `matte` or `irises` are."""
    touched = np.asarray((flow.shift != 0).view(np.uint16)[..., 0] != 0)  # two flags as one number
    touched[flow.near.rows_and_columns] |= (matte > 0) | (irises > 0)
    return touched


def _fading(around: Region, plate: Picture, reach: float) -> Array:
    """(h, w): 1, falling to 0 at those borders of `around` that are not the plate's own."""
    height, width = around.size
    rows, columns = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    down, across = np.full(height, reach, np.float32), np.full(width, reach, np.float32)
    if around.y0 > 0:
        down = np.minimum(down, rows)
    if around.y1 < plate.height:
        down = np.minimum(down, rows[::-1])
    if around.x0 > 0:
        across = np.minimum(across, columns)
    if around.x1 < plate.width:
        across = np.minimum(across, columns[::-1])
    t = np.asarray(np.minimum(down[:, None], across[None]) / max(reach, 1.0), np.float32)
    return smoothstep(t) if reach >= 1 else np.ones_like(t)


def _skin(scene: Scene, seen: _Seen, plate: Picture, *, memory: Memory | None) -> Array:
    """(H, W) of around, 0 to 1: the skin that takes the twin's tone; `plate` is the view's."""
    points, around = scene.landmarks, scene.around
    whole, odds = (grey(scene.whole, NEUTRAL), GREY) if scene.toning else (scene.whole, COLOUR)
    matte = skin_matte(whole, points, scene.person, seen.light, (scene.bare, scene.covered), odds)
    if seen.gain[1] > 1:
        matte = less_highlights(matte, whole, float(np.linalg.norm(points[263, :2] - points[33, :2])))
    openings = cut(openings_of(points, around.size), around, scene.region) * seen.bare  # none in a hand
    matte *= 1 - cut(openings, scene.region, around)
    skin = memory.matte("skin", matte, points) if memory else matte
    skin *= 1 - cut(seen.toneless, scene.region, around)
    skin *= _fading(around, plate, FADE * scene.region.size[0])
    return skin


def _strands(bare: Array, size: float) -> Array:
    """(h, w) 0 to 1: what hides a face of `size` and is thin; what is wider is left out of the skin already."""
    side = 2 * max(round(STRAND * size), 1) + 1
    return np.asarray(cv2.morphologyEx(bare, cv2.MORPH_BLACKHAT, np.ones((side, side), np.uint8)), np.float32)


def _shifted(light: Light, by: NDArray[np.floating]) -> Light:
    x, y = int(by[0]), int(by[1])
    x0, y0, x1, y1 = light.box
    return replace(light, box=(x0 + x, y0 + y, x1 + x, y1 + y))
