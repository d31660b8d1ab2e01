"""How one face is chosen among several: by what the artist points at, never by an order that jumps.

The first thing said counts: an index, a box, a point, a mask, a picture of the person. A choice that means no face is
refused with what was found; the largest face is taken only when nothing was said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import FaceNotFoundError, OptionError
from sosie.faces.face import Face
from sosie.faces.identity import SAME_PERSON
from sosie.faces.pipeline import Faces
from sosie.messages import FaceChoice, FaceOrder

#: How far apart two faces are: the L2 distance of their identity embeddings.
Distance = Callable[[Face], float]
Corners = tuple[float, float, float, float]


def choose(
    faces: Sequence[Face],
    choice: FaceChoice,
    *,
    mask: NDArray[np.generic] | None = None,
    distance: Distance | None = None,
) -> Face:
    """The face that `choice` means.

    A point may lie a little outside the face (half its size), because people click hair and hats. Pixels that the
    choice names are read by the caller: `mask` (H, W), more than 0 where it covers, means the face that it covers
    most; `distance` says how far a face is from the person looked for, and the nearest is taken if it is one person's.

    Raises:
        FaceNotFoundError: no face at all, or none that the choice means.
        OptionError: the choice names a mask or a person, and it was not given.
    """
    if not faces:
        raise FaceNotFoundError(
            "No face was found in the picture.",
            remedy="Use a picture whose face is at least 20 pixels high in a 1280 pixel view and not covered.",
        )
    if choice.index is not None:
        return _by_index(faces, choice.index, choice.order)
    if choice.box is not None:
        return _by_box(faces, choice.box)
    if choice.point is not None:
        return _by_point(faces, choice.point)
    if mask is not None:
        return _by_mask(faces, mask)
    if distance is not None:
        return _by_person(faces, distance)
    if choice.mask is not None or choice.like is not None:
        raise OptionError("The choice's mask or person was not read.", remedy="Give its pixels as well.")
    return max(faces, key=lambda face: face.size)


def find_one(
    perception: Faces,
    rgb: NDArray[np.uint8],
    choice: FaceChoice,
    *,
    mask: NDArray[np.generic] | None = None,
    like: NDArray[np.float32] | None = None,
    known: Callable[[Sequence[Face]], Face | None] | None = None,
    reduced: int = 1,
    check: Callable[[], None] = lambda: None,
) -> Face:
    """The face of `rgb` (H, W, 3; uint8 sRGB) that `choice` means; `like` (128,) is the person it looks for.

    `rgb` may be the picture reduced by a whole number: choice, mask and face are in the pixels of the picture itself.

    `known` picks the face that was chosen in the frame before, or none; a mask or a person is asked for anew. `check` is
    called between the steps of the search; what it raises ends it.

    Raises:
        FaceNotFoundError, OptionError: as `choose`.
    """

    def distance(face: Face) -> float:
        return float(np.linalg.norm(perception.embed(rgb, face.scaled(1 / reduced)) - np.asarray(like)))

    found = [face.scaled(reduced) for face in perception.find(rgb, check)]
    if known and choice.mask is None and choice.like is None and (same := known(found)):
        return same
    return choose(found, choice, mask=mask, distance=None if like is None else distance)


def ordered(faces: Sequence[Face], order: FaceOrder) -> list[Face]:
    """The faces as `order` counts them.

    Raises:
        OptionError: an order that does not exist.
    """
    keys: dict[FaceOrder, Callable[[Face], float]] = {
        "left-right": lambda face: face.centre[0],
        "right-left": lambda face: -face.centre[0],
        "top-bottom": lambda face: face.centre[1],
        "bottom-top": lambda face: -face.centre[1],
        "large-small": lambda face: -face.size,
        "small-large": lambda face: face.size,
    }
    if order not in keys:
        raise OptionError(f"There is no order {order}.", remedy=f"Choose among {', '.join(keys)}.")
    return sorted(faces, key=keys[order])


def _by_index(faces: Sequence[Face], index: int, order: FaceOrder) -> Face:
    if 0 <= index < len(faces):
        return ordered(faces, order)[index]
    raise FaceNotFoundError(
        f"There is no face number {index}: {_count(faces)}.",
        remedy=f"Choose 0 to {len(faces) - 1}, counted {order}, or click the face.",
    )


def _by_box(faces: Sequence[Face], box: Corners) -> Face:
    best = max(faces, key=lambda face: _overlap(face.box, box))
    if _overlap(best.box, box) > 0:
        return best
    corners = ", ".join(f"{value:.0f}" for value in box)
    raise FaceNotFoundError(
        f"No face inside the box {corners}: {_count(faces)}.", remedy=f"Draw the box around {_places(faces)}."
    )


def _by_point(faces: Sequence[Face], point: tuple[float, float]) -> Face:
    best = min(faces, key=lambda face: _away(face, point))
    if _away(best, point) <= best.size:
        return best
    raise FaceNotFoundError(
        f"No face at {point[0]:.0f}, {point[1]:.0f}: {_count(faces)}.", remedy=f"Click {_places(faces)}."
    )


def _by_mask(faces: Sequence[Face], mask: NDArray[np.generic]) -> Face:
    """The face of which the mask covers the largest share; of two the larger face."""
    shares = [_covered(face, mask) for face in faces]
    best = max(range(len(faces)), key=lambda number: (round(shares[number], 2), faces[number].size))
    if shares[best] > 0:
        return faces[best]
    raise FaceNotFoundError(
        f"The mask covers no face: {_count(faces)}.", remedy=f"Paint the mask over {_places(faces)}."
    )


def _by_person(faces: Sequence[Face], distance: Distance) -> Face:
    distances = [distance(face) for face in faces]
    best = int(np.argmin(distances))
    if distances[best] < SAME_PERSON:
        return faces[best]
    found = ", ".join(
        f"{value:.2f} at {face.centre[0]:.0f}, {face.centre[1]:.0f}"
        for value, face in zip(distances, faces, strict=True)
    )
    raise FaceNotFoundError(
        f"Nobody here is the person of the reference: {_count(faces)}, {found}; "
        f"below {SAME_PERSON:.2f} is one person.",
        remedy="Give a reference in which the face is well seen, or click the face.",
    )


def _covered(face: Face, mask: NDArray[np.generic]) -> float:
    """The share of the face (the hull of its landmarks) where the mask is more than 0."""
    height, width = mask.shape[:2]
    low = np.maximum(np.floor(face.box[:2]).astype(int), 0)
    high = np.minimum(np.ceil(face.box[2:]).astype(int), (width, height))
    if (high <= low).any():
        return 0.0
    part = mask[low[1] : high[1], low[0] : high[0]]
    hull = cv2.convexHull(np.round(face.landmarks[:468, :2] - low - 0.5).astype(np.int32))
    drawn = np.zeros(part.shape[:2], np.uint8)
    cv2.fillConvexPoly(drawn, hull, 1)
    flat = part if part.ndim == 2 else part[..., 0]
    return float((np.asarray(flat)[drawn > 0] > 0).mean()) if drawn.any() else 0.0


def _overlap(a: Corners, b: Corners) -> float:
    """Shared area of two boxes over the area of both together."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _away(face: Face, point: tuple[float, float]) -> float:
    return float(np.hypot(face.centre[0] - point[0], face.centre[1] - point[1]))


def _count(faces: Sequence[Face]) -> str:
    return "one face was found" if len(faces) == 1 else f"{len(faces)} faces were found"


def _places(faces: Sequence[Face]) -> str:
    return " or ".join(f"{face.centre[0]:.0f}, {face.centre[1]:.0f}" for face in faces[:4])
