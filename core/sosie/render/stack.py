"""The result as layers that a retoucher can turn, and that still are the flat result, to the last bit.

Bottom to top over the plate, blended in the plate's own encoding (the numbers as they are in the file):

    relief    normal       the plate, moved where the twin's face is narrower or wider
    skin      normal       neck, ears and hands in the twin's tone
    likeness  normal       the twin's face, evenly lit
    shading   multiply     the plate's light on it
    detail    grain-merge  pores, lines and grain, and whatever rounding left over

Alpha is 1 or 0: a soft alpha is rounded differently by every host, and each would miss by a step. Soft edges are in the
colours instead. `relief` is there wherever anything changes, so that a group of these layers needs no plate below it.
Each layer is made from what the layers below it really give, quantised; `detail` is what is missing to the composite.
Its half way is never left: beyond +-0.45 the likeness keeps the difference.

Blend modes, with a below, b the layer, 1 the full range (integers: rounded to the nearest): normal b, multiply a b
(W3C, Compositing and Blending Level 1), grain-merge a + b - half, half being 127, 32767 or 0.5 (as Krita and GIMP
define it), kept within the range for integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.messages import Blend, ColourSpace, LayerInfo, LayerName
from sosie.pictures import from_linear
from sosie.pictures.picture import as_integers

STACK = (
    LayerInfo("relief", "normal"),
    LayerInfo("skin", "normal"),
    LayerInfo("likeness", "normal"),
    LayerInfo("shading", "multiply"),
    LayerInfo("detail", "grain-merge"),
)
NAMES: tuple[LayerName, ...] = tuple(info.name for info in STACK)
#: Light below this share of the brightest is left in the likeness: dividing by it would only show rounding.
DARKEST = 1 / 16
#: Most that the detail takes, of the full range: less than grain-merge's half.
MOST = 0.45
Array = NDArray[np.float32]
Coded = NDArray[Any]


def split(
    moved: Coded,
    toned: Coded,
    after: Coded,
    light: Array,
    share: Array,
    *,
    sigma: float,
    colour: ColourSpace,
) -> dict[LayerName, Coded]:
    """The five layers (H, W, 4) of a picture (H, W, 3) `after`, for every pixel; where nothing changed is the caller's.

    `moved` is the plate with only its surroundings moved, `toned` that with only the skin's tone besides, both coded as
    `after` is. `light` (H, W, 3; linear, 1 the brightest) lies on the face, whose share of each pixel is `share` (H, W).
    What is finer than `sigma` pixels is detail; `colour` is how the pictures are coded.
    """
    top = _top(after.dtype)
    goal = after.astype(np.float32) / np.float32(top)
    wide = 2 * int(np.ceil(3 * sigma)) + 1
    fine = np.clip(goal - cv2.GaussianBlur(goal, (wide, wide), sigma), -MOST, MOST)
    # some hosts cut floats off at 0 and 1 where they blend: what lies between stays between
    smooth = np.clip(goal - share[..., None] * fine, np.minimum(goal, 0), np.maximum(goal, 1))
    coded = from_linear(np.maximum(light, 0), np.float32, colour)
    shade = np.maximum(1 + share[..., None] * (np.clip(coded, DARKEST, 1) - 1), np.minimum(smooth, 1))
    shading = _coded(shade, after.dtype)
    lit = _coded(smooth / (shading.astype(np.float32) / np.float32(top)), after.dtype)
    face = (share > 0) | _differ(after, toned)
    everywhere = np.ones(face.shape, bool)
    half = _half(after.dtype)
    product = blended(lit, shading, "multiply")
    if np.issubdtype(after.dtype, np.integer):
        detail = (after.astype(np.int32) - product + half).clip(0, int(top)).astype(after.dtype)
    else:
        detail = (after.astype(np.float32) - product.astype(np.float32) + half).astype(after.dtype)
    return {
        "relief": _layer(moved, everywhere),
        "skin": _layer(toned, _differ(toned, moved)),
        "likeness": _layer(lit, face),
        "shading": _layer(shading, face),
        "detail": _layer(detail, face),
    }


def recompose(plate: Coded, pictures: Mapping[LayerName, Coded], stack: Sequence[LayerInfo] = STACK) -> Coded:
    """`plate` (H, W, 3|4) under `stack`, as a host blends it; the plate's alpha stays.

    `pictures` are (H, W, 4) of the plate's dtype; those that are not there are left out.
    """
    out = plate.copy()
    for info in stack:
        if (layer := pictures.get(info.name)) is None:
            continue
        below = out[..., :3]
        above = blended(below, layer[..., :3], info.blend).astype(np.float32)
        alpha = info.opacity * layer[..., 3:].astype(np.float32) / np.float32(_top(layer.dtype))
        mixed = below.astype(np.float32) * (1 - alpha) + above * alpha
        out[..., :3] = mixed if out.dtype.kind == "f" else np.rint(mixed)
    return out


def blended(below: Coded, layer: Coded, blend: Blend) -> Coded:
    """What the mode makes of two pictures of one dtype, both opaque."""
    if blend == "normal":
        return layer
    top, half = _top(layer.dtype), _half(layer.dtype)
    if not np.issubdtype(layer.dtype, np.integer):
        a, b = below.astype(np.float32), layer.astype(np.float32)
        return np.asarray(a * b if blend == "multiply" else a + b - half).astype(layer.dtype)
    if blend == "multiply":  # 32 bits just hold it
        product = below.astype(np.uint32) * layer
        product += np.uint32(top) // 2
        return np.asarray(product // np.uint32(top)).astype(layer.dtype)
    return (below.astype(np.int32) + layer - int(half)).clip(0, int(top)).astype(layer.dtype)


def _layer(colours: Coded, where: NDArray[np.bool_]) -> Coded:
    """(H, W, 4): `colours` where it is there, 0 elsewhere."""
    opaque = cv2.cvtColor(as_integers(colours), cv2.COLOR_RGB2RGBA)
    if colours.dtype == np.float16:
        opaque[..., 3] = np.float16(1).view(np.uint16)
    return np.asarray(cv2.copyTo(opaque, where.view(np.uint8))).view(colours.dtype)


def _differ(one: Coded, other: Coded) -> NDArray[np.bool_]:
    """(H, W): where any channel does."""
    red, green, blue = np.moveaxis(one != other, -1, 0)
    return np.asarray(red | green | blue)


def _coded(values: Array, dtype: np.dtype[Any]) -> Coded:
    return from_linear(values, dtype, "linear-srgb")  # only rounds


def _top(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else 1.0


def _half(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype).max // 2) if np.issubdtype(dtype, np.integer) else 0.5
