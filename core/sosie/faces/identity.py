"""dlib's face embedding: is this the person of the licence? A gate, never a source of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sosie.faces.crop import sample, similarity
from sosie.models import ModelStore

SIDE = 150
#: Distance below which two embeddings are the same person, by dlib's author.
SAME_PERSON = 0.6
#: Landmarks that stand for dlib's five points: picture's right eye (outer, inner), left eye (outer, inner), nose.
POINTS = (263, 362, 33, 133, 2)
#: Their mean place in a face box, and the padding around it (dlib's `get_face_chip_details`).
MEAN_SHAPE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
PADDING = 0.25


class Identity:
    """The embedder."""

    def __init__(self, models: ModelStore) -> None:
        self._session = models.session("identity")

    def embed(self, picture: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """(128,) float32; the L2 distance between two of them is below `SAME_PERSON` for one person."""
        chip = (PADDING + MEAN_SHAPE) / (2 * PADDING + 1) * SIDE
        matrix = similarity(chip, landmarks[list(POINTS), :2].astype(np.float64))
        seen = sample(picture, matrix, SIDE).astype(np.float32).transpose(2, 0, 1)[None]
        return np.asarray(self._session.run(["embedding"], {"image": seen})[0][0], np.float32)
