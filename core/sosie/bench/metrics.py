"""Scores of a picture against the ground truth of synthetic people.

The truth (the same scene with the other person really in it) is brought into the plate's frame by a similarity over
five ground-truth points; dE00 (mean CIEDE2000), ssim (luma, Gaussian 1.5) and hf (band energy over truth's) are taken
on the face that both pictures show; `outside` counts changed pixels of the background, 20 px and more from anybody;
`seam` is the mean gradient (levels of 255 a pixel) along the borders of the face and of what was changed, as far as it
is steeper than plate and truth are near there. CIEDE2000 and SSIM come from scikit-image: a measure should not be written by those whom it measures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.errors import InputError, SetupError
from sosie.faces.crop import similarity
from sosie.pictures import from_linear, read_picture, to_linear
from sosie.pictures.colour import LUMA

Array = NDArray[np.float32]
#: Far from a person: this many pixels.
FAR = 20


@dataclass(frozen=True, eq=False)
class Truth:
    """One right answer: `picture` in the plate's frame, `mask` the face both show, `far` the plate's background."""

    picture: Array  # (H, W, 3) sRGB 0..1
    mask: NDArray[np.bool_]
    far: NDArray[np.bool_]
    plate: Array
    five: NDArray[np.float64]  # (5, 2): eye centres, nose tip, mouth corners, in the plate


def read_truth(stem: Path) -> Truth:
    """The truth `<scene>/truth_<person>[_hair_<person>]` (without suffix), beside its plate.

    Raises:
        InputError: the files are not there.
    """
    scene = stem.parent
    plates = sorted(scene.glob("plate_*.webp"))
    if not plates or not stem.with_name(stem.name + ".webp").is_file():
        raise InputError(
            f"There is no plate or truth at {stem}.", remedy="Point to a folder of people with plates."
        )
    plate_stem = plates[0].with_suffix("")
    person = scene / stem.name.split("_hair_")[0]
    picture, plate = _coded(stem.with_name(stem.name + ".webp")), _coded(plates[0])
    matrix = similarity(_five(stem), _five(plate_stem))
    size = (plate.shape[1], plate.shape[0])
    moved = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    shown = cv2.warpAffine(_face_mask(person).astype(np.uint8) * 255, matrix, size) > 127
    empty = scene / "empty.webp"
    far = _background(plate, _coded(empty)) if empty.is_file() else np.zeros(size[::-1], np.bool_)
    return Truth(
        np.clip(moved, 0, 1).astype(np.float32), _face_mask(plate_stem) & shown, far, plate, _five(plate_stem)
    )


def measure(picture: Array, truth: Truth, *, band: float = 1.0) -> dict[str, float]:
    """dE00, ssim, hf, seam and outside of `picture` (H, W, 3) sRGB 0..1.

    `band` is what hf's scale is multiplied with: an enlarged truth knows nothing finer than its own pixels were.
    """
    try:
        from skimage.color import deltaE_ciede2000, rgb2lab
        from skimage.metrics import structural_similarity
    except ImportError:
        raise SetupError(
            "scikit-image is missing.", remedy="Install sosie[bench].", code="bench_missing"
        ) from None
    # scikit-image has type hints only in part
    delta_e: Any = deltaE_ciede2000
    ssim: Any = structural_similarity
    whole = cv2.erode(truth.mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    part = _around(whole)
    mask, shown, right = whole[part], picture[part], truth.picture[part]
    inner = cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    ours, theirs = shown @ LUMA, right @ LUMA
    difference: Any = delta_e(rgb2lab(shown), rgb2lab(right))
    likeness = ssim(
        ours, theirs, data_range=1, full=True, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )[1]
    changed = np.abs(picture - truth.plate).max(-1) > 1.5 / 255
    return {
        "dE00": float(difference[mask].mean()),
        "ssim": float(likeness[mask].mean()),
        "hf": float(_fine(ours, band)[inner].std() / max(float(_fine(theirs, band)[inner].std()), 1e-6)),
        "seam": _seam(picture, truth, changed),
        "outside": float(changed[truth.far].sum()),
    }


def enlarged(truth: Truth, factor: float) -> Truth:
    """`truth`, `factor` times as large."""

    def wide(picture: Array) -> Array:
        size = [round(side * factor) for side in picture.shape[1::-1]]
        large = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip(large, 0, 1), np.float32)

    mask, far = (wide(mask.astype(np.float32)) > 0.5 for mask in (truth.mask, truth.far))
    return Truth(wide(truth.picture), mask, far, wide(truth.plate), truth.five * factor)


def _around(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of `mask` with room for a window of 11 pixels; everything where it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return slice(None), slice(None)
    (y0, y1), (x0, x1) = rows[[0, -1]], columns[[0, -1]]
    return slice(max(y0 - 16, 0), y1 + 17), slice(max(x0 - 16, 0), x1 + 17)


def _seam(picture: Array, truth: Truth, changed: NDArray[np.bool_]) -> float:
    grown = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    border = np.zeros(changed.shape, np.bool_)
    for mask in (grown, truth.mask.astype(np.uint8)):
        ring = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((7, 7), np.uint8), borderValue=0)
        border |= ring > 0
    known = np.maximum(_steep(truth.plate), _steep(truth.picture))
    near = cv2.dilate(known, np.ones((5, 5), np.uint8))
    return float(np.maximum(_steep(picture) - near, 0)[border].mean()) if border.any() else 0.0


def _steep(picture: Array) -> Array:
    """(H, W): size of the luma's gradient, in levels of 255 a pixel."""
    luma = np.asarray(picture @ LUMA, np.float32) * np.float32(255)
    across, down = (cv2.Sobel(luma, cv2.CV_32F, x, 1 - x, ksize=3, scale=1 / 8) for x in (1, 0))
    return np.asarray(np.hypot(across, down), np.float32)


def coded(linear_or_coded: NDArray[np.generic], colour: str) -> Array:
    """Any plate's pixels as (H, W, 3) sRGB 0..1."""
    if linear_or_coded.dtype == np.uint8 and colour == "srgb":
        return linear_or_coded[..., :3].astype(np.float32) / np.float32(255)
    linear = to_linear(linear_or_coded[..., :3], "srgb" if colour == "srgb" else "linear-srgb")
    return np.asarray(from_linear(linear, np.float32, "srgb"), np.float32)


def _coded(path: Path) -> Array:
    picture = read_picture(path)
    return coded(picture.pixels, picture.colour)


def _fine(luma: Array, band: float) -> Array:
    return np.asarray(luma - cv2.GaussianBlur(luma, (0, 0), 1.2 * band), np.float32)


def _face_mask(stem: Path) -> NDArray[np.bool_]:
    maps = cv2.imread(str(stem.with_name(stem.name + ".uv.png")), cv2.IMREAD_UNCHANGED)
    if maps is None:
        raise InputError(
            f"There is no UV map beside {stem}.", remedy="Point to a folder of people with plates."
        )
    return np.asarray((np.asarray(maps, np.uint16)[..., 0] & 255) > 127)


def _five(stem: Path) -> NDArray[np.float64]:
    points = np.asarray(
        json.loads(stem.with_name(stem.name + ".json").read_text())["landmarks68"], np.float64
    )
    return np.stack([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])


def _background(plate: Array, empty: Array) -> NDArray[np.bool_]:
    different = (np.abs(plate - empty).max(-1) > 3 / 255).astype(np.uint8)
    near = cv2.dilate(cv2.medianBlur(different, 3), np.ones((2 * FAR + 1, 2 * FAR + 1), np.uint8))
    return np.asarray(near == 0)
