"""Which cells of a crop show bare face: against what the rendered pictures really show, on people in no fit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sosie.errors import ModelError
from sosie.faces import Faces
from sosie.faces.shown import covered_at, load_weights, shown_at
from sosie.pictures import read_picture

PEOPLE = Path(__file__).parents[1] / "people"
#: Parts of the pictures' maps: skin, eyeballs, teeth, tongue; and hair.
OWN, HAIR = (1, 2, 7, 8), 6


@pytest.mark.parametrize(
    "plate", sorted((PEOPLE / "plates").glob("*/plate_*.webp")), ids=lambda path: path.stem
)
def test_face_is_told_from_hair(plate: Path, faces: Faces) -> None:
    picture = read_picture(plate).pixels[..., :3]
    (face,) = faces.find(np.ascontiguousarray(picture))
    told = shown_at(face.shown, face.crop, picture.shape[:2]) > 0.5
    coded = np.asarray(cv2.imread(str(plate.with_suffix(".uv.png")), cv2.IMREAD_UNCHANGED))
    part, on_the_face = coded[..., 0] >> 8, (coded[..., 0] & 255) > 128
    x0, y0, x1, y1 = (int(v) for v in face.box)
    box = np.zeros(part.shape, bool)
    box[y0:y1, x0:x1] = True
    deep = cv2.erode((part == HAIR).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0  # a cell is as wide
    skin, hair = np.isin(part, OWN) & on_the_face & box, deep & box
    assert told[skin].mean() > 0.9
    if hair.sum() > 400:
        assert told[hair].mean() < 0.4


def test_cells_follow_the_face_into_other_pixels(faces: Faces) -> None:
    picture = read_picture(next((PEOPLE / "captures").glob("*/frontal.jpg"))).pixels[..., :3]
    (face,) = faces.find(np.ascontiguousarray(picture))
    height, width = picture.shape[:2]
    whole = shown_at(face.shown, face.crop, (height, width))
    half = face.scaled(0.5)
    small = shown_at(half.shown, half.crop, (height // 2, width // 2))
    assert (
        np.abs(cv2.resize(whole, (width // 2, height // 2), interpolation=cv2.INTER_AREA) - small).mean()
        < 0.01
    )
    later = face.moved(-40, -60)
    assert np.abs(shown_at(later.shown, later.crop, (height - 60, width - 40)) - whole[60:, 40:]).max() < 1e-3


def test_beyond_the_crop_nothing_is_taken_for_covered(faces: Faces) -> None:
    picture = read_picture(next((PEOPLE / "captures").glob("*/frontal.jpg"))).pixels[..., :3]
    (face,) = faces.find(np.ascontiguousarray(picture))
    width = 2 * round(face.crop.size)
    far = face.moved(width / 2 - face.crop.x, width / 2 - face.crop.y)
    covered = covered_at(far.shown, far.crop, (width, width))
    edge = width // 4 - 12
    assert not covered[:edge].any()
    assert not covered[:, :edge].any()
    assert covered.max() == 1
    assert covered[width // 2, width // 2] == 0


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Install Sosie again"):
        load_weights(tmp_path)
