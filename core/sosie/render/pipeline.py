"""`render`: a plate and a twin in, layers out.

Perception and fit are small and happen here; the per-pixel work goes to the kernel, on the face's region only.
Everything is linear light, float32; the result goes back to the plate's dtype and colour space once, at the end, and
only where something changed: elsewhere the plate's own numbers are copied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import OptionError
from sosie.faces import Face, Faces, Mesh, choose, face_mesh
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture, from_linear, to_linear
from sosie.render.eyes import iris_gain
from sosie.render.fit import Placed, check_range, place
from sosie.render.flow import Flow, Region, flow_of, openings_of, region_of
from sosie.render.grain import grain_of
from sosie.render.kernel import Kernel
from sosie.render.layers import Layers
from sosie.render.light import Light, carry_light, estimate_light
from sosie.render.matte import face_matte
from sosie.render.occlusion import visible_skin
from sosie.render.skin import skin_gain, skin_matte
from sosie.render.tone import mean_tone
from sosie.twin import Twin
from sosie.twin.basis import load_basis
from sosie.twin.raster import rasterise

#: A change below this, in linear light, is none.
NOTHING = 1e-4
Array = NDArray[np.float32]


def render(
    plate: Picture,
    twin: Twin,
    *,
    faces: Faces,
    kernel: Kernel,
    choice: FaceChoice,
    options: RenderOptions,
    mask: NDArray[np.generic] | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Layers:
    """Put `twin` in the place of the chosen face.

    `plate` has any size and depth and is never changed. `mask` (H, W) is where the host allows the likeness; integers
    by their full range, floats 0 to 1; it always wins. `progress` is told fractions of 1; what it raises ends the
    render.

    Raises:
        FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError, OptionError.
    """
    if not 0 <= options.strength <= 1:
        raise OptionError(f"The strength is {options.strength}.", remedy="Choose 0 (plate) to 1 (likeness).")
    allowed = None if mask is None else _unit(mask, plate.pixels.shape[:2])
    coded = to_8_bit(plate)
    face = choose(faces.find(coded), choice)
    check_range(face)
    progress(0.2)
    person = faces.person_mask(coded, face)
    progress(0.3)
    mesh = face_mesh()
    placed = place(face, twin, load_basis(), mesh)
    region = region_of(np.concatenate([placed.points, placed.source]))
    work = prepare(plate, twin, face, placed, region, person, mesh, options)
    progress(0.7)
    results = kernel.run(work.feeds)
    progress(0.9)
    return _layers(plate, work, results, allowed, kernel.provider)


@dataclass(frozen=True, eq=False)
class Work:
    """Everything the kernel is fed with, and what its result is read with. Fields of the region (H, W)."""

    region: Region
    feeds: dict[str, Array]
    plate: Array  # (H, W, 3) linear
    skin: Array  # (H, W) 0 to 1: skin beyond the face that takes the twin's tone
    changed: Array  # (H, W) 0 to 1: an upper bound of where the plate changes
    confidence: float
    reasons: tuple[str, ...]


def prepare(
    plate: Picture,
    twin: Twin,
    face: Face,
    placed: Placed,
    region: Region,
    person: Array,
    mesh: Mesh,
    options: RenderOptions,
) -> Work:
    """Fit light, flow, mattes and texture of one render; no per-pixel result yet."""
    linear = _window(plate, region)
    body = _shifted(person, region)
    origin = np.array([region.x0, region.y0, 0], np.float32)
    source = face.landmarks - origin
    local = Placed(placed.points - origin, placed.normals, placed.source - origin, placed.residual)
    flow = flow_of(local, mesh, region.size, body)
    shown = rasterise(local.source[:, :2], mesh.triangles, region.size, depth=local.source[:, 2])
    bare = visible_skin(linear, source, shown.covered.astype(np.float32))
    light = estimate_light(linear, source, mesh, skin=bare)
    carried = carry_light(light, source, local.points, mesh, box=(0, 0, region.size[1], region.size[0]))
    skin, gain = _skin(linear, source, body, light, twin, mesh, options)
    tone = (1 + skin[..., None] * (gain - 1)) * iris_gain(linear, source, twin.iris, light)
    relief = _relief(flow.shift)
    matte = face_matte(flow, local, _moved(bare, flow))
    fields = {
        "plate": _planes(linear),
        "relief": relief,
        "tone": _planes(tone),
        "texture": _planes(_level(twin.albedo, flow.scale)),
        "uv": (flow.uv * 2 - 1)[None],
        "light": _planes(carried.shading),
        "gloss": _planes(carried.specular),
        "grain": _planes(grain_of(linear, matte) if options.grain else np.zeros_like(matte)),
        "matte": _planes(matte),
        "strength": np.array([options.strength], np.float32),
    }
    feeds: dict[str, Array] = {n: np.ascontiguousarray(v, np.float32) for n, v in fields.items()}
    toned = np.asarray(np.abs(tone - 1).max(-1) > 0, np.float32)
    touched = (matte > 0) | (_moved(toned, flow) > 0) | (np.abs(flow.shift).max(-1) > 0)
    confidence, reasons = _confidence(face, placed, twin, light, bare, shown.covered)
    return Work(region, feeds, linear, skin, touched.astype(np.float32), confidence, reasons)


def to_8_bit(plate: Picture) -> NDArray[np.uint8]:
    """What perception looks at: (H, W, 3) sRGB, uint8."""
    if plate.pixels.dtype == np.uint8 and plate.colour == "srgb":
        return np.ascontiguousarray(plate.pixels[..., :3])
    linear = to_linear(plate.pixels[..., :3], plate.colour)
    return np.asarray(from_linear(linear, np.uint8, "srgb"), np.uint8)


def _skin(
    linear: Array,
    source: Array,
    body: Array,
    light: Light,
    twin: Twin,
    mesh: Mesh,
    options: RenderOptions,
) -> tuple[Array, Array]:
    """The matte of the skin that takes the twin's tone, and the change (3,)."""
    if not options.skin:
        return np.zeros(linear.shape[:2], np.float32), np.ones(3, np.float32)
    matte = skin_matte(linear, source, body, light)
    matte *= 1 - openings_of(source, linear.shape[:2])
    tone = mean_tone(twin.albedo.astype(np.float32), twin.valid.astype(np.float32), mesh)
    return matte, np.asarray(skin_gain(light.tone, tone), np.float32)


