"""What is read from which view."""

from __future__ import annotations

import numpy as np

from sosie.faces import face_mesh
from sosie.twin.capture import Capture
from sosie.twin.features import underside
from sosie.twin.texture import _from_below


def test_nostrils_come_from_a_view_that_sees_both() -> None:
    under = underside(face_mesh(), 256)
    frontal, raised, turned = (np.full((256, 256), seen, np.float32) for seen in (0.3, 0.5, 0.9))
    turned[:, :128] = 0.1
    assert _from_below(np.stack([frontal, turned, raised]), under) == 2
    assert _from_below(np.stack([frontal, turned]), under) == 0


def test_the_nose_from_below_is_dark_holes_in_skin(captured: Capture) -> None:
    albedo, tone = captured.twin.albedo.astype(np.float32).mean(-1), float(captured.twin.tone.mean())
    seen = albedo[underside(face_mesh(), len(albedo)) > 0.9]
    holes, brightest = np.quantile(seen, [0.05, 0.99])
    assert holes < 0.5 * tone
    assert brightest < 1.5 * tone
