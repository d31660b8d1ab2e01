"""Fits what tells skin from all else in black-and-white pictures (render/odds.py). Build time only.

    python -m sosie.graphs.skin_fit_grey shared_models/graphs/skin_grey.npz HEADS...

The pictures are those of skin_fit.py, each developed through two filters: how light a coat or a lip is beside skin is up to
the film, the filter and whoever mixes the channels.
"""

from __future__ import annotations

import sys
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from sosie.graphs.skin_fit import Bytes, samples, write
from sosie.pictures import from_linear, to_linear
from sosie.pictures.colour import LUMA
from sosie.render.tone import NEUTRAL

#: How near the shares of red, green and blue are to those of luminance (a Dirichlet distribution's concentration), and how many
#: filters a picture is seen through.
ALIKE, FILTERS = 6.0, 2


def main(out: Path, folders: list[Path]) -> None:
    """Fit all pictures and write the file."""
    developed = partial(black_and_white, random=np.random.default_rng(0))
    write(out, chain.from_iterable(samples(folders, developed, NEUTRAL) for _ in range(FILTERS)))


def black_and_white(picture: Bytes, random: np.random.Generator) -> Bytes:
    """`picture` (H, W, 3) through a filter of any colour."""
    grey = to_linear(picture, "srgb") @ random.dirichlet(ALIKE * LUMA).astype(np.float32)
    return np.repeat(from_linear(grey[..., None], np.uint8, "srgb"), 3, -1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