def _layers(
    plate: Picture, work: Work, results: dict[str, Array], allowed: Array | None, provider: str
) -> Layers:
    """Results back into the plate's frame, dtype and colour space."""
    region = work.region
    height, width = plate.pixels.shape[:2]
    x0, y0 = max(region.x0, 0), max(region.y0, 0)
    x1, y1 = min(region.x1, width), min(region.y1, height)
    inner = (slice(y0 - region.y0, y1 - region.y0), slice(x0 - region.x0, x1 - region.x0))
    outer = (slice(y0, y1), slice(x0, x1))
    composite = _pixels(results["composite"])[inner]
    before = work.plate[inner]
    if allowed is not None:
        composite = before + allowed[outer][..., None] * (composite - before)
    reach = cv2.dilate(work.changed, np.ones((3, 3), np.uint8))[inner] > 0
    change = (np.abs(composite - before).max(-1) > NOTHING) & reach
    alpha = _alpha(change)
    dtype, colour = plate.pixels.dtype, plate.colour
    out = plate.pixels.copy()
    coded = from_linear(np.ascontiguousarray(composite), dtype, colour)
    out[outer][..., :3] = np.where(change[..., None], coded, plate.pixels[outer][..., :3])
    likeness = np.zeros((height, width, 4), dtype)
    likeness[outer][..., :3] = out[outer][..., :3] * (alpha[..., None] > 0)
    matte = np.zeros((height, width), dtype)
    matte[outer] = from_linear(alpha[..., None], dtype, "linear-srgb")[..., 0]
    likeness[..., 3] = matte
    shading = np.zeros((height, width, 3), dtype)
    shading[outer] = from_linear(_pixels(work.feeds["light"])[inner], dtype, "linear-srgb")
    skin = np.zeros((height, width), dtype)
    skin[outer] = from_linear(work.skin[inner][..., None], dtype, "linear-srgb")[..., 0]
    rows, columns = np.nonzero(change)
    box = (0, 0, 0, 0)
    if len(rows):
        box = (
            x0 + int(columns.min()),
            y0 + int(rows.min()),
            x0 + int(columns.max()) + 1,
            y0 + int(rows.max()) + 1,
        )
    return Layers(out, likeness, matte, shading, skin, box, work.confidence, work.reasons, provider)


