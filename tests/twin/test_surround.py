"""What stands around a face that nobody has measured there: held against people whose whole head is known."""

from __future__ import annotations

import numpy as np
import pytest

from sosie.twin.basis import load_basis
from sosie.twin.surround import load_surround, surround_of
from sosie.twin.surround_texture import unroll


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ears_and_neck_follow_from_the_face(seed: int) -> None:
    """An invented person's surround is found from the face alone, five times better than by the average."""
    basis, surround = load_basis(), load_surround()
    coefficients = np.random.default_rng(seed).standard_normal(len(basis.identity))
    face = basis.mean + np.tensordot(coefficients, basis.identity, 1)
    truth = surround.mean + np.tensordot(coefficients, surround.identity, 1)
    found = surround_of(face.astype(np.float32), basis, surround)
    assert found.shape == truth.shape
    missed, average = (np.linalg.norm(one - truth, axis=1).mean() for one in (found, surround.mean))
    assert missed < average / 5


def test_a_face_outside_the_basis_keeps_its_surround_at_the_rim() -> None:
    basis, surround = load_basis(), load_surround()
    moved = basis.mean + np.float32([0.02, 0.05, 0.03])
    by = surround_of(moved, basis, surround) - surround_of(basis.mean, basis, surround)
    near = np.linalg.norm(surround.mean[:, None] - basis.mean[surround.rim][None], axis=2).min(1) < 0.1
    assert np.abs(by[near] - [0.02, 0.05, 0.03]).max() < 0.02


def test_its_rectangle_is_filled_without_overlap() -> None:
    surround = load_surround()
    drawn = unroll(surround)
    assert drawn.raster.covered.mean() > 0.95
    a, b, c = (surround.uv[:, k].astype(float) for k in range(3))
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    d = surround.uv[:, 3].astype(float)
    quad = surround.polygons[:, 3] >= 0
    rest = np.abs((c - a)[:, 0] * (d - a)[:, 1] - (c - a)[:, 1] * (d - a)[:, 0])[quad] / 2
    assert area.sum() + rest.sum() == pytest.approx(1, abs=0.01)
