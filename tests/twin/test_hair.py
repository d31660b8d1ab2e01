"""Hair over half of the face in every photograph: the other half serves for both."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.errors import CaptureError
from sosie.faces import Faces, face_mesh
from sosie.faces.regions import EYES, OVAL
from sosie.twin.bare import loose_strands
from sosie.twin.capture import Capture, capture

#: Down the middle of a face, and from its chin up along her left side, in MediaPipe's order.
CURTAIN = (
    *(10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 2, 164, 0, 17, 200, 152),
    *(377, 400, 379, 365, 397, 288, 361, 323, 454, 356, 389, 251, 284, 332, 297),
)
#: Over the forehead, down to her right brow and over her left eye.
FRINGE = (
    *(21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361),
    *(425, 197, 193, 107, 66, 105, 63, 70),
)
#: Around the outer end of her right brow.
RIGHT_TEMPLE = (46, 70, 156, 124, 35, 139)
#: From the left only hair would be seen.
VIEWS = ("frontal", "up", "down", "smile", "open", "yaw_p30", "yaw_p60")
#: Coded, blue first.
BLACK, SKIN, BLOND, WHITE = (0.25, 0.28, 0.3), (0.42, 0.54, 0.68), (0.45, 0.66, 0.76), (0.8, 0.82, 0.82)
#: How far brightness differs from strand to strand, as a natural logarithm.
ROUGH, SMOOTH = 0.3, 0.05


def veil(
    folder: Path,
    to: Path,
    colour: tuple[float, float, float],
    contrast: float = ROUGH,
    ring: tuple[int, ...] = CURTAIN,
) -> list[Path]:
    """Copies of the photographs in `folder` with hair of a coded `colour` within the `ring`."""
    made = []
    for view in VIEWS:
        picture = cv2.imread(str(folder / f"{view}.jpg")).astype(np.float32) / 255
        with np.load(folder / f"{view}.lm468.npz") as truth:
            points = truth[truth.files[0]][:, :2].astype(np.float32)
        covered = _covered(points, ring, picture.shape[:2])
        rng = np.random.default_rng(1)
        strands = cv2.GaussianBlur(rng.standard_normal((1, picture.shape[1])).astype(np.float32), (0, 0), 1.2)
        hair = np.float32(colour) * np.exp(contrast * strands / strands.std())[..., None]
        made.append(to / f"{view}.png")
        shown = picture * (1 - covered) + np.repeat(hair, picture.shape[0], 0) * covered
        cv2.imwrite(str(made[-1]), np.round(np.clip(shown, 0, 1) * 255).astype(np.uint8))
    return made


def _covered(
    points: NDArray[np.float32], ring: tuple[int, ...], size: tuple[int, int]
) -> NDArray[np.float32]:
    """(H, W, 1) 0 to 1: within the `ring`, and beyond the face where that is a side of it."""
    sides = np.isin(ring, OVAL) & ~np.isin(ring, (10, 152))
    beyond = np.where(sides, np.float32(0.25), np.float32(0))[:, None]
    corners = points[list(ring)]
    corners = corners + beyond * (corners - points.mean(0))
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 255)
    return (cv2.GaussianBlur(mask, (0, 0), 1) / np.float32(255))[..., None]


@pytest.mark.parametrize(
    ("colour", "contrast"),
    [(BLACK, ROUGH), (SKIN, ROUGH), (BLOND, SMOOTH)],
    ids=["black", "the skin's own", "smooth"],
)
def test_hair_over_half_the_face_is_no_skin(
    colour: tuple[float, float, float],
    contrast: float,
    people: Path,
    faces: Faces,
    captured: Capture,
    tmp_path: Path,
) -> None:
    made = capture(veil(people / "captures" / "p04", tmp_path, colour, contrast), faces=faces)
    twin = made.twin
    assert made.report.mirrored == ("left",)
    side = twin.texture_px
    shown = twin.valid[side // 4 : side * 3 // 4] / 255
    assert shown[:, side * 3 // 5 : side * 4 // 5].mean() < 0.1, "hair is taken for skin"
    assert shown[:, side // 5 : side * 2 // 5].mean() > 0.9
    # Eye, mouth, nose and cheek under it are those of the other half.
    albedo = twin.albedo[side // 4 : side * 3 // 4].astype(np.float32)
    right, left = albedo[:, side // 5 : side // 2], albedo[:, ::-1][:, side // 5 : side // 2]
    assert np.abs(left - right).mean() < 0.05 * right.mean()
    around, right_around = (np.log(one.surround.astype(np.float32) + 0.01) for one in (twin, captured.twin))
    assert np.abs(around - right_around).max(-1).mean() < 0.2, "ears and neck have the colour of hair"
    assert twin.tone == pytest.approx(captured.twin.tone, rel=0.15)
    assert twin.iris == pytest.approx(captured.twin.iris, rel=0.6)
    assert np.linalg.norm(twin.shape - captured.twin.shape, axis=1).mean() < 0.05


def test_an_eye_below_a_fringe_is_an_eye(
    people: Path, faces: Faces, captured: Capture, tmp_path: Path
) -> None:
    """White hair hides forehead and left eye in every photograph; between it and her right eye there is but a brow."""
    made = capture(veil(people / "captures" / "p04", tmp_path, WHITE, ring=FRINGE), faces=faces)
    for one in (captured.twin, made.twin):
        grey, uv = one.albedo.astype(np.float32).mean(-1), face_mesh().uv * one.texture_px
        for ring in EYES:
            x, y = np.round(uv[list(ring)].mean(0)).astype(int)
            around = grey[y - 20 : y + 21, x - 60 : x + 61]
            assert around.min() < 0.35 * one.tone.mean()
            assert around.max() > 1.2 * one.tone.mean()


def test_hair_over_the_end_of_a_brow_is_no_brow(people: Path, faces: Faces) -> None:
    """Her bob covers the end of her right brow in every photograph: it is that of her left one."""
    twin = capture(sorted((people / "captures" / "p01").glob("*.jpg")), faces=faces).twin
    brightness = np.log(cv2.resize(twin.albedo.astype(np.float32), (512, 512)).mean(-1) + 0.004)
    halves = cv2.GaussianBlur(brightness, (0, 0), 4) - cv2.GaussianBlur(brightness[:, ::-1], (0, 0), 4)
    around = [tuple(np.round(xy * 512).astype(int)) for xy in face_mesh().uv[list(RIGHT_TEMPLE)]]
    assert max(abs(halves[y, x]) for x, y in around) < 0.25


def test_a_strand_near_hair_is_hair_and_a_wrinkle_is_not() -> None:
    stack, skin = np.full((1, 512, 512, 3), 0.4, np.float32), np.ones((1, 512, 512), np.float32)
    stack[:, :, 400:], skin[:, :, 400:] = 0.02, 0  # hair
    for column in (380, 100):
        stack[:, 100:300, column : column + 2] = 0.2
    stack[:, 350:450:10, 380:390:5] = 0.2  # stubble
    (loose,) = loose_strands(stack, skin)
    assert loose[200, 380] > 0.9
    assert loose[200, 100] == 0
    assert loose[340:, :].max() < 0.1


def test_a_side_that_shows_must_be_photographed(people: Path, faces: Faces, tmp_path: Path) -> None:
    veiled = veil(people / "captures" / "p04", tmp_path, BLACK)
    plain = people / "captures" / "p04" / "frontal.jpg"
    with pytest.raises(CaptureError, match="turned to the right"):
        capture([path for path in veiled if not path.stem.startswith("yaw")], faces=faces)
    with pytest.raises(CaptureError, match="turned to the left"):
        capture([plain, *(path for path in veiled if path.stem != "frontal")], faces=faces)


def test_half_a_face_of_which_the_landmarks_are_unsure_is_found(
    people: Path, faces: Faces, tmp_path: Path
) -> None:
    veiled = {path.stem: path for path in veil(people / "captures" / "p01", tmp_path, BLACK)}
    (face,) = faces.find(cv2.cvtColor(cv2.imread(str(veiled["smile"])), cv2.COLOR_BGR2RGB))
    assert face.presence < 0.5
