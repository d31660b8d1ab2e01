"""Skin beyond the face: found on the neck, not on cloth; changed by a ratio and nowhere else."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Face, Faces, face_mesh
from sosie.faces.person import Person
from sosie.faces.shown import bare_at, covered_at
from sosie.render.light import estimate_light
from sosie.render.skin import less_highlights, retone, skin_gain, skin_matte, without_room
from sosie.render.tone import GLOSS

Found = tuple[NDArray[np.float32], Person, NDArray[np.float32], NDArray[np.uint16]]


@pytest.fixture(scope="module", params=["s01", "s02", "s04"])
def found(request: pytest.FixtureRequest, people: Path, faces: Faces) -> Found:
    """Plate (linear), person, matte and the truth's part map of one scene."""
    return found_in(people / "plates" / request.param, faces)


def found_in(folder: Path, faces: Faces) -> Found:
    """The same of the scene in `folder`."""
    (file,) = (f for f in folder.glob("plate_*.webp") if f.name.count(".") == 1)
    picture = np.ascontiguousarray(cv2.imread(str(file))[..., ::-1])
    x = picture.astype(np.float32) / 255
    plate = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)
    (face,) = faces.find(picture)
    person = faces.person(picture, face)
    light = estimate_light(plate, face.landmarks, face_mesh())
    matte = skin_matte(plate, face.landmarks, person, light, told_of(face, plate))
    parts = cv2.imread(str(file.with_suffix(".uv.png")), cv2.IMREAD_UNCHANGED)[..., 0] >> 8
    return plate, person, matte, parts


def told_of(face: Face, plate: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where the landmark network saw bare face, and where something else."""
    size = plate.shape[:2]
    return bare_at(face.shown, face.crop, size), covered_at(face.shown, face.crop, size)


def test_most_skin_is_found_and_little_else(found: Found) -> None:
    _, _, matte, parts = found
    skin = parts == 1  # scalp and the neck in the deepest shadow included
    assert (matte > 0.5)[skin].mean() > 0.85
    assert skin[matte > 0.5].mean() > 0.65


@pytest.mark.parametrize("scene", [f"s{number:02d}" for number in range(1, 13)])
def test_hair_and_cloth_keep_their_colour_and_the_neck_does_not(
    scene: str, all_people: Path, faces: Faces
) -> None:
    """None of these people was among those from whom skin was learned."""
    plate, _, matte, parts = found_in(all_people / "plates" / scene, faces)
    (face,) = faces.find(np.asarray(255 * np.sqrt(plate), np.uint8))
    hair, cloth, neck = (
        cv2.erode((parts == part).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0 for part in (6, 9, 1)
    )
    neck[: int(face.landmarks[152, 1])] = False
    assert (matte > 0.5)[neck].mean() > 0.85
    assert not hair.any() or (matte > 0.5)[hair].mean() < 0.05
    if scene not in ("s07", "s12"):  # whose gels and blinds put a skin's colours on shirts
        assert (matte > 0.5)[cloth].mean() < 0.01


@pytest.mark.parametrize("like_skin", [False, True], ids=["grey wall", "wall of the skin's colour"])
def test_a_gap_that_the_person_network_closed_is_the_room_s(like_skin: bool) -> None:
    """Skin, a gap through which the wall is seen, a lock of hair, and the wall."""
    random = np.random.default_rng(1)
    skin, hair = np.array([1.0, -0.6, -2.0]), np.array([1.4, -1.2, -4.0])
    wall = skin if like_skin else np.array([0.2, -0.2, -1.5])
    code = np.empty((60, 120, 3), np.float32)
    code[:], code[:, :40], code[:, 50:60] = wall, skin, hair
    code += random.normal(0, 0.02, code.shape).astype(np.float32)
    own = np.linalg.norm((code - skin) / 0.3, axis=-1).astype(np.float32)
    body = np.zeros((60, 120), np.float32)
    body[:, :60] = 1
    made = without_room(code, own, np.ones_like(own), body, 30.0)
    assert made[:, :40].mean() > 0.95
    if like_skin:  # then nothing is known against the network
        assert made[:, 40:50].mean() > 0.9
    else:
        assert made[:, 40:50].max() < 0.05
    np.testing.assert_array_equal(without_room(code, own, np.full_like(own, 1.3), body, 30.0), body)


def test_a_turned_neck_has_no_holes(all_people: Path, faces: Faces) -> None:
    """The shine on its side has a colour that cloth has too."""
    plate, _, matte, parts = found_in(all_people / "plates" / "s09", faces)
    (face,) = faces.find(np.asarray(255 * np.sqrt(plate), np.uint8))
    neck = parts == 1
    neck[: int(face.landmarks[152, 1]) - 20] = False
    assert (matte > 0.5)[neck].mean() > 0.94


def test_a_forehead_is_skin_up_to_its_hair_however_it_shines(all_people: Path, faces: Faces) -> None:
    for scene in ("s03", "s08"):
        plate, _, matte, parts = found_in(all_people / "plates" / scene, faces)
        (face,) = faces.find(np.asarray(255 * np.sqrt(plate), np.uint8))
        brows = int(face.landmarks[105, 1])
        forehead = (parts == 1) & (told_of(face, plate)[0] == 1)
        assert (matte > 0.5)[:brows][forehead[:brows]].mean() > 0.97


def test_nothing_outside_the_person(found: Found) -> None:
    plate, person, matte, _ = found
    assert (matte[person.matte <= 0.02] == 0).all()
    changed = retone(plate, matte, np.array([0.3, 0.3, 0.3], np.float32))
    np.testing.assert_array_equal(changed[matte == 0], plate[matte == 0])


def test_gain_is_the_ratio_of_what_two_tones_show() -> None:
    a, b = np.array([0.6, 0.3, 0.2], np.float32), np.array([0.1, 0.05, 0.02], np.float32)
    np.testing.assert_allclose(skin_gain(a, b), (b + GLOSS) / (a + GLOSS), rtol=1e-6)
    np.testing.assert_allclose(skin_gain(a, a), 1, rtol=1e-6)


def test_a_highlight_takes_less_of_a_lighter_tone_and_even_skin_takes_all() -> None:
    plate = np.full((80, 80, 3), 0.1, np.float32)
    plate[36:44, 36:44] = 0.4
    matte = np.ones((80, 80), np.float32)
    less = less_highlights(matte, plate, 60.0)
    assert less[40, 40] < 0.5
    np.testing.assert_allclose(less[:20], 1, atol=1e-3)
    np.testing.assert_array_equal(less_highlights(np.zeros_like(matte), plate, 60.0), 0)


def test_the_same_picture_gives_the_same_matte(found: Found, people: Path, faces: Faces) -> None:
    plate, person, matte, _ = found
    picture = np.round(
        255 * np.where(plate <= 0.0031308, plate * 12.92, 1.055 * plate ** (1 / 2.4) - 0.055)
    ).astype(np.uint8)
    (face,) = faces.find(picture)
    light = estimate_light(plate, face.landmarks, face_mesh())
    np.testing.assert_array_equal(
        skin_matte(plate, face.landmarks, person, light, told_of(face, plate)), matte
    )
