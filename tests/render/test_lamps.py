"""Lamps are found from shading, and gloss lies where they are mirrored."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Mesh
from sosie.render.carry import carry_light
from sosie.render.lamps import facing, lamps_of, mirrored, scattered
from sosie.render.light import Light
from sosie.render.tone import GLOSS
from sosie.twin.raster import Raster, rasterise, vertex_normals
from sosie.twin.rig import harmonics

SIDE = 300
DEEP = np.array([0.08, 0.04, 0.025], np.float32)
#: From the left and above, in the eye's direction; the same in all channels.
LAMP = np.array([1, -0.5, -0.2, -0.4, 0, 0, 0, 0, 0], np.float32)[:, None] * np.ones(3, np.float32)
#: From the left alone.
ASIDE = np.array([1, -0.9, 0, 0, 0, 0, 0, 0, 0], np.float32)[:, None] * np.ones(3, np.float32)
Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def points(mesh: Mesh) -> Array:
    """The average face, frontal, in the middle of the picture."""
    turned = mesh.vertices * np.array([1, -1, -1], np.float32)
    turned = (turned - turned.mean(0)) * 0.6 * SIDE / np.ptp(turned[:, 1])
    return np.asarray(turned + np.array([SIDE / 2, SIDE / 2, 0]), np.float32)


@pytest.fixture(scope="module")
def face(points: Array, mesh: Mesh) -> tuple[Raster, Array]:
    drawn = rasterise(points[:, :2], mesh.triangles, (SIDE, SIDE), depth=points[:, 2])
    return drawn, vertex_normals(points, mesh.triangles)


def shading_of(lamps: Array, face: tuple[Raster, Array]) -> Array:
    drawn, normals = face
    shading = np.full((SIDE, SIDE, 3), 0.3, np.float32)
    shading[drawn.covered] = scattered(lamps, facing(drawn, normals, drawn.covered))
    return shading


def test_lamps_are_found_from_the_shading_they_make_and_a_cast_shadow_is_none(
    face: tuple[Raster, Array],
) -> None:
    drawn, normals = face
    shading = shading_of(LAMP, face)
    shading[140:160] *= 0.2
    found = lamps_of(shading, drawn.covered, drawn, normals)
    assert found is not None
    seen = harmonics(facing(drawn, normals, drawn.covered))
    assert np.median(np.abs(np.log2((seen @ found) / (seen @ LAMP)))) < 0.05


def test_too_little_skin_says_nothing(face: tuple[Raster, Array]) -> None:
    drawn, normals = face
    few = np.zeros((SIDE, SIDE), np.bool_)
    few[150, 150:180] = True
    assert lamps_of(shading_of(LAMP, face), few, drawn, normals) is None


def test_in_even_light_gloss_is_even(face: tuple[Raster, Array]) -> None:
    even = np.zeros((9, 3), np.float32)
    even[0] = 2
    np.testing.assert_allclose(mirrored(even, *face), 1, atol=1e-5)


def test_gloss_lies_between_the_lamp_and_the_eye_not_where_most_is_scattered(
    face: tuple[Raster, Array],
) -> None:
    drawn, normals = face
    gloss = (mirrored(ASIDE, drawn, normals) * shading_of(ASIDE, face))[..., 1]
    seen = facing(drawn, normals, drawn.covered)
    strongest = seen[np.argmax(gloss[drawn.covered])]
    # the mirror's normal halves the right angle between the lamp, at -x, and the eye, at -z
    assert strongest[0] == pytest.approx(-np.sqrt(0.5), abs=0.2)
    assert strongest[2] == pytest.approx(-np.sqrt(0.5), abs=0.2)


def test_coloured_lamps_stay_apart(face: tuple[Raster, Array]) -> None:
    gels = np.zeros((9, 3), np.float32)
    gels[0], gels[1] = 1, (-0.6, 0, 0.6)  # red from the left, blue from the right
    gloss = mirrored(gels, *face)
    left, right = np.s_[140:160, 80:100], np.s_[140:160, 200:220]
    assert gloss[left][..., 0].mean() > gloss[left][..., 2].mean()
    assert gloss[right][..., 0].mean() < gloss[right][..., 2].mean()


def test_of_a_deep_skins_gloss_less_is_taken_for_light(
    face: tuple[Raster, Array], points: Array, mesh: Mesh
) -> None:
    drawn, normals = face
    shading, gloss = shading_of(ASIDE, face), mirrored(ASIDE, drawn, normals)
    even = np.asarray(shading * (DEEP + GLOSS * gloss) / (DEEP + GLOSS), np.float32)
    of_even = np.asarray(GLOSS * even, np.float32)
    light = Light((0, 0, SIDE, SIDE), even, of_even, drawn.covered.astype(np.float32), DEEP, 0.3, {})
    found = carry_light(light, points, points, mesh).shading
    shines = gloss[..., 1] > 1.5
    before, off = (np.abs(np.log2(x[shines] / shading[shines])).mean() for x in (even, found))
    assert before > 0.3
    assert off < 0.85 * before
