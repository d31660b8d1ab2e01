"""A preview: the same face and the same options in small, before the fit of the plate itself; and never for nothing."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from sosie.faces import Faces
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture
from sosie.render import Layers, render, understand
from sosie.render.kernel import Kernel
from sosie.render.pipeline import FITTED, reduced
from sosie.twin import Twin


@pytest.fixture(scope="module")
def large(plate: Picture) -> Picture:
    """The plate half as large again, with an alpha that is told again in every preview."""
    pixels = np.asarray(
        cv2.resize(plate.pixels[..., :3], None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC)
    )
    alpha = np.full(pixels.shape[:2], 200, np.uint8)
    return Picture(np.dstack([pixels, alpha]), plate.colour)


@pytest.fixture(scope="module")
def drawn(large: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> Any:
    """(previews, what progress had said before the first, the result); the right half is not allowed to change."""
    previews: list[Layers] = []
    said: list[float] = []
    before: list[float] = []
    mask = np.zeros(large.pixels.shape[:2], np.uint8)
    mask[:, : large.width // 2] = 255

    def seen(layers: Layers) -> None:
        before.extend(said)
        previews.append(layers)

    result = render(
        large,
        twin,
        faces=faces,
        kernel=kernel,
        choice=FaceChoice(),
        options=RenderOptions(),
        mask=mask,
        preview=seen,
        progress=said.append,
    )
    return previews, before, result


def test_it_comes_once_and_before_the_fit(drawn: Any, large: Picture) -> None:
    previews, before, _ = drawn
    (preview,) = previews
    assert before
    assert max(before) < FITTED
    assert preview.composite.shape == (large.height // 2, large.width // 2, 4)


def test_it_shows_what_comes(drawn: Any, large: Picture) -> None:
    (preview,), _, result = drawn
    plate, last = (reduced(pixels, 2).astype(int) for pixels in (large.pixels, result.composite))
    there = np.abs(last - plate).max(-1) > 2
    assert there.sum() > 1000
    off, changed = (np.abs(one - last)[there].mean() for one in (preview.composite.astype(int), plate))
    assert off < changed / 4
    half = preview.composite.shape[1] // 2
    np.testing.assert_array_equal(preview.composite[:, half:], plate[:, half:])
    np.testing.assert_array_equal(preview.composite[..., 3], 200)


def test_a_kept_fit_and_a_low_face_have_none(
    large: Picture, plate: Picture, twin: Twin, faces: Faces, kernel: Kernel
) -> None:
    def never(_: Layers) -> None:
        raise AssertionError

    how: dict[str, Any] = {"faces": faces, "kernel": kernel, "options": RenderOptions(), "preview": never}
    fitted = understand(large, twin, faces=faces, choice=FaceChoice())
    render(large, twin, choice=FaceChoice(), keep=lambda _: fitted, **how)
    small = cv2.resize(plate.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    low = replace(plate, pixels=np.asarray(small))
    render(low, twin, choice=FaceChoice(), **how)


def test_a_kept_fit_holds_no_plate(plate: Picture, twin: Twin, faces: Faces) -> None:
    """The plate's memory is the host's; what a fit takes is its own fields, which the agent counts."""
    own = replace(plate, pixels=plate.pixels.copy())
    gone = weakref.ref(own.pixels)
    fitted = understand(own, twin, faces=faces, choice=FaceChoice())
    del own
    gc.collect()
    assert gone() is None
    assert fitted.nbytes > 0
