"""The plate's light carried from the stand-in's face to the twin's, whose bones are others.

Every point of the new face first takes the light that the same point of the stand-in's face has. That light is split:

- what lamps do to a surface of this direction, as light that is scattered and as gloss (`lamps.py`): this part is put on
  the twin's own normals;
- what is left: cast shadows, and the stand-in's own folds, sockets and marks. The strong ones are shadows that fall on
  whoever stands there, and stay. Of the weak ones only a share is kept: they are hers.

Fields as in light.py.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.pictures.colour import LUMA
from sosie.pictures.field import Field, fill, resized, smoothstep
from sosie.render.flow import EDGE_ON
from sosie.render.lamps import facing, lamps_of, mirrored, scattered
from sosie.render.light import FLOOR, SPAN, Light
from sosie.render.tone import GLOSS
from sosie.twin.raster import Raster, faced, rasterise, vertex_normals

#: Shares of weak remains and of highlights that belong to the place rather than to the stand-in's own relief.
KEPT, KEPT_SHINE = 0.25, 0.5
#: Remains are weak below the first and shadows above the second of these (log2 of luminance).
WEAK, STRONG = 0.7, 1.5
#: Of what is brighter than the fit by as much, less is the place's: half of it is the stand-in's own shine.
LIT = 0.4
#: The most that other bones may change the light, in stops.
MOST = 1.3
#: A pixel whose change stands out from those around by more than so many stops is a speck.
SPECK = 0.4
#: The mesh's rim before the ears; and how often the normals there become the mean of those around.
EARS, EVENED = (127, 234, 93, 132, 356, 454, 323, 361), 10
#: Beyond the face the change dies out within this many eye distances.
REACH = 0.4


def carry_light(
    light: Light,
    source: NDArray[np.float32],
    target: NDArray[np.float32],
    mesh: Mesh,
    *,
    box: tuple[int, int, int, int] | None = None,
) -> Light:
    """The light moved from the stand-in's `source` to another face's `target` (468 or more, 3; plate pixels, depth).

    Both depths must come from the same kind of model, else the two faces seem turned against each other. `box` is the
    wanted region; by default the light's own.
    """
    x0, y0, x1, y1 = box or light.box
    width, height = x1 - x0, y1 - y0
    span = max(float(np.linalg.norm(target[263, :2] - target[33, :2])), 1e-3)
    scale = min(1.0, SPAN / span)
    raster = _drawn(target, mesh, (x0, y0, x1, y1), scale)
    shift = raster.interpolate((source[:468, :2] - target[:468, :2]).astype(np.float32))
    frontal = raster.covered & (faced(target, mesh.triangles)[raster.triangle] > EDGE_ON)
    inner = cv2.erode(frontal.astype(np.float32), np.ones((3, 3), np.uint8))
    shift = resized(fill(shift, np.asarray(inner, np.float32)), width, height)
    map_x = np.arange(x0, x1, dtype=np.float32) + shift[..., 0] - light.box[0]
    map_y = np.arange(y0, y1, dtype=np.float32)[:, None] + shift[..., 1] - light.box[1]

    def moved(field: Field) -> Field:
        out = cv2.remap(field, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, np.float32)

    before, after = _normals(source, mesh), _normals(target, mesh)
    shine = KEPT_SHINE * moved(light.specular - GLOSS * light.shading)
    light, lamps = _without_gloss(light, _drawn(source, mesh, light.box, scale), before)
    gloss = shading = moved(light.shading)
    if lamps is not None:
        change = _change(shading, raster, before, after, lamps)
        shading *= np.exp2(resized(change * _fading(raster, REACH * span * scale), width, height))
        gloss = shading * resized(mirrored(lamps, raster, after), width, height)
    return replace(
        light,
        box=(x0, y0, x1, y1),
        shading=shading,
        specular=np.asarray(GLOSS * gloss + shine, np.float32),
        valid=moved(light.valid),
    )


def _without_gloss(
    light: Light, raster: Raster, normals: NDArray[np.float32]
) -> tuple[Light, NDArray[np.float32] | None]:
    """The lamps, and the light whose shading is free of the gloss that they make on the stand-in's face, as it is drawn.

    What they make less glossy than even light does may lie in a shadow, and stays as it is.
    """
    height, width = raster.triangle.shape
    sure = (resized(light.valid, width, height) > 0.9) & raster.covered
    few = resized(light.shading, width, height)
    lamps = lamps_of(few, sure, raster, normals)
    if lamps is None:
        return light, None
    more = np.maximum(mirrored(lamps, raster, normals), 1)
    less = np.asarray((light.tone + GLOSS) / (light.tone + GLOSS * more), np.float32)
    shading = np.asarray(light.shading * resized(less, *light.shading.shape[1::-1]), np.float32)
    return replace(light, shading=shading), lamps_of(few * less, sure, raster, normals)


def _drawn(points: NDArray[np.float32], mesh: Mesh, box: tuple[int, int, int, int], scale: float) -> Raster:
    """The face with `points` (468 or more, 3) in a picture of `box`, reduced by `scale`."""
    x0, y0, x1, y1 = box
    size = (max(2, round((y1 - y0) * scale)), max(2, round((x1 - x0) * scale)))
    step = np.array([(x1 - x0) / size[1], (y1 - y0) / size[0]], np.float32)
    drawn = (points[:468, :2] - np.array([x0, y0], np.float32)) / step
    return rasterise(drawn.astype(np.float32), mesh.triangles, size, depth=np.asarray(points[:468, 2]))


def _normals(points: NDArray[np.float32], mesh: Mesh) -> NDArray[np.float32]:
    """(468, 3); before the ears, where the mesh folds and would be lit with a step, evened out."""
    normals = vertex_normals(np.asarray(points[:468], np.float32), mesh.triangles)
    corners = np.unique(mesh.triangles[np.isin(mesh.triangles, EARS).any(1)])
    around = mesh.triangles[np.isin(mesh.triangles, corners).any(1)]
    for _ in range(EVENED):
        sums = np.zeros_like(normals)
        np.add.at(sums, around, normals[around].sum(1, keepdims=True))
        normals[corners] = sums[corners] / np.linalg.norm(sums[corners], axis=1, keepdims=True)
    return normals


def _change(
    shading: Field,
    raster: Raster,
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    lamps: NDArray[np.float32],
) -> Field:
    """log2 of what `shading`, carried to the drawn face, is multiplied with, at the size of `raster`."""
    height, width = raster.triangle.shape
    few = np.maximum(resized(shading, width, height), FLOOR)

    def lit(normals: NDArray[np.float32]) -> Field:
        found = np.zeros_like(few)
        found[raster.covered] = np.log2(scattered(lamps, facing(raster, normals, raster.covered)))
        return fill(found, raster.covered.astype(np.float32))

    hers, twins = lit(before), lit(after)
    remains = np.log2(few) - hers
    off = remains @ LUMA
    t = np.clip((np.abs(off) - WEAK) / (STRONG - WEAK), 0, 1)
    share = smoothstep(t) * np.where(off > 0, LIT, 1)
    kept = np.asarray(cv2.GaussianBlur((KEPT + (1 - KEPT) * share).astype(np.float32), (0, 0), 2), np.float32)
    change = np.asarray(np.clip(twins - hers, -MOST, MOST) + (kept[..., None] - 1) * remains, np.float32)
    # Where the face folds over itself, single pixels get a normal of the far side.
    calm = cv2.medianBlur(change, 5)
    return np.asarray(np.where(np.abs(change - calm) > SPECK, calm, change), np.float32)


def _fading(raster: Raster, reach: float) -> Field:
    """(H, W, 1): 1 on the face, falling to 0 at `reach` pixels from it."""
    away = cv2.distanceTransform((~raster.covered).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.clip(1 - away / max(reach, 1.0), 0, 1)[..., None], np.float32)
