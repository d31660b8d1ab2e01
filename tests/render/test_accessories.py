"""Glasses, a microphone, a strap stay before the face, as they are: neither painted over nor toned nor bent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sosie.faces import Faces, Mesh
from sosie.faces.accessories import accessory_at
from sosie.faces.cutout import accessory_matte
from sosie.graphs.wearer import ACCESSORY
from sosie.messages import FaceChoice, RenderOptions
from sosie.pictures import Picture, read_picture, to_linear
from sosie.pictures.box import Region
from sosie.render import render
from sosie.render.kernel import Kernel
from sosie.render.layers import Layers
from sosie.render.pipeline import understand
from sosie.render.scene import cut
from sosie.render.steady import Memory
from sosie.render.work import Fitted
from sosie.twin import Twin
from sosie.twin.bare import bare_skin
from sosie.twin.raster import rasterise

WORN = ("glasses_p05", "rims_p05", "sunglasses_p04", "boom_p06", "strap_p04")
Worn = tuple[Picture, NDArray[np.bool_]]


@pytest.fixture(scope="module", params=WORN)
def worn(request: pytest.FixtureRequest, people: Path) -> Worn:
    """A picture of somebody with an accessory before the face, and where that is."""
    file = people / "accessories" / f"{request.param}.webp"
    part = cv2.imread(str(file.with_suffix(".part.png")), cv2.IMREAD_GRAYSCALE)
    return read_picture(file), np.asarray(part == ACCESSORY)


@pytest.fixture(scope="module")
def drawn(worn: Worn, twin: Twin, faces: Faces, kernel: Kernel) -> tuple[Layers, Fitted]:
    fits: list[Fitted] = []

    def keep(make: Callable[[], Fitted]) -> Fitted:
        fits.append(make())
        return fits[0]

    choice, options = FaceChoice(), RenderOptions()
    made = render(worn[0], twin, faces=faces, kernel=kernel, choice=choice, options=options, keep=keep)
    return made, fits[0]


def in_face(fitted: Fitted) -> NDArray[np.bool_]:
    """(h, w) of the region: the face, less the likeness's own soft edge."""
    face = np.zeros(fitted.matte.shape, np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(np.round(fitted.points[:468, :2]).astype(np.int32)), 1)
    return np.asarray(cv2.erode(face, np.ones((15, 15), np.uint8)) > 0)


def test_it_stays_before_the_likeness_which_is_drawn_beside_it(
    worn: Worn, drawn: tuple[Layers, Fitted]
) -> None:
    fitted, whole = drawn[1], Region(0, 0, *worn[0].pixels.shape[1::-1])
    inner = in_face(fitted)
    there = cut(worn[1].astype(np.float32), whole, fitted.region) > 0
    beside = cv2.dilate(there.astype(np.uint8), np.ones((21, 21), np.uint8)) == 0
    assert (there & inner).sum() > 250
    assert fitted.matte[there & inner].mean() < 0.25  # painted over it is 0.7
    assert fitted.matte[beside & inner].mean() > 0.7  # eyes and mouth are the plate's


