"""Where the likeness of a large face ends on bare skin: its colours are led to those of the skin around.

The blend's bands reach as many pixels in every picture (render/reference.py). On a small face that is wide enough for what the
twin's texture and the stand-in's toned skin differ by; on a large one a step would be seen beside it.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from sosie.pictures.field import Field, blurred, ramp, resized, smoothstep, softened
from sosie.render.light import Light

#: Faces up to the first height, in plate pixels, are left to the blend; from the second on the whole step is led over.
SMALL, LARGE = 200.0, 600.0
#: In face sizes: how far the colours at the border are means of, how far along it the step is one of, how far in it is led.
NEAR, ALONG, INSIDE = 0.02, 0.06, 0.15
#: What is surely bare skin; the most that is led over (natural logarithm); of how little border a step is told.
BARE, MOST, ENOUGH = (0.9, 0.99), 0.5, 0.02
#: All this is told of a face of so many pixels; light as dark as this tells nothing.
SEEN, FLOOR = 192, np.float32(0.004)


def met(
    light: Light, around: Field, ground: Field, whole: Field, skin: Field, size: float, height: float
) -> Light:
    """`light` of a likeness with reflectance `around` (h, w, 3) that meets the `ground` (h, w, 3) at the border of its `whole`
    matte (h, w), where there is bare `skin` (h, w).

    The face has `size` pixels here, and `height` in the plate.
    """
    part = float(np.interp(height, (SMALL, LARGE), (0, 1)))
    if part == 0:
        return light
    by = max(int(size) // SEEN, 1)
    few = (slice(None, None, by),) * 2
    shown = around[few] * light.shading[few] + light.specular[few]
    step = _step(shown, ground[few], whole[few], skin[few], size / by)
    gain = resized(np.exp(np.float32(part) * step), *whole.shape[::-1])
    return replace(light, shading=light.shading * gain, specular=light.specular * gain)


def _step(shown: Field, ground: Field, whole: Field, skin: Field, size: float) -> Field:
    """(h, w, 3): from what is `shown` to the `ground` (natural logarithm), whole at the border and nothing far within."""
    border = np.asarray(4 * whole * (1 - whole) * ramp(skin, *BARE), np.float32)
    there, here = (np.log(blurred(field, border, NEAR * size) + FLOOR) for field in (ground, shown))
    along = blurred(np.clip(there - here, -MOST, MOST), border, ALONG * size)
    known = ramp(softened(border, ALONG * size), 0, ENOUGH)
    deep = cv2.distanceTransform((whole > 0.5).view(np.uint8), cv2.DIST_L2, 3)
    t = np.clip(1 - deep / np.float32(INSIDE * size), 0, 1)
    return np.asarray(along * (smoothstep(t) * known)[..., None], np.float32)
