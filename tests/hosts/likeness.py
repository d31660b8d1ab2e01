"""`python -m tests.hosts.likeness RENDER PHOTOGRAPH [--out SIDE_BY_SIDE.png]`: does this picture show that person?

Both pictures are read by Sosie's own networks. The render is laid onto the photograph by a similarity of the 468
points; then: RMS distance of the points (per cent of the distance of the outer eye corners), CIEDE2000 in the face's
oval without eyes and mouth, as it is and after a light scale (one factor a channel, since lamps differ), the distance
of the identity embeddings (below 0.6: one person).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import FaceNotFoundError
from sosie.faces import Face, Faces
from sosie.faces.regions import FEATURES
from sosie.models import ModelStore
from sosie.pictures import read_picture

CORNERS = (33, 263)


def compare(render: NDArray[np.uint8], photograph: NDArray[np.uint8], faces: Faces) -> dict[str, float]:
    """The figures above for two sRGB pictures (H, W, 3).

    Raises:
        FaceNotFoundError: one of them shows no face.
    """
    drawn, real = (_one(picture, faces) for picture in (render, photograph))
    to, onto = (np.ascontiguousarray(face.landmarks[:468, :2]) for face in (drawn, real))
    matrix = cv2.estimateAffinePartial2D(to, onto, method=cv2.LMEDS)[0]
    laid = to @ matrix[:, :2].T + matrix[:, 2]
    span = float(np.linalg.norm(onto[CORNERS[0]] - onto[CORNERS[1]]))
    height, width = photograph.shape[:2]
    warped = np.asarray(cv2.warpAffine(render, matrix, (width, height), flags=cv2.INTER_AREA), np.uint8)
    skin = _skin(onto, (height, width))
    return {
        "landmarks_percent": 100 * float(np.sqrt(((laid - onto) ** 2).sum(1).mean())) / span,
        "delta_e00": _delta_e(warped, photograph, skin),
        "delta_e00_same_light": _delta_e(_same_light(warped, photograph, skin), photograph, skin),
        "identity_distance": float(
            np.linalg.norm(faces.embed(render, drawn) - faces.embed(photograph, real))
        ),
    }


def _one(picture: NDArray[np.uint8], faces: Faces) -> Face:
    found = faces.find(picture)
    if not found:
        raise FaceNotFoundError("There is no face in it.", remedy="Look at the picture.")
    return max(found, key=lambda face: face.size)


def _skin(points: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.bool_]:
    """The face's hull, a little smaller, without eyes, brows, mouth and nostrils."""
    mask = np.zeros(size, np.uint8)
    middle = points.mean(0)
    hull = cv2.convexHull(np.round(middle + 0.85 * (points - middle)).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 1)
    for ring in FEATURES.values():
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(points[list(ring)]).astype(np.int32)), 0)
    return mask > 0


def _delta_e(one: NDArray[np.uint8], other: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    from skimage.color import deltaE_ciede2000, rgb2lab

    distance: Any = deltaE_ciede2000
    return float(np.mean(distance(rgb2lab(one), rgb2lab(other))[where]))


def _same_light(
    one: NDArray[np.uint8], other: NDArray[np.uint8], where: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """`one` with the mean of `other` in linear light, channel by channel (2.2 is near enough for a ratio)."""
    a, b = ((picture / 255.0) ** 2.2 for picture in (one, other))
    scaled = np.clip(a * (b[where].mean(0) / a[where].mean(0)), 0, 1) ** (1 / 2.2)
    return np.asarray(np.round(scaled * 255), np.uint8)


@click.command()
@click.argument("render", type=click.Path(path_type=Path, exists=True))
@click.argument("photograph", type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path), help="Both beside each other, as PNG.")
def main(render: Path, photograph: Path, out: Path | None) -> None:
    """Compare RENDER with PHOTOGRAPH."""
    one, other = (np.asarray(read_picture(path).pixels)[..., :3] for path in (render, photograph))
    for name, figure in compare(one, other, Faces(ModelStore.default())).items():
        click.echo(f"{name:22} {figure:.2f}")
    if out is not None:
        height = min(len(one), len(other))
        both = [
            cv2.resize(p, (p.shape[1] * height // len(p), height), interpolation=cv2.INTER_AREA)
            for p in (other, one)
        ]
        cv2.imwrite(str(out), np.hstack(both)[..., ::-1])


if __name__ == "__main__":
    main()
