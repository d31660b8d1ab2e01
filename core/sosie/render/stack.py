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
from sosie.pictures.field import three
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


def split(after: Coded, light: Array, share: Array, *, sigma: float) -> dict[LayerName, Coded]:
    """Likeness, shading and detail (H, W, 3) of a picture `after` (H, W, 3), for every pixel, whatever lies below them.

    `light` (H, W, 3; from `coded_light`) lies on the face, whose share of each pixel is `share` (H, W). What is finer than
    `sigma` pixels is detail; it depends on what is `reach` pixels away.
    """
    top, half = np.float32(_top(after.dtype)), _half(after.dtype)
    shares = three(share)
    goal = after.astype(np.float32)
    goal /= top
    wide = 2 * reach(sigma) + 1
    fine = np.asarray(cv2.GaussianBlur(goal, (wide, wide), sigma), np.float32)
    np.clip(np.subtract(goal, fine, out=fine), -MOST, MOST, out=fine)
    fine *= shares
    smooth = np.subtract(goal, fine, out=fine)
    # some hosts cut floats off at 0 and 1 where they blend: what lies between stays between
    np.clip(smooth, np.minimum(goal, 0), np.maximum(goal, 1), out=smooth)
    shade = np.subtract(light, 1, out=goal)
    shade *= shares
    shade += 1
    shading = _coded(np.maximum(shade, np.minimum(smooth, 1), out=shade), after.dtype)
    below = np.divide(shading, top, out=shade, dtype=np.float32)
    lit = _coded(np.divide(smooth, below, out=smooth), after.dtype)
    product = blended(lit, shading, "multiply")
    if np.issubdtype(after.dtype, np.integer):  # kept within the range
        depth = cv2.CV_8U if after.dtype == np.uint8 else cv2.CV_16U
        detail = np.asarray(cv2.addWeighted(after, 1, product, -1, half, dtype=depth), after.dtype)
    else:
        detail = (after.astype(np.float32) - product.astype(np.float32) + half).astype(after.dtype)
    return {"likeness": lit, "shading": shading, "detail": detail}


def reach(sigma: float) -> int:
    """As many pixels away a blur by `sigma` looks."""
    return int(np.ceil(3 * sigma))


def coded_light(light: Array, colour: ColourSpace) -> Array:
    """`light` (H, W, 3), linear and 1 where it is brightest, coded as `colour`: what `shading` multiplies with."""
    coded: Array = from_linear(np.maximum(light, 0), np.float32, colour)
    return np.clip(coded, DARKEST, 1, out=coded)


def opaque(colours: Coded) -> Coded:
    """(H, W, 4): `colours` (H, W, 3) with an alpha of 1."""
    made = np.asarray(cv2.cvtColor(as_integers(colours), cv2.COLOR_RGB2RGBA)).view(colours.dtype)
    if colours.dtype == np.float16:
        made[..., 3] = 1
    return made


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


def _coded(values: Array, dtype: np.dtype[Any]) -> Coded:
    return from_linear(values, dtype, "linear-srgb")  # only rounds


def _top(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else 1.0


def _half(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype).max // 2) if np.issubdtype(dtype, np.integer) else 0.5