def test_it_is_as_it_was(worn: Worn, drawn: tuple[Layers, Fitted]) -> None:
    """The same colours at the same place, where it is thick enough to have an inside."""
    region, whole = drawn[1].region, Region(0, 0, *worn[0].pixels.shape[1::-1])
    inner = cut(in_face(drawn[1]).astype(np.float32), region, whole) > 0
    deep = (cv2.erode(worn[1].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & inner
    off = np.abs(drawn[0].composite[..., :3].astype(int) - worn[0].pixels[..., :3])[deep].max(-1)
    assert np.median(off) < 12  # of 255; painted over, or bent, 30 to 45
    assert (off > 25).mean() < 0.25


@pytest.mark.parametrize(
    "name", ["plates/s01/plate_p01", "plates/s02/plate_p02", "plates/s04/plate_p04", "hands/fingers_p01"]
)
def test_where_there_is_none_none_is_seen(name: str, people: Path, faces: Faces, mesh: Mesh) -> None:
    picture = read_picture(people / f"{name}.webp")
    (face,) = faces.find(np.ascontiguousarray(picture.pixels[..., :3]))
    size, points = picture.pixels.shape[:2], face.landmarks[:468]
    inside = rasterise(points[:, :2], mesh.triangles, size, depth=points[:, 2]).covered
    linear = np.asarray(to_linear(picture.pixels, picture.colour)[..., :3], np.float32)
    matte = accessory_matte(linear, accessory_at(face.accessories, face.crop, size), inside, face.size)
    assert matte[inside].mean() < 0.002


def line(size: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """A plate (H, W, 3) linear of a face of `size`, with a thin dark line, how that is told, and where it is."""
    rows = np.arange(size)
    there = np.abs(rows - 0.5 * size) < 0.01 * size + 1
    noise = np.random.default_rng(3).normal(0, 0.004, (size, size))
    shade = np.where(there, 0.05, 0.3)[:, None] + noise
    plate = np.asarray(shade[..., None] * np.array([1, 0.7, 0.6]), np.float32)
    told = np.exp(-(((rows - 0.505 * size) / (0.02 * size)) ** 2))
    told = np.repeat(told[:, None], size, 1).astype(np.float32)
    return plate, told, np.repeat(there[:, None], size, 1)


@pytest.mark.parametrize("size", [120, 300, 900])
def test_a_rim_ends_where_the_picture_has_it(size: int) -> None:
    plate, told, there = line(size)
    inside = np.ones((size, size), bool)
    matte = accessory_matte(plate, told, inside, size)
    assert matte[there].mean() > 0.8
    assert matte.sum() == pytest.approx(there.sum(), rel=0.35)
    np.testing.assert_array_equal(matte, accessory_matte(plate, told, inside, size))


def test_what_nobody_is_sure_of_or_lies_elsewhere_or_is_a_speck_is_none() -> None:
    plate, told, _ = line(200)
    everywhere = np.ones((200, 200), bool)
    assert not accessory_matte(plate, 0.8 * told, everywhere, 200).any()
    above = np.zeros((200, 200), bool)
    above[:60] = True
    assert not accessory_matte(plate, told, above, 200).any()
    speck = told.copy()
    speck[:, 3:] = 0
    assert not accessory_matte(plate, speck, everywhere, 200).any()


def test_no_rim_gets_into_a_twin(people: Path, faces: Faces, mesh: Mesh) -> None:
    file = people / "accessories" / "rims_p05.webp"
    picture = read_picture(file)
    (face,) = faces.find(np.ascontiguousarray(picture.pixels[..., :3]))
    skin = bare_skin(to_linear(picture.pixels, picture.colour)[..., :3], face, mesh)
    part = cv2.imread(str(file.with_suffix(".part.png")), cv2.IMREAD_GRAYSCALE)
    inside = rasterise(face.landmarks[:468, :2], mesh.triangles, skin.shape, facing=False).covered
    rim = inside & (np.asarray(part) == ACCESSORY)
    assert skin[rim].mean() < 0.3
    assert skin[inside & (np.asarray(part) == 1)].mean() > 0.85


def test_in_a_sequence_a_rim_does_not_come_and_go(people: Path, twin: Twin, faces: Faces) -> None:
    """Frames moved by less than a pixel, with noise of their own; the mattes, brought back, tremble less with a memory."""
    plate = read_picture(people / "accessories" / "rims_p05.webp")

    def trembling(memory: Memory | None) -> float:
        random, seen = np.random.default_rng(0), []
        for _ in range(8):
            dx, dy = random.uniform(-1, 1, 2)
            frame = shifted(plate.pixels[..., :3].astype(np.float32), dx, dy)
            frame += random.normal(0, 2, frame.shape).astype(np.float32)
            noisy = Picture(np.clip(frame, 0, 255).astype(np.uint8), "srgb")
            fitted = understand(noisy, twin, faces=faces, choice=FaceChoice(), memory=memory)
            whole = cut(fitted.matte, fitted.region, Region(0, 0, *frame.shape[1::-1]))
            seen.append(shifted(whole, -dx, -dy))
        part = cv2.imread(str(people / "accessories" / "rims_p05.part.png"), cv2.IMREAD_GRAYSCALE)
        return float(np.std(seen[3:], 0)[np.asarray(part) == ACCESSORY].mean())

    assert trembling(Memory()) < 0.8 * trembling(None)


def shifted(field: NDArray[np.float32], dx: float, dy: float) -> NDArray[np.float32]:
    """`field` (H, W[, 3]) moved by so many pixels."""
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    size = (field.shape[1], field.shape[0])
    return np.asarray(
        cv2.warpAffine(field, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )
