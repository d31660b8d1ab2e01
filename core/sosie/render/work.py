"""What is drawn from: a fit, and what a render's options make of it.

Everything here is a field over the view (render/scale.py), which shows even the largest face at a bounded size. Two
windows: the `Region` around the face, where the kernel works, and `around`, the view's part in which skin beyond the
face takes the twin's tone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.messages import RenderOptions
from sosie.pictures.box import Region
from sosie.pictures.field import three
from sosie.render.gloss import with_tone
from sosie.render.grain import Grain
from sosie.render.scale import Frame
from sosie.render.switches import kept_features, with_detail
from sosie.render.texture import Texture, packed, reflectance_of

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Fitted:
    """What one plate, one face and one twin are together, whatever the options: most of a render's thinking.

    Fields (H, W[, C]) of `region` and, where said, of `around`; both in the view's pixels.
    """

    view: Frame
    region: Region
    around: Region
    points: Array  # (468, 3): the twin's mesh in the region
    uv: Array  # (H, W, 2), 0 to 1
    shift: Array  # (H, W, 2), in plate pixels: pixel p of the moved plate comes from p + shift
    iris: Array  # (H, W, 3) multiplies the plate: the twin's irises
    irises: Region  # where it does
    shading: Array  # (H, W, 3)
    gloss: Array  # (H, W, 3)
    matte: Array  # (H, W), 0 to 1
    hers: Array  # (H, W), 0 to 1: where shading and gloss make the twin's skin, and not what the plate shows there
    touched: NDArray[np.bool_]  # (H, W): an upper bound of where more than the tone changes
    skin: Array  # around, 0 to 1: skin that takes the twin's tone
    gain: Array  # (3,): what it is multiplied with
    texture: Texture  # (t, t, 4) reflectance as render/texture.py packs it, at the plate's resolution
    tone: Array  # (3,): the twin's mean reflectance
    stand_in: Array  # (3,): what that is multiplied with to be the stand-in's
    grain: Grain  # the plate's
    confidence: float
    reasons: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of its fields."""
        return sum(field.nbytes for field in vars(self).values() if isinstance(field, np.ndarray))


@dataclass(frozen=True, eq=False)
class Work(Fitted):
    """The same under one render's options: what is drawn from."""

    active: NDArray[np.uint8]  # around, 0 or 255: an upper bound of where anything changes
    strength: float


def worked(fitted: Fitted, mesh: Callable[[], Mesh], options: RenderOptions) -> Work:
    """What `options` make of a fit; everything that they do not touch is shared with it. The `mesh` is seldom asked for."""
    matte, skin = fitted.matte, fitted.skin
    if not (options.brows and options.lips):
        matte = matte * (1 - kept_features(fitted.points, fitted.region.size, options))
    shading, gloss, gain = _relit(fitted, options)
    if not options.skin or (gain == 1).all():
        skin = np.zeros_like(skin)
    texture = fitted.texture
    if options.detail != 1:
        texture = packed(with_detail(reflectance_of(texture), mesh(), options.detail))
    changes: dict[str, Any] = {
        "matte": matte,
        "skin": skin,
        "gain": gain,
        "texture": texture,
        "shading": shading,
        "gloss": gloss,
        "grain": fitted.grain if options.grain else replace(fitted.grain, level=0.0),
        "active": _active(skin, fitted.touched, fitted.around, fitted.region),
        "strength": float(options.strength),
    }
    return Work(**(vars(fitted) | changes))


def _relit(fitted: Fitted, options: RenderOptions) -> tuple[Array, Array, Array]:
    """Shading and gloss (H, W, 3) of the likeness, and the gain (3,) of the skin beyond it."""
    shading, gloss, gain = fitted.shading, fitted.gloss, fitted.gain
    if not options.tone:
        shading = with_tone(shading, gloss, fitted.stand_in, fitted.tone)
        gain = np.ones_like(gain)
    if options.exposure:
        light = np.float32(2.0**options.exposure)
        more = three(1 + (light - 1) * fitted.hers)
        shading, gloss, gain = shading * more, gloss * more, gain * light
    return shading, gloss, gain


def _active(skin: Array, touched: NDArray[np.bool_], around: Region, region: Region) -> NDArray[np.uint8]:
    """0 or 255 over `around`: where `skin` takes another tone, or the `region` is touched."""
    active = np.asarray(cv2.compare(skin, np.zeros(1), cv2.CMP_GT), np.uint8)
    both = around.within(region)
    active[both.seen_from(around).rows_and_columns] |= (
        touched[both.seen_from(region).rows_and_columns].view(np.uint8) * 255
    )
    return active
