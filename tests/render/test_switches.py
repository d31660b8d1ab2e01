"""What a retoucher may turn: each switch changes what it names, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from sosie.errors import OptionError
from sosie.faces import Face, Faces, choose, face_mesh
from sosie.faces.regions import BROWS, EYES, LIPS, hull_of, polygon
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture, to_linear
from sosie.render import Layers, render
from sosie.render.kernel import Kernel
from sosie.render.switches import check_options, kept_features, with_detail
from sosie.twin import Twin


@pytest.fixture(scope="module")
def face(plate: Picture, faces: Faces) -> Face:
    return choose(faces.find(plate.pixels), FaceChoice())


@pytest.fixture(scope="module")
def put(plate: Picture, twin: Twin, faces: Faces, kernel: Kernel) -> Any:
    made: dict[RenderOptions, Layers] = {}

    def render_with(**options: Any) -> Layers:
        wanted = RenderOptions(**options)
        if wanted not in made:
            made[wanted] = render(
                plate,
                twin,
                faces=faces,
                kernel=kernel,
                choice=FaceChoice(),
                options=wanted,
                names=("composite", "matte", "skin"),
            )
        return made[wanted]

    return render_with


def change(layers: Layers, plate: Picture) -> np.ndarray:
    """(H, W): how far the picture is from the plate, in 8-bit steps."""
    return np.abs(layers.composite.astype(int) - plate.pixels).max(-1)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("strength", -0.1),
        ("strength", 1.5),
        ("strength", float("nan")),
        ("detail", 2.1),
        ("detail", "1"),
        ("exposure", 3),
    ],
)
def test_a_number_out_of_range_is_said(option: str, value: object) -> None:
    with pytest.raises(OptionError, match=f"{option} is {value}") as caught:
        check_options(replace(RenderOptions(), **{option: value}))  # type: ignore[arg-type]  # the test's own
    ranges = {"strength": "0 to 1; 1", "detail": "0 to 2; 1", "exposure": "-2 to 2; 0"}
    assert caught.value.remedy == f"Choose {ranges[option]} is usual."


def test_a_switch_that_is_none_is_said() -> None:
    with pytest.raises(OptionError, match="brows is 'off'"):
        check_options(RenderOptions(brows="off"))  # type: ignore[arg-type]  # a host may send anything


@pytest.mark.parametrize("name", ["brows", "lips"])
def test_a_kept_feature_is_closer_to_the_plate(name: str, put: Any, plate: Picture, face: Face) -> None:
    rings = {
        "brows": [hull_of(face.landmarks[list(b), :2]) for b in BROWS],
        "lips": [face.landmarks[list(LIPS), :2]],
    }
    size = plate.pixels.shape[:2]
    feature = np.max([polygon(size, ring) for ring in rings[name]], axis=0) > 0
    cheek = polygon(size, face.landmarks[[50, 205, 207, 187], :2]) > 0
    # without the change of tone, which the skin around a kept feature takes like all other skin; the plate is still
    # warped to her face
    usual = change(put(skin=False), plate)
    kept = change(put(skin=False, **{name: False}), plate)
    assert kept[feature].mean() < 0.8 * usual[feature].mean()
    assert np.abs(kept - usual)[cheek].mean() < 1.5


def test_kept_features_are_soft_and_local(face: Face) -> None:
    size = (640, 640)
    nothing = kept_features(face.landmarks, size, RenderOptions())
    brows = kept_features(face.landmarks, size, RenderOptions(brows=False))
    assert not nothing.any()
    assert brows.max() == pytest.approx(1, abs=0.01)
    assert 0 < (brows > 0.5).mean() < 0.02
    assert ((brows > 0.05) & (brows < 0.95)).any()


def test_without_tone_the_plates_tone_stays(put: Any, plate: Picture, face: Face) -> None:
    skin = polygon(plate.pixels.shape[:2], face.landmarks[[50, 205, 207, 187], :2]) > 0

    def tone(pixels: np.ndarray) -> np.ndarray:
        return np.log2(to_linear(pixels, "srgb")[skin].mean(0))

    before, with_hers, with_own = tone(plate.pixels), tone(put().composite), tone(put(tone=False).composite)
    assert np.abs(with_hers - before).max() > 0.8
    assert np.abs(with_own - before).max() < 0.5
    assert not put(tone=False).pictures["skin"].any()


@pytest.mark.parametrize("options", [{}, {"tone": False}, {"detail": 0.0}], ids=str)
def test_exposure_is_stops_of_light_on_her_skin(
    options: dict[str, Any], put: Any, plate: Picture, face: Face
) -> None:
    def light(stops: float) -> np.ndarray:
        return to_linear(put(exposure=stops, **options).composite, "srgb")

    usual, darker = light(0.0), light(-1.0)
    size = plate.pixels.shape[:2]
    cheek = polygon(size, face.landmarks[[50, 205, 207, 187], :2]) > 0
    neck = polygon(size, face.landmarks[[152, 148, 377], :2] + [0, 0.15 * face.size]) > 0
    for skin in (cheek, neck):
        np.testing.assert_allclose(darker[skin].mean(0), usual[skin].mean(0) / 2, rtol=0.03)
    eyes = np.max([polygon(size, face.landmarks[list(ring), :2], 0.6) for ring in EYES], axis=0) > 0
    np.testing.assert_allclose(darker[eyes].mean(0), usual[eyes].mean(0), rtol=0.1)
    np.testing.assert_array_equal(darker[:40], usual[:40])


def test_without_skin_only_the_face_changes(put: Any, plate: Picture) -> None:
    with_skin, without = put(), put(skin=False)
    assert not without.pictures["skin"].any()
    assert with_skin.pictures["skin"].any()
    below = without.box[3]
    assert (change(with_skin, plate)[below:] > 0).sum() > 2000
    assert (change(without, plate) > 0).sum() < (change(with_skin, plate) > 0).sum()


def test_detail_scales_what_is_fine(put: Any, face: Face) -> None:
    skin = (
        polygon(
            put().composite.shape[:2], hull_of(face.landmarks[[50, 205, 207, 187, 280, 425, 427, 411, 4], :2])
        )
        > 0
    )

    def fine(layers: Layers) -> float:
        grey = layers.composite[..., 1].astype(np.float32)
        return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.2))[skin].std())

    none, usual, twice = (fine(put(detail=amount, grain=False)) for amount in (0.0, 1.0, 2.0))
    assert none < usual < twice


def test_detail_leaves_the_mean_and_the_features() -> None:
    mesh = face_mesh()
    random = np.random.default_rng(3)
    texture = (0.4 + 0.05 * random.standard_normal((256, 256, 3))).astype(np.float32)
    assert with_detail(texture, mesh, 1.0) is texture
    smooth, rough = with_detail(texture, mesh, 0.0), with_detail(texture, mesh, 2.0)
    cheek = tuple((mesh.uv[50] * 256).astype(int)[::-1])
    window = tuple(slice(at - 6, at + 7) for at in cheek)
    assert smooth[window].std() < 0.35 * texture[window].std()
    assert 1.5 < rough[window].std() / texture[window].std() < 2.5
    assert rough[window].mean() == pytest.approx(texture[window].mean(), rel=0.05)
    eye = tuple((mesh.uv[159] * 256).astype(int)[::-1])
    np.testing.assert_allclose(smooth[eye], texture[eye], rtol=0.05)


@pytest.mark.parametrize(
    "options",
    [
        *({name: False} for name in ("brows", "lips", "tone", "skin", "grain")),
        {"detail": 0.0},
        {"exposure": 1.0},
    ],
)
def test_strength_zero_is_the_plate_whatever_else_is_turned(
    options: dict[str, Any], put: Any, plate: Picture
) -> None:
    none = put(strength=0.0, **options)
    np.testing.assert_array_equal(none.composite, plate.pixels)
    assert not none.matte.any()
    assert none.box == (0, 0, 0, 0)


def test_half_strength_lies_between(put: Any, plate: Picture) -> None:
    half = change(put(strength=0.5), plate).mean()
    assert 0.3 * change(put(), plate).mean() < half < 0.8 * change(put(), plate).mean()
