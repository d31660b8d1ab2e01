"""How the surface in each pixel slopes away from the camera, by the normals Blender writes.

Two pixels beside each other on one surface differ in depth as it slopes; what differs otherwise lies on two surfaces. So
a strap or a pair of glasses, a millimetre off the skin, is told from the side of a nose. Needs no Blender.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
#: What is seen from its very edge slopes no more than this: pixels of depth for one across.
STEEPEST = 20.0


@dataclass(frozen=True, eq=False)
class View:
    """What the camera saw of the scene.

    Args:
        turned: (3, 3) directions in the scene to directions in the camera: right, up, and towards whoever looks.
        frame: left, right, bottom and top of the picture: at a distance of 1, or in metres where rays are parallel.
        parallel: whether they are, as in an orthographic camera.
    """

    turned: Array
    frame: tuple[float, float, float, float]
    parallel: bool = False


def slopes(depths: Array, normals: Array, view: View) -> Array:
    """(H, W, 2) metres: by how much the depth grows to the next pixel on the right, and to the one above.

    The depth of the plane through a pixel's point along the rays beside it, to first order. Zero where nothing is.

    Args:
        depths: (H, W) metres along the camera's axis, bottom row first.
        normals: (H, W, 3) in the scene.
        view: the camera.
    """
    height, width = depths.shape
    seen = normals @ view.turned.T
    left, right, bottom, top = view.frame
    pixel = np.array([(right - left) / width, (top - bottom) / height], np.float32)
    facing = seen[..., 2]
    if not view.parallel:
        facing = facing - seen[..., 0] * (left + (np.arange(width, dtype=np.float32) + 0.5) * pixel[0])
        facing -= seen[..., 1] * (bottom + (np.arange(height, dtype=np.float32)[:, None] + 0.5) * pixel[1])
    tilt = seen[..., :2] / np.maximum(facing[..., None], (np.abs(seen[..., :2]) + 1e-6) / STEEPEST)
    return np.asarray(tilt * pixel * (1 if view.parallel else depths[..., None]), np.float32)
