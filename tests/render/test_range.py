"""What can be rendered, whatever way up and how large; what cannot is refused with its numbers."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.errors import FaceTooSmallError, PoseOutOfRangeError
from sosie.faces import Face, Faces, Pose
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture, to_linear
from sosie.render import Layers, render
from sosie.render.fit import MAX_PITCH, MAX_YAW, MIN_FACE, check_range
from sosie.render.kernel import Kernel
from sosie.twin import Twin

#: Without grain: its pattern has no business with the picture's turn.
PLAIN = RenderOptions(grain=False)
Bytes = NDArray[np.uint8]


def put(pixels: Bytes, twin: Twin, faces: Faces, kernel: Kernel) -> Layers:
    picture = Picture(np.ascontiguousarray(pixels))
    return render(picture, twin, faces=faces, kernel=kernel, choice=FaceChoice(), options=PLAIN)


@pytest.fixture(scope="module")
def upright(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> Layers:
    return put(plate.pixels, twin, faces, kernel)


def apart(made: Bytes, wanted: Bytes, plate: Bytes) -> float:
    """Their difference, as a share of what the render changed."""
    changed = np.abs(wanted.astype(int) - plate).max(-1)
    return float(np.abs(made.astype(int) - wanted).max(-1)[changed > 0].mean() / changed[changed > 0].mean())


def test_a_renderers_broken_pixels_spoil_nothing(
    plate: Picture, face: Face, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    """Renders have a firefly or a pixel that is no number: beside the face, and on the cheek."""

    def linear(pixels: NDArray[np.float32]) -> Layers:
        picture = Picture(pixels, "linear-srgb")
        return render(picture, twin, faces=faces, kernel=kernel, choice=FaceChoice(), options=PLAIN)

    clean = to_linear(plate.pixels, plate.colour)
    broken = clean.copy()
    x, y = face.landmarks[50, :2].astype(int)  # the cheek
    wall, beside = (4, 5), face.landmarks[454, :2].astype(int)[::-1]
    broken[y, x] = np.nan
    broken[wall] = broken[tuple(beside)] = np.inf
    wanted, made = linear(clean), linear(broken)
    changed, also = (np.asarray(one.matte) > 0 for one in (wanted, made))
    assert np.isfinite(made.composite[also]).all()
    assert (changed & also).sum() > 0.99 * changed.sum()
    off = np.abs(made.composite - wanted.composite).max(-1)
    for row, column in ((y, x), beside):
        off[row - 60 : row + 60, column - 60 : column + 60] = 0
    assert np.quantile(off[also & changed], 0.99) < 0.02
    np.testing.assert_array_equal(made.composite[wall], np.inf)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_plate_gives_the_turned_picture(
    quarters: int, plate: Picture, upright: Layers, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    made = put(np.rot90(plate.pixels, quarters), twin, faces, kernel)
    back = np.rot90(made.composite, -quarters)
    assert apart(back, np.asarray(upright.composite, np.uint8), plate.pixels) < 0.25
    assert made.confidence > upright.confidence - 0.1


def test_a_tilted_plate_gives_the_tilted_picture(
    plate: Picture, upright: Layers, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    side = plate.width
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), -37, 1)

    def tilted(pixels: Bytes) -> Bytes:
        turned = cv2.warpAffine(
            pixels, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(turned, np.uint8)

    made = put(tilted(plate.pixels), twin, faces, kernel)
    wanted = tilted(np.asarray(upright.composite, np.uint8))
    middle = (slice(side // 4, 3 * side // 4),) * 2  # the corners of a tilted picture are nobody's
    assert apart(made.composite[middle], wanted[middle], tilted(plate.pixels)[middle]) < 0.25  # type: ignore[arg-type]  # uint8


@pytest.mark.parametrize("face_px", [62, 420])
def test_small_and_large_faces_give_the_same_picture(
    face_px: float, plate: Picture, upright: Layers, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    factor = face_px / max(face.size for face in faces.find(np.ascontiguousarray(plate.pixels)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC

    def scaled(pixels: Bytes) -> Bytes:
        return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way), np.uint8)

    made = put(scaled(plate.pixels), twin, faces, kernel)
    wanted = scaled(np.asarray(upright.composite, np.uint8))
    assert apart(np.asarray(made.composite, np.uint8), wanted, scaled(plate.pixels)) < 0.35
    small = face_px < 100
    assert (made.confidence < 0.9) is small
    assert any("pixels high" in reason for reason in made.reasons) is small


@pytest.fixture(scope="module")
def face(plate: Picture, faces: Faces) -> Face:
    return faces.find(np.ascontiguousarray(plate.pixels))[0]


def test_the_range_is_what_was_promised(face: Face) -> None:
    assert MAX_YAW >= 60
    assert MAX_PITCH >= 20
    assert MIN_FACE <= 60
    for roll in (0, 90, 180, -135):
        check_range(replace(face, pose=Pose(60, 20, roll)))
        check_range(replace(face, pose=Pose(-60, -20, roll)))


@pytest.mark.parametrize(("yaw", "pitch"), [(80, 0), (-80, 0), (0, 50), (0, -50)])
def test_a_head_turned_too_far_is_refused_with_its_angles(face: Face, yaw: float, pitch: float) -> None:
    with pytest.raises(PoseOutOfRangeError) as caught:
        check_range(replace(face, pose=Pose(yaw, pitch, 0)))
    said = caught.value.message
    assert str(yaw or pitch) in said
    assert f"{MAX_YAW:.0f}" in said
    assert f"{MAX_PITCH:.0f}" in said
    assert caught.value.remedy


def test_a_face_too_small_is_refused_with_its_size(face: Face) -> None:
    x0, y0, _, _ = face.box
    with pytest.raises(FaceTooSmallError) as caught:
        check_range(replace(face, box=(x0, y0, x0 + 40, y0 + 50)))
    assert "50 pixels" in caught.value.message
    assert f"{MIN_FACE:.0f}" in caught.value.message
