"""What a fit looks at: the face's region of the view and what is around it, each thing in its own pixels.

Three frames: the view's pixels, those of `region` (the face and a margin) and those of `around` (where skin may be
retoned). Names that belong to neither are the view's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sosie.faces import Face
from sosie.faces.accessories import accessory_at
from sosie.faces.person import Person
from sosie.faces.shown import bare_at, covered_at, hand_at, shown_at
from sosie.pictures import to_linear
from sosie.pictures.box import Region
from sosie.render.fit import Placed
from sosie.render.flow import region_of
from sosie.render.monochrome import toning_of
from sosie.render.scale import View, window
from sosie.render.tone import Locus

#: Skin is retoned as far as this beyond the region, in region heights: beside and above it, and below it (chest,
#: hands). Together at most 2 x 2.5 regions, whatever the plate's size.
BESIDE, BELOW = 0.5, 1.0
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scene:
    """One face of one view, linear light, float32."""

    region: Region
    around: Region
    origin: Array  # (3,): the region's corner in the view
    corner: Array  # (3,): that of `around`
    whole: Array  # (H, W, 3) of around
    person: Person  # in around
    landmarks: Array  # (478, 3) in around
    covered: Array  # (H, W) of around, 0 to 1: surely no bare skin, as hair
    bare: Array  # (H, W) of around, 0 to 1: surely bare face, or a hand before it
    linear: Array  # (h, w, 3) of the region
    body: Array  # (h, w) of the region: `person`
    source: Array  # (478, 3): the landmarks in the region
    shown: Array  # (h, w) of the region, 0 to 1: bare face, or a hand before it, by what the landmark network saw
    hand: Array  # (h, w) of the region, 0 to 1: a hand before the face, by what it saw
    accessory: Array  # (h, w) of the region, 0 to 1: glasses and the like, by what it saw
    placed: Placed  # in the region
    toning: Locus | None  # of a black-and-white or toned picture: the colours of grey skin in it


def scene_of(view: View, face: Face, placed: Placed, person: Person) -> Scene:
    """What of `view` is looked at; `face`, `placed` and `person` are the view's."""
    region = region_of(np.concatenate([placed.points, placed.source]))
    around = around_of(region, view.plate.pixels.shape[:2])
    rows, columns = slice(around.y0, around.y1), slice(around.x0, around.x1)
    whole = to_linear(view.plate.pixels[rows, columns], view.plate.colour)
    origin = np.array([region.x0, region.y0, 0], np.float32)
    corner = np.array([around.x0, around.y0, 0], np.float32)
    crop = face.crop.moved(-around.x0, -around.y0)
    here, linear = person.within(*around.corners), cut(whole, around, region)
    near = face.crop.moved(-region.x0, -region.y0)
    return Scene(
        region=region,
        around=around,
        origin=origin,
        corner=corner,
        whole=whole,
        person=here,
        landmarks=face.landmarks - corner,
        covered=covered_at(face.shown, crop, around.size),
        bare=bare_at(face.shown, crop, around.size),
        linear=linear,
        body=cut(here.matte, around, region),
        source=face.landmarks - origin,
        shown=shown_at(face.shown, near, region.size),
        hand=hand_at(face.shown, near, region.size),
        accessory=accessory_at(face.accessories, near, region.size),
        placed=replace(placed, points=placed.points - origin, source=placed.source - origin),
        toning=toning_of(linear),
    )


def around_of(region: Region, size: tuple[int, int]) -> Region:
    """The part of a view of `size` (height, width) in which anything may change; see `BESIDE`, `BELOW`."""
    height = region.size[0]
    beside, below = round(BESIDE * height), round(BELOW * height)
    x0, y0 = max(region.x0 - beside, 0), max(region.y0 - beside, 0)
    x1, y1 = min(region.x1 + beside, size[1]), min(region.y1 + below, size[0])
    return Region(x0, y0, max(x1, x0 + 1), max(y1, y0 + 1))


def cut(field: Array, has: Region, wanted: Region) -> Array:
    """The `wanted` window of a field over the window `has`; beyond it the edge is repeated."""
    x0, y0, x1, y1 = wanted.x0 - has.x0, wanted.y0 - has.y0, wanted.x1 - has.x0, wanted.y1 - has.y0
    return np.ascontiguousarray(window(field, Region(x0, y0, x1, y1)), np.float32)
