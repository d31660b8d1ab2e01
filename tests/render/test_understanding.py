"""A picture is understood once: whatever is turned afterwards gives what a render of its own would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sosie.faces import Faces, face_mesh
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture
from sosie.render import Fitted, draw, render, understand
from sosie.render.kernel import Kernel
from sosie.render.paint import Painting
from sosie.render.pipeline import FITTED, FOUND
from sosie.render.tiles import tiles_of
from sosie.render.work import worked
from sosie.twin import Twin


@pytest.fixture(scope="module")
def fitted(plate: Picture, twin: Twin, faces: Faces) -> Fitted:
    return understand(plate, twin, faces=faces, choice=FaceChoice())


@pytest.mark.parametrize(
    "turned",
    [{"strength": 0.5}, {"detail": 1.5, "grain": False}, {"skin": False}, {"tone": False, "brows": False}],
    ids=str,
)
def test_a_kept_fit_draws_what_a_new_one_does(
    turned: dict[str, Any], plate: Picture, twin: Twin, faces: Faces, kernel: Kernel, fitted: Fitted
) -> None:
    options = replace(RenderOptions(), **turned)
    anew = render(plate, twin, faces=faces, kernel=kernel, choice=FaceChoice(), options=options)
    again = draw(plate, fitted, kernel=kernel, options=options)
    np.testing.assert_array_equal(again.composite, anew.composite)
    assert (again.box, again.confidence, again.reasons) == (anew.box, anew.confidence, anew.reasons)


def test_drawing_changes_no_fit(plate: Picture, kernel: Kernel, fitted: Fitted) -> None:
    first = draw(plate, fitted, kernel=kernel, options=RenderOptions()).composite.copy()
    off = RenderOptions(skin=False, tone=False, brows=False, lips=False, grain=False, strength=0.3, detail=0)
    draw(plate, fitted, kernel=kernel, options=off)
    np.testing.assert_array_equal(
        draw(plate, fitted, kernel=kernel, options=RenderOptions()).composite, first
    )


def test_a_cancel_is_heard_while_what_lies_under_the_layers_is_copied(
    plate: Picture, kernel: Kernel, fitted: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sosie.pictures.picture.STRIP", 1)
    told: list[float] = []
    made = draw(plate, fitted, kernel=kernel, options=RenderOptions(), progress=told.append)
    assert told.count(FITTED) > made.box[3] - made.box[1] > 100


def test_of_a_cancelled_render_no_tile_in_hand_goes_on(
    plate: Picture, kernel: Kernel, fitted: Fitted
) -> None:
    work = worked(fitted, face_mesh, RenderOptions())
    tiles = list(tiles_of(work, plate.pixels.shape[:2], kernel.side))
    with Painting(plate, work, kernel, None, ("relief",), lambda: None) as painting:
        painting.paint(tiles[0])
        box = painting.layers().box
        assert box != (0, 0, 0, 0)
    painting.paint(tiles[-1])
    assert painting.layers().box == box


def test_a_cancel_is_heard_at_every_step(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> None:
    """Whichever call of progress raises, nothing goes on after it."""

    class Stopped(Exception):  # noqa: N818 - as a host's own
        pass

    def stop_at(fraction: float, number: int = 1) -> int:
        calls = 0

        def progress(done: float) -> None:
            nonlocal calls
            calls += done >= fraction
            if calls == number:
                raise Stopped

        render(
            plate,
            twin,
            faces=faces,
            kernel=kernel,
            choice=FaceChoice(),
            options=RenderOptions(),
            progress=progress,
        )
        return calls

    steps = stop_at(0, number=0)
    assert steps > 13  # three searches, a look, found, seven steps of the fit, fitted, tiles
    for fraction, number in ((0, 1), (0, 4), (FOUND, 1), (FOUND, 3), (FITTED, 1), (1, 1)):
        with pytest.raises(Stopped):
            stop_at(fraction, number)
