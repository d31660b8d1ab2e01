"""`render`: a plate and a twin in, layers out.

Perception and fit are small and happen here; the per-pixel work goes to the kernel, on the face's region only.
Everything is linear light, float32; the result goes back to the plate's dtype and colour space once, at the end, and
only where something changed: elsewhere the plate's own numbers are copied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import OptionError
from sosie.faces import Faces, face_mesh, find_one
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture, from_linear, to_linear
from sosie.render.feeds import Work, prepare
from sosie.render.fit import check_range, place
from sosie.render.flow import Region, region_of
from sosie.render.kernel import Kernel
from sosie.render.layers import Layers
from sosie.render.switches import check_options
from sosie.twin import Twin
from sosie.twin.basis import load_basis

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
    face_mask: NDArray[np.generic] | None = None,
    like: Array | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Layers:
    """Put `twin` in the place of the chosen face.

    `plate` has any size and depth and is never changed. `mask` (H, W) is where the host allows the likeness; integers
    by their full range, floats 0 to 1; it always wins. `face_mask` (H, W) and `like` (128,), the embedding of the person
    to find, are what `choice.mask` and `choice.like` name. `progress` is told fractions of 1; what it raises ends the
    render.

    Raises:
        FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError, OptionError.
    """
    check_options(options)
    allowed = None if mask is None else _unit(mask, plate.pixels.shape[:2])
    chosen = None if face_mask is None else _unit(face_mask, plate.pixels.shape[:2])
    coded = to_8_bit(plate)
    face = find_one(faces, coded, choice, mask=chosen, like=like)
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


def to_8_bit(plate: Picture) -> NDArray[np.uint8]:
    """What perception looks at: (H, W, 3) sRGB, uint8."""
    if plate.pixels.dtype == np.uint8 and plate.colour == "srgb":
        return np.ascontiguousarray(plate.pixels[..., :3])
    linear = to_linear(plate.pixels[..., :3], plate.colour)
    return np.asarray(from_linear(linear, np.uint8, "srgb"), np.uint8)


def _layers(
    plate: Picture, work: Work, results: dict[str, Array], allowed: Array | None, provider: str
) -> Layers:
    """Results back into the plate's frame, dtype and colour space."""
    height, width = plate.pixels.shape[:2]
    around = work.around
    outer = (slice(around.y0, around.y1), slice(around.x0, around.x1))
    inner, kernel = _shared(work.region, around)
    before = work.plate
    strength = float(work.feeds["strength"][0])
    composite = before * (1 + strength * work.skin[..., None] * (work.gain - 1))
    composite[inner] = _pixels(results["composite"])[kernel]
    if allowed is not None:
        composite = before + allowed[outer][..., None] * (composite - before)
    reach = work.skin > 0
    reach[inner] = cv2.dilate(work.changed, np.ones((3, 3), np.uint8))[kernel] > 0
    change = (np.abs(composite - before).max(-1) > NOTHING) & reach
    alpha = _alpha(change)
    dtype, colour = plate.pixels.dtype, plate.colour
    out = plate.pixels.copy()
    coded = from_linear(np.ascontiguousarray(composite, np.float32), dtype, colour)
    out[outer][..., :3] = np.where(change[..., None], coded, plate.pixels[outer][..., :3])
    likeness = np.zeros((height, width, 4), dtype)
    likeness[outer][..., :3] = out[outer][..., :3] * (alpha[..., None] > 0)
    matte = np.zeros((height, width), dtype)
    matte[outer] = from_linear(alpha[..., None], dtype, "linear-srgb")[..., 0]
    likeness[..., 3] = matte
    shading = np.zeros((height, width, 3), dtype)
    shading[outer][inner] = from_linear(_pixels(work.feeds["light"])[kernel], dtype, "linear-srgb")
    skin = np.zeros((height, width), dtype)
    skin[outer] = from_linear(work.skin[..., None], dtype, "linear-srgb")[..., 0]
    rows, columns = np.nonzero(change)
    box = (0, 0, 0, 0)
    if len(rows):
        x, y = columns + around.x0, rows + around.y0
        box = (int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1)
    return Layers(out, likeness, matte, shading, skin, box, work.confidence, work.reasons, provider)


def _shared(region: Region, around: Region) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The part both windows share: in `around`, and in `region`."""
    x0, y0 = max(region.x0, around.x0), max(region.y0, around.y0)
    x1, y1 = min(region.x1, around.x1), min(region.y1, around.y1)
    return (
        (slice(y0 - around.y0, y1 - around.y0), slice(x0 - around.x0, x1 - around.x0)),
        (slice(y0 - region.y0, y1 - region.y0), slice(x0 - region.x0, x1 - region.x0)),
    )


def _alpha(change: NDArray[np.bool_]) -> Array:
    """1 on every changed pixel (the layer's colours are the composite's own), soft just beyond."""
    solid = change.astype(np.float32)
    soft = cv2.GaussianBlur(cv2.dilate(solid, np.ones((5, 5), np.uint8)), (0, 0), 1.0)
    return np.asarray(np.maximum(solid, soft), np.float32)


def _unit(mask: NDArray[np.generic], size: tuple[int, int]) -> Array:
    if mask.shape[:2] != size:
        raise OptionError(
            f"The mask is {mask.shape[1]} x {mask.shape[0]}, the plate {size[1]} x {size[0]}.",
            remedy="Give a mask of the plate's size.",
        )
    flat: NDArray[Any] = mask if mask.ndim == 2 else mask[..., 0]
    top = np.iinfo(flat.dtype).max if np.issubdtype(flat.dtype, np.integer) else 1
    return np.asarray(np.clip(flat.astype(np.float32) / np.float32(top), 0, 1), np.float32)


def _pixels(planes: Array) -> Array:
    """(1, C, H, W) as (H, W, C)."""
    return np.moveaxis(planes[0], 0, -1)
