"""The likeness where it is drawn: near the face, in the light that was carried to it.

Its fields reach as far beyond the face as the blend's bands look, and no further; what surrounds it only moves.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.box import Region
from sosie.render.border import met
from sosie.render.breaks import lead_over
from sosie.render.flow import Flow
from sosie.render.gloss import broken
from sosie.render.light import Light
from sosie.render.matte import Lit, held_to_openings, held_to_skin
from sosie.render.reference import APRON, BANDS, BORDER
from sosie.render.scale import Frame
from sosie.render.texture import Texture, surroundings

Array = NDArray[np.float32]


def near_face(points: Array, ratio: Fraction, region: Region) -> Region:
    """What of the `region`, in its own pixels, the likeness with mesh `points` (n, 3) is drawn from: with its bands."""
    apron = ceil((APRON + BANDS) / ratio) + BORDER
    (x0, y0), (x1, y1) = np.floor(points[:, :2].min(0)), np.ceil(points[:, :2].max(0))
    return Region(int(x0), int(y0), int(x1), int(y1)).grown(apron).within(region.seen_from(region))


def mover(flow: Flow) -> Callable[[Array], Array]:
    """What brings a field (H, W[, C]) of the region to where the relief has it, near the face (h, w[, C])."""
    near, shift = flow.near, flow.shift[flow.near.rows_and_columns]
    columns = np.arange(near.x0, near.x1, dtype=np.float32) + shift[..., 0]
    rows = np.arange(near.y0, near.y1, dtype=np.float32)[:, None] + shift[..., 1]

    def moved(field: Array) -> Array:
        to = cv2.remap(field, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(to, np.float32)

    return moved


def held(
    light: Light,
    ground: Array,
    matte: Array,
    skin: Array,
    openings: Array,
    flow: Flow,
    texture: Texture,
    view: Frame,
) -> Lit:
    """A likeness in `light` that is the `ground` (h, w, 3) off its `matte` and the `skin` (h, w) and in the `openings`, meets
    the ground at its border, and is led over where the `texture` leaps.
    """
    around, size, height = surroundings(texture, flow.uv), max(flow.face), flow.face[1] * float(view.ratio)
    meeting = met(broken(light, around), around, ground, matte + openings, skin, size, height)
    lit = held_to_openings(held_to_skin(meeting, ground, matte, skin), ground, openings, height)
    lead_over(lit.shading, lit.gloss, texture, flow.uv, flow.breaks * (lit.matte > 0), size)
    return lit
