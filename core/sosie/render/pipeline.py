"""`render`: a plate and a twin in, layers out.

Perception and fit look at the face at a bounded size (render/scale.py); the plate's own pixels are touched tile by tile
(render/tiles.py) by the kernel, and written into the layers (render/paint.py). Everything in between is linear light,
float32.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face, Faces, face_mesh, find_one
from sosie.faces.bias import load_bias, on_the_skin
from sosie.faces.person import Person
from sosie.messages import FaceChoice, LayerName, RenderOptions
from sosie.overlap import Beside, attended
from sosie.pictures import Picture, colours_of, to_8_bit
from sosie.render.feeds import fit
from sosie.render.fit import MIN_FACE, check_range, place
from sosie.render.kernel import Kernel
from sosie.render.layers import Layers
from sosie.render.paint import Painting, check_mask, unit
from sosie.render.scale import view_of
from sosie.render.steady import Memory
from sosie.render.switches import check_options
from sosie.render.tiles import tiles_of
from sosie.render.work import Fitted, worked
from sosie.twin import Twin
from sosie.twin.basis import load_basis

#: What progress says when the face is found, and when all that is not drawing is done.
FOUND, FITTED = 0.2, 0.5
#: Plates with a longer side than `LOOK` are searched reduced; a face that is then lower than `CLEAR` is looked at again.
LOOK, CLEAR = 4096, 192
#: People are looked for in a picture reduced to faces of this many pixels or a little more.
PERSON_FACE = 256
#: A preview has half the plate's size, or less while its face keeps so many pixels.
PREVIEW_FACE = 128
#: Rows of a reduced picture that are made at a time.
REDUCED_ROWS = 256
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
    names: Collection[LayerName] = ("composite", "matte"),
    memory: Memory | None = None,
    keep: Callable[[Callable[[], Fitted]], Fitted] = lambda make: make(),
    preview: Callable[[Layers], None] | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Layers:
    """Put `twin` in the place of the chosen face.

    `plate` has any size and depth and is never changed. `mask` (H, W) is where the host allows the likeness; integers
    by their full range, floats 0 to 1; it always wins. `face_mask` (H, W) and `like` (128,), the embedding of the person
    to find, are what `choice.mask` and `choice.like` name. `names` are the layers wanted. `memory` is that of the sequence of which
    `plate` is the next frame; the face is then the last frame's, where that is still there. `progress` is told fractions of 1; what it raises ends the
    render. `keep` answers with what the function it is given makes, or with what that made for the same picture, twin and
    choice before. `preview` is given the layers of the plate in small as soon as the face is found; not where a fit was
    kept, for then the render itself is quick, nor where the face would be too low.

    Raises:
        FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError, OptionError.
    """
    check_options(options)
    check_mask(mask, plate)

    def show(face: Face) -> None:
        by = max(int(face.size) // PREVIEW_FACE, 2)
        if preview is not None and face.size >= by * MIN_FACE:
            small, allowed = smaller(plate, by, check), None if mask is None else reduced(unit(mask), by)
            early = fit_to(small, twin, face.scaled(1 / by), faces=faces, check=check)
            drawn = draw(
                small, early, kernel=kernel, options=options, mask=allowed, progress=lambda _: check()
            )
            preview(drawn)

    def check() -> None:
        progress(FOUND)

    def make() -> Fitted:
        return understand(
            plate,
            twin,
            faces=faces,
            choice=choice,
            face_mask=face_mask,
            like=like,
            memory=memory,
            found=show,
            progress=progress,
        )

    fitted = make() if memory else keep(make)
    return draw(plate, fitted, kernel=kernel, options=options, mask=mask, names=names, progress=progress)


def understand(
    plate: Picture,
    twin: Twin,
    *,
    faces: Faces,
    choice: FaceChoice,
    face_mask: NDArray[np.generic] | None = None,
    like: Array | None = None,
    memory: Memory | None = None,
    found: Callable[[Face], None] = lambda _: None,
    progress: Callable[[float], None] = lambda _: None,
) -> Fitted:
    """Find the chosen face and fit the twin to it: what does not depend on a render's options, and may be kept.

    `found` is told the face before the twin is fitted.

    Raises:
        FaceNotFoundError, FaceTooSmallError, PoseOutOfRangeError, OptionError.
    """
    check_mask(face_mask, plate)
    chosen = None if face_mask is None else unit(face_mask)
    followed = memory.follow if memory else None

    def look(check: Callable[[], None]) -> Face:
        by = -(-max(plate.width, plate.height) // LOOK)
        seen = plate if by == 1 else smaller(plate, by, check)
        face = find_one(
            faces,
            to_8_bit(Picture(colours_of(seen.pixels), seen.colour)),
            choice,
            mask=chosen,
            like=like,
            known=followed,
            reduced=by,
            check=check,
        )
        return closer(faces, plate, face) if face.size < CLEAR * by and by > 1 else face

    progress(0.0)
    with Beside(1) as beside:
        face = attended(beside.submit(look, beside.go_on), lambda: progress(0.0))
    check_range(face)
    face = on_the_skin(face, load_bias())
    face = memory.face(face) if memory else face
    progress(FOUND)
    found(face)
    return fit_to(plate, twin, face, faces=faces, memory=memory, check=lambda: progress(FOUND))


def fit_to(
    plate: Picture,
    twin: Twin,
    face: Face,
    *,
    faces: Faces,
    memory: Memory | None = None,
    check: Callable[[], None] = lambda: None,
) -> Fitted:
    """Fit `twin` to the `face` that was found in `plate`; what `check` raises, between steps, ends it."""
    view = view_of(plate, face, check)
    viewed, mesh = view.seen(face), face_mesh()
    check()
    with ThreadPoolExecutor(1) as beside:
        placing = beside.submit(place, viewed, twin, load_basis(), mesh)
        person = people_in(view.plate, viewed, faces)
        placed = placing.result()
    check()
    return fit(plate, view, twin, viewed, placed, person, mesh, memory=memory, check=check)


def people_in(plate: Picture, face: Face, faces: Faces) -> Person:
    """The person around `face` in `plate`; the network sees large faces small, and is shown no larger ones."""
    by = max(int(face.size) // PERSON_FACE, 1)
    if by == 1:
        return faces.person(to_8_bit(plate), face)
    small = faces.person(to_8_bit(smaller(plate, by)), face.scaled(1 / by))
    return small.scaled(by, (plate.height, plate.width))


def draw(
    plate: Picture,
    fitted: Fitted,
    *,
    kernel: Kernel,
    options: RenderOptions,
    mask: NDArray[np.generic] | None = None,
    names: Collection[LayerName] = ("composite", "matte"),
    progress: Callable[[float], None] = lambda _: None,
) -> Layers:
    """The layers of a `plate` that was understood, under `options`.

    Raises:
        OptionError.
    """
    check_options(options)
    check_mask(mask, plate)
    work = worked(fitted, face_mesh, options)
    progress(FITTED)
    painting = Painting(plate, work, kernel, mask, names, lambda: progress(FITTED))
    # Who is cancelled waits for the tiles in hand: no device is left at work that may hang.
    with ThreadPoolExecutor(os.cpu_count()) as hands, painting:
        tiles = tiles_of(work, plate.pixels.shape[:2], kernel.side)
        painted = [hands.submit(painting.paint, tile) for tile in tiles]
        for number, tile_done in enumerate(painted):
            attended(tile_done, partial(progress, FITTED + (1 - FITTED) * number / len(painted)))
        progress(1.0)
    return painting.layers()


def smaller(plate: Picture, by: int, check: Callable[[], None] = lambda: None) -> Picture:
    """`plate` reduced by a whole number, as it is coded; what `check` raises meanwhile ends it."""
    return Picture(reduced(plate.pixels, by, check), plate.colour)


def reduced(pixels: NDArray[Any], by: int, check: Callable[[], None] = lambda: None) -> NDArray[Any]:
    """`pixels` (H, W[, C]) reduced by area; what is left over at the right and lower edge is cut off."""
    height, width = (side // by for side in pixels.shape[:2])
    small = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
    for top in range(0, height, REDUCED_ROWS):
        check()
        strip = small[top : top + REDUCED_ROWS]
        whole = pixels[top * by : (top + len(strip)) * by, : width * by]
        known = whole.astype(np.float32) if whole.dtype == np.float16 else whole
        strip[:] = cv2.resize(known, (width, len(strip)), interpolation=cv2.INTER_AREA).reshape(strip.shape)
    return small


def closer(faces: Faces, plate: Picture, face: Face) -> Face:
    """`face`, found in a reduced picture, as the plate's own pixels show it; itself where they show none."""
    (x, y), reach = face.centre, round(1.5 * face.size)
    x0, y0 = max(int(x) - reach, 0), max(int(y) - reach, 0)
    part = colours_of(plate.pixels[y0 : int(y) + reach, x0 : int(x) + reach])
    found = [one.moved(x0, y0) for one in faces.find(to_8_bit(Picture(part, plate.colour)))]
    near = [one for one in found if np.hypot(one.centre[0] - x, one.centre[1] - y) < face.size / 4]
    return max(near, key=lambda one: one.size, default=face)
