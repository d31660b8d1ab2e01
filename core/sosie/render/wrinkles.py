"""The talent's own wrinkles: what her expression photographs add to her skin, by how much of each the plate shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sosie.pictures.field import resized, three
from sosie.twin.twin import AS_AT_REST, LEVELS_A_STOP

#: So much of an expression is read into faces at rest.
SLIGHT = 0.1
#: The shares settle to a thousandth within so many rounds; two expressions that are nearly the same take longest.
ROUNDS = 40
Array = NDArray[np.float32]


def shares_of(move: Array, deltas: Array) -> Array:
    """(n,) 0 to 1: how much of each of `deltas` (n, 468, 3) the displacement `move` (468, 3) is made of.

    Least squares within bounds, one share after the other.
    """
    modes = deltas.reshape(len(deltas), move.size).astype(np.float64)
    products, wanted = modes @ modes.T, modes @ move.ravel()
    shares = np.zeros(len(modes))
    for _ in range(ROUNDS):
        for n, own in enumerate(products.diagonal()):
            missing = wanted[n] - products[n] @ shares
            shares[n] = np.clip(shares[n] + missing / max(own, 1e-9), 0, 1)
    return np.asarray(np.maximum(shares - SLIGHT, 0) / (1 - SLIGHT), np.float32)


def wrinkled(texture: Array, wrinkles: NDArray[np.uint8] | None, shares: Array) -> Array:
    """`texture` (t, t, 3) with the `shares` (n,) of `wrinkles` (n, S, S), coded as in `Twin.wrinkles`."""
    shown = np.flatnonzero(shares)
    if wrinkles is None or not len(shown):
        return texture
    stops = sum(shares[n] / LEVELS_A_STOP * (wrinkles[n].astype(np.float32) - AS_AT_REST) for n in shown)
    factor = resized(np.exp2(stops, dtype=np.float32), *texture.shape[1::-1])
    return texture * three(factor)
