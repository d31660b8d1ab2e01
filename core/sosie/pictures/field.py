"""Smooth fields over a picture: filling holes, smoothing that keeps shadow edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
#: Fields of more pixels are halved before they are reduced: means of four are found five times as fast as others.
LARGE = 1 << 20


def resized(values: Field, width: int, height: int) -> Field:
    """`values` (H, W, ...) at another size: means when reducing, linear when enlarging; the same array at the same size."""
    h, w = values.shape[:2]
    if (w, h) == (width, height):
        return values
    if w * h > LARGE and w >= 2 * width and h >= 2 * height and w % 2 == h % 2 == 0:
        half = cv2.resize(values, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
        return resized(np.asarray(half, np.float32), width, height)
    way = cv2.INTER_AREA if width * height < w * h else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (width, height), interpolation=way), np.float32)


def weighed(values: Field, weights: Field) -> Field:
    """(H, W): the channels of `values` (H, W, k) times `weights` (k,), summed; in one pass, unlike `@` on so small a matrix."""
    return np.asarray(cv2.transform(values, weights[None]), np.float32)


def ramp(values: Field, low: float, high: float) -> Field:
    """0 below `low`, 1 above `high`, straight between: what numpy's own interpolation takes three times as long for."""
    out = values * np.float32(1 / (high - low))
    out -= np.float32(low / (high - low))
    return np.clip(out, 0, 1, out=out)


def smoothstep(t: Field) -> Field:
    """0 to 1 with `t` (0 to 1), level at both ends (Hermite)."""
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def three(plane: Field) -> Field:
    """(H, W) as (H, W, 3): numpy's own way of repeating a channel is ten times slower."""
    return np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2RGB), np.float32)


def mixed(values: Field, others: Field, share: Field) -> Field:
    """`values` (H, W, 3) where `share` (H, W) is 1, `others` where it is 0, both to the last bit."""
    kept = three(share)
    out = values * kept
    cv2.accumulateProduct(others, np.subtract(1, kept, out=kept), out)
    return out


def softened(values: Field, sigma: float) -> Field:
    """Gaussian blur of `values` (H, W[, k]); a wide one is found on fewer pixels, where nobody sees the difference."""
    height, width = values.shape[:2]
    fewer = max(int(sigma / 4), 1)
    small = resized(values, max(2, width // fewer), max(2, height // fewer))
    soft = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / fewer), np.float32)
    return resized(soft, width, height)


def fill(values: Field, weight: Field) -> Field:
    """`values` (H, W, k) where `weight` (H, W) is 1; elsewhere a smooth continuation (pull-push pyramid)."""
    h, w = weight.shape
    known = values * weight[..., None]
    if min(h, w) <= 2:
        total = max(float(weight.sum()), 1e-6)
        mean = np.broadcast_to(known.sum((0, 1)) / total, values.shape)
        return np.asarray(known + mean * (1 - weight[..., None]), np.float32)
    half = ((w + 1) // 2, (h + 1) // 2)
    mass = cv2.resize(cv2.GaussianBlur(weight, (5, 5), 1), half, interpolation=cv2.INTER_AREA)
    pulled = cv2.resize(cv2.GaussianBlur(known, (5, 5), 1), half, interpolation=cv2.INTER_AREA)
    pulled = pulled.reshape(half[1], half[0], -1) / np.maximum(mass, 1e-6)[..., None]
    coarse = fill(np.asarray(pulled, np.float32), np.minimum(mass * 2, 1))
    pushed = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR).reshape(h, w, -1)
    pushed = cv2.GaussianBlur(pushed, (5, 5), 1).reshape(h, w, -1)
    return np.asarray(known + pushed * (1 - weight[..., None]), np.float32)


def guided(values: Field, guide: Field, weight: Field, radius: int, epsilon: float) -> tuple[Field, Field]:
    """Coefficients a, b (H, W, k) with a * guide + b: smooth, but following the guide's strong edges.

    He et al., Guided image filtering, 2010, with means over `weight` (H, W) only. Edges whose variance is below
    `epsilon` are smoothed away.
    """
    box = (2 * radius + 1, 2 * radius + 1)

    def mean(x: Field) -> Field:
        return np.asarray(cv2.blur(x, box).reshape(x.shape), np.float32)

    mass = mean(weight) + 1e-6

    def inside(x: Field) -> Field:
        return (
            mean(x * weight[..., None]) / mass[..., None]
            if x.ndim == values.ndim
            else mean(x * weight) / mass
        )

    guide_mean = inside(guide)
    variance = np.maximum(inside(guide * guide) - guide_mean**2, 0)
    value_mean = inside(values)
    covariance = inside(values * guide[..., None]) - value_mean * guide_mean[..., None]
    a = covariance / (variance + epsilon)[..., None]
    b = value_mean - a * guide_mean[..., None]
    return inside(a), inside(b)


def blurred(values: Field, weight: Field, sigma: float) -> Field:
    """Gaussian mean of `values` (H, W, k) over `weight` (H, W); far from any weight the overall mean."""
    mass = cv2.GaussianBlur(weight, (0, 0), sigma)
    top = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma)
    mean = (values * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    return np.asarray((top + 1e-3 * mean) / (mass + 1e-3)[..., None], np.float32)