def _alpha(change: NDArray[np.bool_]) -> Array:
    """1 on every changed pixel (the layer's colours are the composite's own), soft just beyond."""
    solid = change.astype(np.float32)
    soft = cv2.GaussianBlur(cv2.dilate(solid, np.ones((5, 5), np.uint8)), (0, 0), 1.0)
    return np.asarray(np.maximum(solid, soft), np.float32)


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


def _unit(mask: NDArray[np.generic], size: tuple[int, int]) -> Array:
    if mask.shape[:2] != size:
        raise OptionError(
            f"The mask is {mask.shape[1]} x {mask.shape[0]}, the plate {size[1]} x {size[0]}.",
            remedy="Give a mask of the plate's size.",
        )
    flat: NDArray[Any] = mask if mask.ndim == 2 else mask[..., 0]
    top = np.iinfo(flat.dtype).max if np.issubdtype(flat.dtype, np.integer) else 1
    return np.asarray(np.clip(flat.astype(np.float32) / np.float32(top), 0, 1), np.float32)


def _window(plate: Picture, region: Region) -> Array:
    """The region of the plate, linear; beyond the plate its edge repeated."""
    height, width = plate.pixels.shape[:2]
    x0, y0 = max(region.x0, 0), max(region.y0, 0)
    part = to_linear(plate.pixels[y0 : min(region.y1, height), x0 : min(region.x1, width), :3], plate.colour)
    pads = (y0 - region.y0, max(region.y1 - height, 0)), (x0 - region.x0, max(region.x1 - width, 0))
    return np.ascontiguousarray(np.pad(part, (*pads, (0, 0)), mode="edge"), np.float32)


def _shifted(field: Array, region: Region) -> Array:
    height, width = field.shape
    x0, y0 = max(region.x0, 0), max(region.y0, 0)
    part = field[y0 : min(region.y1, height), x0 : min(region.x1, width)]
    pads = (y0 - region.y0, max(region.y1 - height, 0)), (x0 - region.x0, max(region.x1 - width, 0))
    return np.ascontiguousarray(np.pad(part, pads, mode="edge"), np.float32)


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


def _relief(shift: Array) -> Array:
    height, width = shift.shape[:2]
    rows, columns = np.indices((height, width), dtype=np.float32)
    place = np.stack([columns, rows], -1) + shift + np.float32(0.5)
    across = np.array([width, height], np.float32)
    return np.asarray((place / across * 2 - 1)[None], np.float32)


def _level(albedo: NDArray[np.floating], scale: float) -> Array:
    """The texture at the resolution the picture asks for: at most 2 texels a pixel."""
    texture = albedo.astype(np.float32)
    while scale * texture.shape[0] > 2.0 and texture.shape[0] > 128:
        half = cv2.resize(texture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        texture = np.asarray(half, np.float32)
    return texture


def _planes(field: Array) -> Array:
    """(H, W) or (H, W, C) as (1, C, H, W)."""
    full = field[..., None] if field.ndim == 2 else field
    return np.moveaxis(full, -1, 0)[None]


def _pixels(planes: Array) -> Array:
    """(1, C, H, W) as (H, W, C)."""
    return np.moveaxis(planes[0], 0, -1)
