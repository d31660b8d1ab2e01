"""The likeness's matte: the twin's face, feathered, less eyes and mouth, less what stands in front of it.

The likeness beside it: what the blend's low bands find there must not be spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.pictures.box import place_of
from sosie.pictures.field import mixed, smoothstep, three
from sosie.render.fit import Placed
from sosie.render.flow import Flow
from sosie.render.light import Light

#: Width of the soft edge, in face sizes.
FEATHER = 0.035
#: The openings of a face up to the first height, in plate pixels, are held to the plate; from the second height on not at all:
#: they are wider than the blend reaches.
ALL, NONE = 1200.0, 2400.0


@dataclass(frozen=True, eq=False)
class Lit:
    """A likeness in its light: times the twin's reflectance its `shading`, with its `gloss`, is its colour."""

    shading: NDArray[np.float32]  # (H, W, 3)
    gloss: NDArray[np.float32]  # (H, W, 3)
    matte: NDArray[np.float32]  # (H, W), 0 to 1
    hers: NDArray[np.float32]  # (H, W), 0 to 1: how far that is skin of hers, and not the ground


def face_matte(
    flow: Flow, placed: Placed, visible: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The matte, and that of the openings of eyes and mouth, both (H, W), 0 to 1, and together the face.

    `visible`: where the (moved) plate shows bare skin rather than hair or hands.
    """
    size = float(np.ptp(placed.points[:, :2], axis=0).max())
    inside = np.pad((flow.inside > 0).astype(np.uint8), 1)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
    t = np.clip((depth - 1) / max(FEATHER * size, 1.0), 0, 1)
    edge = smoothstep(t)
    openings = cv2.GaussianBlur(flow.openings, (0, 0), max(size / 300, 0.7))
    whole = edge * visible
    return np.asarray(whole * (1 - openings), np.float32), np.asarray(whole * openings, np.float32)


def held_to_skin(
    light: Light, ground: NDArray[np.float32], matte: NDArray[np.float32], skin: NDArray[np.float32]
) -> Lit:
    """A likeness in this `light` where `matte` or `skin` (H, W; 0 to 1) say skin; elsewhere it is the `ground` (H, W, 3).

    The blend's low bands reach further than the matte. Over background and hair they then find no difference to spread:
    the face neither glows beyond its outline nor lightens the hair that frames it.
    """
    share = np.maximum(matte, skin)
    return Lit(light.shading * three(share), mixed(light.specular, ground, share), matte, share)


def held_to_openings(
    lit: Lit, ground: NDArray[np.float32], openings: NDArray[np.float32], height: float
) -> Lit:
    """The same likeness, but the `ground` (H, W, 3) in the `openings` (H, W; 0 to 1) of a face of this `height` in plate pixels.

    The openings of a small face are no wider than the blend's low bands reach: what differs between the twin's lids and the
    stand-in's would darken the eye.
    """
    shading, gloss, held, hers = (field.copy() for field in (lit.shading, lit.gloss, lit.matte, lit.hers))
    here = place_of(openings > 0, 1)
    inside = openings[here] * np.float32(np.clip((NONE - height) / (NONE - ALL), 0, 1))
    whole = held[here] + inside
    share = np.asarray(inside / np.maximum(whole, np.float32(1e-6)), np.float32)
    shading[here] *= three(1 - share)
    gloss[here] = mixed(ground[here], gloss[here], share)
    hers[here] *= 1 - share
    held[here] = np.minimum(whole, np.float32(1))
    return Lit(shading, gloss, held, hers)
