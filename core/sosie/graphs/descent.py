"""Weights of small layers, found step by step (AdamW: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019). Build
time only, and numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

EPOCHS, BATCH, RATE, DECAY = 16, 1024, 4e-3, 1e-2
#: How much of the last step, and of the last steps' squares, is left in the next one.
SPEED, POWER = 0.9, 0.999
Array = NDArray[np.float32]
#: How the loss of the samples with these numbers grows with every weight.
Slopes = Callable[[NDArray[np.int64]], list[Array]]


def drawn(sizes: list[tuple[int, int]], random: np.random.Generator) -> list[Array]:
    """Weights to begin with."""
    return [
        random.uniform(-1, 1, (a, b)).astype(np.float32) / np.float32(np.sqrt(max(a, b))) for a, b in sizes
    ]


def descend(weights: list[Array], slopes: Slopes, count: int, random: np.random.Generator) -> None:
    """Change `weights` in place until `slopes` of `count` samples are low; steps become longer first, and shorter then."""
    speed, power = ([np.zeros_like(one) for one in weights] for _ in range(2))
    batches = [batch for _ in range(EPOCHS) for batch in _batches(random.permutation(count))]
    for step, batch in enumerate(batches):
        rate = RATE * min(1, 5 * (step + 1) / len(batches)) * (1 + np.cos(np.pi * step / len(batches))) / 2
        for k, slope in enumerate(slopes(batch)):
            speed[k] += (1 - SPEED) * (slope - speed[k])
            power[k] += (1 - POWER) * (slope**2 - power[k])
            mean, square = speed[k] / (1 - SPEED ** (step + 1)), power[k] / (1 - POWER ** (step + 1))
            weights[k] -= np.float32(rate) * (mean / (np.sqrt(square) + 1e-8) + DECAY * weights[k])


def normal(values: Array) -> tuple[Array, Array, Array]:
    """`values` (n, d) brought to mean 0 and deviation 1, and both (d,) as they were."""
    mean, deviation = values.mean(0), values.std(0) + np.float32(1e-3)
    return (values - mean) / deviation, mean, deviation


def _batches(order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.split(order[: len(order) // BATCH * BATCH], len(order) // BATCH)
