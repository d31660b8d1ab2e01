"""Wrinkles: what an expression photograph alone shows, against wrinkles that were drawn."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces import EXPRESSIONS, face_mesh
from sosie.twin.acting import Shown, wrinkles
from sosie.twin.basis import Camera, load_basis
from sosie.twin.raster import rasterise
from sosie.twin.texture import sample
from sosie.twin.twin import AS_AT_REST, LEVELS_A_STOP

SIDE = 512
CAMERA = Camera(240.0, np.eye(3), np.array([320.0, 300.0]))
SMILE = ("mouthSmile", "cheekSquint")
#: Beside the nose, where a smile presses skin together; and on the forehead, where it does not.
FOLD, FOREHEAD = (203, 206, 216), (104, 69, 108)


def smiling() -> NDArray[np.float32]:
    basis = load_basis()
    units = [EXPRESSIONS.index(name + side) for name in SMILE for side in ("Left", "Right")]
    return (basis.mean + 0.8 * basis.expression[units].sum(0)).astype(np.float32)


def skin() -> NDArray[np.float32]:
    """(SIDE, SIDE, 3): brown skin with pores."""
    dots = np.random.default_rng(3).normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    pores = np.exp2(0.3 * cv2.GaussianBlur(dots, (0, 0), 1.5) / 0.19)
    return np.array([0.27, 0.134, 0.073], np.float32) * pores[..., None]


def line(*corners: int) -> NDArray[np.float32]:
    """(SIDE, SIDE) 0 to 1: a line through mesh points."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    points = np.round(face_mesh().uv[list(corners)] * SIDE).astype(np.int32)
    cv2.polylines(canvas, [points], isClosed=False, color=255, thickness=4, lineType=cv2.LINE_AA)
    return canvas.astype(np.float32) / 255


def photograph(
    albedo: NDArray[np.float32], shape: NDArray[np.float32], off: tuple[float, float] = (0, 0)
) -> Shown:
    """A face of `shape` with this texture; its landmarks are found `off` pixels beside where they are."""
    mesh, points = face_mesh(), CAMERA.project(shape)
    raster = rasterise(points[:, :2], mesh.triangles, (640, 640), depth=points[:, 2])
    picture = sample(albedo, raster.interpolate(mesh.uv) * SIDE)
    bare = np.ones(picture.shape[:2], np.float32)
    return Shown(picture, bare, (points[:, :2] + off).astype(np.float32), shape, CAMERA)


def stops(found: NDArray[np.uint8]) -> NDArray[np.float32]:
    return (found.astype(np.float32) - AS_AT_REST) / LEVELS_A_STOP


def test_a_wrinkle_of_a_smile_is_found_where_it_is_and_as_dark() -> None:
    fold, rest = line(*FOLD), photograph(skin(), load_basis().mean)
    smile = photograph(skin() * np.exp2(-fold)[..., None], smiling(), (1.5, -1))
    (found,) = stops(wrinkles(rest, [smile], face_mesh()))
    assert -1.1 < found[fold > 0.95].mean() < -0.5
    away = cv2.dilate(fold, np.ones((15, 15))) == 0
    assert np.abs(found[away]).mean() < 0.01, "pores count as wrinkles"


def test_what_differs_where_nothing_is_pressed_is_no_wrinkle() -> None:
    rest = photograph(skin(), load_basis().mean)
    marked = photograph(skin() * np.exp2(-line(*FOREHEAD))[..., None], smiling())
    (found,) = stops(wrinkles(rest, [marked], face_mesh()))
    assert np.abs(found[line(*FOREHEAD) > 0.9]).max() < 0.1
    brighter = photograph(2 * skin(), smiling())  # another exposure is none either
    assert np.abs(stops(wrinkles(rest, [brighter], face_mesh()))).mean() < 0.01


def test_without_expression_photographs_there_are_none() -> None:
    assert wrinkles(photograph(skin(), load_basis().mean), [], face_mesh()).shape == (0, SIDE, SIDE)
