"""Triangles to pixels."""

import numpy as np

from sosie.twin.raster import faced, rasterise

TRIANGLE = np.array([[0, 1, 2]], np.int32)


def test_interpolation_is_linear_at_pixel_centres() -> None:
    points = np.array([[0, 0], [0, 20], [20, 0]], np.float32)
    raster = rasterise(points, TRIANGLE, (24, 24))
    x = raster.interpolate(points)
    assert raster.triangle[3, 5] == 0
    np.testing.assert_allclose(x[3, 5], [5.5, 3.5], atol=1e-4)
    assert raster.triangle[20, 20] == -1


def test_the_nearer_triangle_wins_and_backs_are_left_out() -> None:
    points = np.array([[0, 0], [0, 20], [20, 0], [0, 0], [0, 20], [20, 0]], np.float32)
    depth = np.array([5, 5, 5, 1, 1, 1], np.float32)
    both = np.array([[3, 4, 5], [0, 1, 2]], np.int32)
    assert rasterise(points, both, (24, 24), depth=depth).triangle[3, 3] == 0
    assert not rasterise(points, both[:, ::-1], (24, 24)).covered.any()


def test_a_triangle_s_cosine_tells_the_face_from_its_edge_and_its_back() -> None:
    points = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 1]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 1], [0, 1, 3], [0, 1, 4]], np.int32)
    found = faced(points, triangles)
    np.testing.assert_allclose(found, [1, -1, 0, np.sqrt(0.5)], atol=1e-6)
